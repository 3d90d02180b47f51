"""mastodon_mock from PyPI, in a virtual environment of its own in `.local/peers`.

Of its own, since its python-multipart brings a package `multipart` that would hide the one that we use.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.peers.node import FOLDER

PINS = Path(__file__).with_name("mastodon_mock.txt")


def install() -> Path:
    """The program; at once where these very versions are there."""
    folder = FOLDER / "mastodon_mock"
    stamp = folder / "installed"
    if not (stamp.exists() and stamp.read_text() == PINS.read_text()):
        shutil.rmtree(folder, ignore_errors=True)
        run(sys.executable, "-m", "venv", str(folder))
        run(str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--no-deps", "-r", str(PINS))
        stamp.write_text(PINS.read_text())
    return folder / "bin" / "mastodon_mock"


def run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stderr}\ntests against peers need PyPI")
