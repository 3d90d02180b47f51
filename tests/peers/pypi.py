"""Servers from PyPI, each in its own virtual environment in `.local/peers`.

Their dependencies conflict with ours: mastodon_mock's python-multipart installs a package `multipart` that
would shadow ours, and moto's botocore needs an older python-dateutil.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.peers.node import FOLDER

#: Their programs, by the name of the file with their pins.
PROGRAMS = {
    "chdb": "python", "deployment": "python", "facebook_business": "python", "httpx_sse": "python",
    "mastodon_mock": "mastodon_mock", "moto": "moto_server", "openapi_client": "openapi-python-client",
    "posthole": "posthole",
    "segment": "python",
}  # fmt: skip
#: The minimal Python of a server, if ours may be older.
OLDEST = {"posthole": (3, 12)}
#: Newer Pythons; the first installed one is used.
NEWER = ("python3.14", "python3.13", "python3.12")


class NoPython(Exception):
    """Raised if a server needs a newer Python. The message names what to install."""


def install(name: str) -> Path:
    """Return the program, and install its pinned versions if they are missing. Raises `NoPython`."""
    folder, pins = FOLDER / name, Path(__file__).with_name(f"{name}.txt")
    stamp = folder / "installed"
    if not (stamp.exists() and stamp.read_text() == pins.read_text()):
        shutil.rmtree(folder, ignore_errors=True)
        run(python(OLDEST.get(name, (0, 0))), "-m", "venv", "--without-pip", str(folder))
        install_packages(str(folder / "bin" / "python"), pins)
        stamp.write_text(pins.read_text())
    return folder / "bin" / PROGRAMS[name]


def python(oldest: tuple[int, int]) -> str:
    """Return a Python of at least this version: ours, PEERS_PYTHON's, or one on the path."""
    if sys.version_info[:2] >= oldest:
        return sys.executable
    check = f"import sys, ensurepip, venv; sys.exit(sys.version_info[:2] < {oldest})"
    for word in filter(None, (os.environ.get("PEERS_PYTHON"), *NEWER)):
        found = shutil.which(word)
        if found and subprocess.run([found, "-c", check], capture_output=True, check=False).returncode == 0:
            return found
    version = ".".join(map(str, oldest))
    raise NoPython(f"install a Python {version} or later with venv, or name one in PEERS_PYTHON")


def install_packages(interpreter: str, pins: Path) -> None:
    """Install with uv, and with pip where only pip is configured for a mirror."""
    options = ["-q", "--no-deps", "-r", str(pins)]
    uv = [sys.executable, "-m", "uv", "pip", "install", "--python", interpreter, *options]
    if subprocess.run(uv, capture_output=True, check=False).returncode:
        run(sys.executable, "-m", "pip", "--python", interpreter, "install", *options)


def run(*words: str) -> None:
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{result.stderr}\ntests against peers need PyPI")
