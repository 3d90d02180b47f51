"""Servers from PyPI, each in its own virtual environment in `.local/peers`.

Their dependencies conflict with ours: mastodon_mock's python-multipart installs a package `multipart` that
would shadow ours, and moto's botocore needs an older python-dateutil.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.peers.node import FOLDER

#: Their programs, by the name of the file with their pins.
PROGRAMS = {
    "chdb": "python", "deployment": "python", "facebook_business": "python", "httpx_sse": "python",
    "mastodon_mock": "mastodon_mock", "moto": "moto_server", "openapi_client": "openapi-python-client",
    "segment": "python",
}  # fmt: skip


def install(name: str) -> Path:
    """Return the program, and install its pinned versions if they are missing."""
    folder, pins = FOLDER / name, Path(__file__).with_name(f"{name}.txt")
    stamp = folder / "installed"
    if not (stamp.exists() and stamp.read_text() == pins.read_text()):
        shutil.rmtree(folder, ignore_errors=True)
        run(sys.executable, "-m", "venv", "--without-pip", str(folder))
        install_packages(str(folder / "bin" / "python"), pins)
        stamp.write_text(pins.read_text())
    return folder / "bin" / PROGRAMS[name]


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
