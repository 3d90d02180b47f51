"""`python -m tests.debian WORD ...` runs a command, whose tests have Debian's PostgreSQL instead of ours.

Of several versions it takes the oldest, which is the one that we must not outgrow. As with the embedded one,
each process of a run has a server of its own: on one for all, the many tables that one process makes have
another one's session forget its plans, and the longest write holds up everybody's streams.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.servers import POSTGRES

INSTALLED = Path("/usr/lib/postgresql")


def versions() -> list[Path]:
    """The `bin` folders, oldest first."""
    return sorted(INSTALLED.glob("*/bin"), key=lambda path: int(path.parent.name))


def main(*words: str) -> int:
    if not versions():
        sys.exit(f"there is no PostgreSQL in {INSTALLED}: apt-get install postgresql")
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment[POSTGRES] = str(versions()[0])
    return subprocess.run(words, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
