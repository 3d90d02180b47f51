"""Python with the extra `voices`, in a virtual environment of its own in `.local/peers`.

Its 600 MB stay out of the environment of all other tests.
"""

import shutil
import sys
from pathlib import Path

from tests.architecture.tree import ROOT
from tests.peers.node import FOLDER
from tests.peers.pypi import install_packages, run


def install() -> Path:
    """Return the interpreter, and install the pinned packages and the voices' files if they are missing."""
    folder, pins = FOLDER / "voices", ROOT / "constraints-voices.txt"
    interpreter, stamp = folder / "bin" / "python", folder / "installed"
    if not (stamp.exists() and stamp.read_text() == pins.read_text()):
        shutil.rmtree(folder, ignore_errors=True)
        run(sys.executable, "-m", "venv", "--without-pip", str(folder))
        install_packages(str(interpreter), pins)
        run(str(interpreter), "-m", "cli", "content", "voices")
        stamp.write_text(pins.read_text())
    return interpreter
