"""`python -m tests.debian WORD ...` runs a command with DATABASE_URL set to a server of Debian's PostgreSQL.

Of several versions it takes the oldest, which is the one that we must not outgrow.
"""

import os
import subprocess
import sys
from pathlib import Path

from db import local
from tests.servers import SHARED, scratch

INSTALLED = Path("/usr/lib/postgresql")


def versions() -> list[Path]:
    """The `bin` folders, oldest first."""
    return sorted(INSTALLED.glob("*/bin"), key=lambda path: int(path.parent.name))


def main(*words: str) -> int:
    if not versions():
        sys.exit(f"there is no PostgreSQL in {INSTALLED}: apt-get install postgresql")
    binaries = versions()[0]
    with scratch() as folder, local.postgres(Path(folder), SHARED, binaries=binaries) as server:
        environment = {**os.environ, "DATABASE_URL": server.url}
        return subprocess.run(words, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
