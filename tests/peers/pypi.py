"""Servers from PyPI, each in a virtual environment of its own in `.local/peers`.

Of its own, since what they need doesn't fit beside ours: mastodon_mock's python-multipart brings a package
`multipart` that would hide the one that we use, moto's botocore needs an older python-dateutil.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.peers.node import FOLDER

#: Their programs, by the name of the file that pins them.
PROGRAMS = {"mastodon_mock": "mastodon_mock", "moto": "moto_server"}


def install(name: str) -> Path:
    """The program; at once where these very versions are there."""
    folder, pins = FOLDER / name, Path(__file__).with_name(f"{name}.txt")
    stamp = folder / "installed"
    if not (stamp.exists() and stamp.read_text() == pins.read_text()):
        shutil.rmtree(folder, ignore_errors=True)
        run(sys.executable, "-m", "venv", str(folder))
        run(str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--no-deps", "-r", str(pins))
        stamp.write_text(pins.read_text())
    return folder / "bin" / PROGRAMS[name]


def run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stderr}\ntests against peers need PyPI")
