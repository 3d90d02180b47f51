"""Servers from PyPI, each in a virtual environment of its own in `.local/peers`.

Of its own, since what they need doesn't fit beside ours: mastodon_mock's python-multipart brings a package
`multipart` that would hide the one that we use, moto's botocore needs an older python-dateutil.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.peers.node import FOLDER

#: Their programs, by the name of the file that pins them.
PROGRAMS = {
    "chdb": "python", "deployment": "python", "facebook_business": "python", "httpx_sse": "python",
    "mastodon_mock": "mastodon_mock", "moto": "moto_server", "openapi_client": "openapi-python-client",
    "posthole": "posthole",
    "segment": "python",
}  # fmt: skip
#: The oldest Python that one runs on, where ours may be older.
OLDEST = {"posthole": (3, 12)}
#: Names of newer ones, of which the first that is there and runs is taken.
NEWER = ("python3.14", "python3.13", "python3.12")


class NoPython(Exception):
    """A server needs a newer Python than there is. Says what to install."""


def install(name: str) -> Path:
    """The program; at once where these very versions are there. Raises `NoPython`."""
    folder, pins = FOLDER / name, Path(__file__).with_name(f"{name}.txt")
    stamp = folder / "installed"
    if not (stamp.exists() and stamp.read_text() == pins.read_text()):
        shutil.rmtree(folder, ignore_errors=True)
        run(python(OLDEST.get(name, (0, 0))), "-m", "venv", str(folder))
        run(str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--no-deps", "-r", str(pins))
        stamp.write_text(pins.read_text())
    return folder / "bin" / PROGRAMS[name]


def python(oldest: tuple[int, int]) -> str:
    """One that is at least so new: ours, PEERS_PYTHON's, or one on the path."""
    if sys.version_info[:2] >= oldest:
        return sys.executable
    check = f"import sys, ensurepip, venv; sys.exit(sys.version_info[:2] < {oldest})"
    for word in filter(None, (os.environ.get("PEERS_PYTHON"), *NEWER)):
        found = shutil.which(word)
        if found and subprocess.run([found, "-c", check], capture_output=True, check=False).returncode == 0:
            return found
    version = ".".join(map(str, oldest))
    raise NoPython(f"install a Python {version} or later with venv, or name one in PEERS_PYTHON")


def run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stderr}\ntests against peers need PyPI")
