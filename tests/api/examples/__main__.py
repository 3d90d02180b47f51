"""Runs the story and writes the examples of the document: `python -m tests.api.examples`."""

import os
import subprocess
import sys
from pathlib import Path

from tests.api.examples.recorder import WRITE

test = Path(__file__).with_name("test_examples.py")
command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", str(test)]
sys.exit(subprocess.run(command, env=os.environ | {WRITE: "yes"}, check=False).returncode)
