"""Migrations: `NNNN_verb_noun.sql` files, in order, each once, in a transaction of its own.

A row in `migration` keeps each file's SHA-256, so that an edited file is noticed. `python -m db.migrate`
is a release step. Many may run at once: an advisory lock lets one work at a time.
"""

import argparse
import asyncio
import hashlib
import os
import sys
from importlib.resources import files
from typing import NamedTuple

from db.pool import Conn, connect
from db.starting import starting
from schemas.errors import MigrationChanged
from schemas.settings import from_env

_LOCK = 7201

DESCRIPTION = "Bring the database of DATABASE_URL to this release's tables, and name each migration applied."

_TABLE = """
create table if not exists migration (
    name text primary key, checksum text not null, applied_at timestamptz not null default now())
"""


class Migration(NamedTuple):
    """A file of `db/migrations`: its name without `.sql`, and its text."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def known() -> list[Migration]:
    """All migrations of this release, in order."""
    folder = files("db").joinpath("migrations")
    found = (path for path in folder.iterdir() if path.name.endswith(".sql"))
    return sorted(Migration(path.name.removesuffix(".sql"), path.read_text("utf-8")) for path in found)


async def migrate(database_url: str) -> list[str]:
    """Apply and name what is pending. Raises `MigrationChanged` for an applied file that was edited."""
    conn = await connect(database_url, name="tenantry-migrate")
    try:
        await conn.execute("set lock_timeout = 0")
        await conn.execute("set statement_timeout = 0")
        await conn.execute("select pg_advisory_lock($1)", _LOCK)
        await conn.execute(_TABLE)
        return [await _apply(conn, migration) for migration in await pending(conn)]
    finally:
        await conn.close()


async def pending(conn: Conn) -> list[Migration]:
    """Migrations that `migrate` would apply now: all of them on an empty database."""
    if await conn.fetchval("select to_regclass('migration')") is None:
        return known()
    applied = {
        row["name"]: row["checksum"] for row in await conn.fetch("select name, checksum from migration")
    }
    for migration in known():
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationChanged(
                f"{migration.name} was edited after it was applied: add a new migration instead"
            )
    return [migration for migration in known() if migration.name not in applied]


async def _apply(conn: Conn, migration: Migration) -> str:
    async with conn.transaction():
        await conn.execute(migration.text)
        await conn.execute(
            "insert into migration (name, checksum) values ($1, $2)", migration.name, migration.checksum
        )
    return migration.name


def main() -> None:
    """Migrate the database that the environment names, and print each migration applied.

    Exits with 2 for a wrong setting, with 1 where the database can't be used or a migration was edited.
    """
    argparse.ArgumentParser("python -m db.migrate", description=DESCRIPTION).parse_args()
    try:
        with starting():
            applied = asyncio.run(migrate(from_env(os.environ).database_url))
    except OSError as error:
        sys.exit(f"the database of DATABASE_URL can't be used: {error}: start it, or correct the address")
    sys.stdout.write("".join(f"applied {name}\n" for name in applied) or "nothing to apply\n")


if __name__ == "__main__":
    main()
