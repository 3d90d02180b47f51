"""`python -m tests.debian WORD ...` runs a command with Debian's PostgreSQL for its tests.

Of several versions it takes the oldest, the minimum that must keep working. As with the embedded one, each
process of a run has a server of its own. On a shared server, the many tables of one process evict other
sessions' plans, and the longest write delays everybody's streams.

As a pytest plugin, `-p tests.debian`, it leaves out the tests that use no server.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import POSTGRES

INSTALLED = Path("/usr/lib/postgresql")

#: Fixtures that all fixtures of databases build on.
SERVER_FIXTURES = frozenset({"servers", "own_servers"})


def versions() -> list[Path]:
    """Return the `bin` folders, oldest first."""
    return sorted(INSTALLED.glob("*/bin"), key=lambda path: int(path.parent.name))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if not _uses_server(item)])
    items[:] = filter(_uses_server, items)


def _uses_server(item: pytest.Item) -> bool:
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return not SERVER_FIXTURES.isdisjoint(fixtures)


def main(*words: str) -> int:
    if not versions():
        sys.exit(f"there is no PostgreSQL in {INSTALLED}: apt-get install postgresql")
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment[POSTGRES] = str(versions()[0])
    return subprocess.run(words, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
