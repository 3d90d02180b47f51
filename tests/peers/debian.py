"""snac2 from Debian's packages, unpacked into `.local/peers`: nothing of this machine changes."""

import subprocess
import sys
from pathlib import Path

from tests.peers.node import FOLDER

PACKAGE = "snac2"


def install() -> Path:
    """The program; at once where it is there. The package's hash is checked by apt."""
    folder = FOLDER / PACKAGE
    program = folder / "usr" / "bin" / "snac"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if not downloaded(folder):
            run(folder, "apt-get", "update", "-q")
            if not downloaded(folder):
                sys.exit(
                    f"tests against peers need {PACKAGE} from Debian's packages: apt-get download it here"
                )
        (package,) = folder.glob("*.deb")
        run(folder, "dpkg", "-x", package.name, ".")
    return program


def downloaded(folder: Path) -> bool:
    return run(folder, "apt-get", "download", "-q", PACKAGE) == 0 and any(folder.glob("*.deb"))


def run(folder: Path, *words: str) -> int:
    return subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode
