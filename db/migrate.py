"""Migrations: `NNNN_verb_noun.sql` files, in order, each once, in a transaction of its own.

There are two schemas, `MAIN` and `EVENTS`, which may share a database. A table of each stores each file's
SHA-256, so that an edited file is detected. `python -m db.migrate` is a release step. Concurrent runs are
safe: an advisory lock serializes them. It waits for an unreachable Postgres, as processes do: if it fails, no
process is started.
"""

import argparse
import asyncio
import hashlib
import os
import sys
from importlib.resources import files
from typing import NamedTuple

from db.pool import Conn, connected
from db.reach import FIRST_S, MOST_S, reaching
from db.starting import UNUSABLE, starting
from schemas.errors import MigrationChanged, Unavailable
from schemas.settings import Settings, from_env

_LOCK = 7201

DESCRIPTION = (
    "Bring the databases of DATABASE_URL and TELEMETRY_URL to this release's tables, "
    "and name each migration applied. Waits for Postgres while it is away."
)


class Schema(NamedTuple):
    """Tables that migrate together: the folder of their migrations, and the table of applied ones."""

    folder: str
    table: str


MAIN = Schema("migrations", "migration")
EVENTS = Schema("event_migrations", "event_migration")


class Migration(NamedTuple):
    """Migration file: its name without `.sql`, and its text."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        """Return the SHA-256 of the text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def known(schema: Schema) -> list[Migration]:
    """Return all of the schema's migrations in this release, in order."""
    folder = files("db").joinpath(schema.folder)
    paths = (path for path in folder.iterdir() if path.name.endswith(".sql"))
    return sorted(Migration(path.name.removesuffix(".sql"), path.read_text("utf-8")) for path in paths)


async def migrate(database_url: str, event_store_url: str | None = None) -> list[str]:
    """Apply the pending migrations and return their names. Raises `MigrationChanged` for an edited file.

    The event store is in the same database, unless `event_store_url` is given.
    """
    applied = await _migrate(database_url, MAIN)
    return applied + await _migrate(event_store_url or database_url, EVENTS)


async def _migrate(url: str, schema: Schema) -> list[str]:
    async with connected(url, name="tenantry-migrate") as conn:
        await conn.execute("set lock_timeout = 0")
        await conn.execute("set statement_timeout = 0")
        await conn.execute("select pg_advisory_lock($1)", _LOCK)
        await conn.execute(
            f"""create table if not exists {schema.table} (
                name text not null, checksum text not null, applied_at timestamptz not null default now(),
                primary key (name))"""
        )
        return [await _apply(conn, schema, migration) for migration in await pending(conn, schema)]


async def pending(conn: Conn, schema: Schema) -> list[Migration]:
    """Return the migrations that `migrate` would apply now: all of them on an empty database."""
    if await conn.fetchval("select to_regclass($1)", schema.table) is None:
        return known(schema)
    rows = await conn.fetch(f"select name, checksum from {schema.table}")  # noqa: S608  a name of ours
    applied = {row["name"]: row["checksum"] for row in rows}
    for migration in known(schema):
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationChanged(
                f"{migration.name} was edited after it was applied: add a new migration instead"
            )
    return [migration for migration in known(schema) if migration.name not in applied]


async def _apply(conn: Conn, schema: Schema, migration: Migration) -> str:
    async with conn.transaction():
        await conn.execute(migration.text)
        await conn.execute(
            f"insert into {schema.table} (name, checksum) values ($1, $2)",  # noqa: S608  a name of ours
            migration.name,
            migration.checksum,
        )
    return migration.name


async def _migrate_once_reached(settings: Settings) -> list[str]:
    """Run `migrate` as soon as Postgres is reachable. Prints once that it is waiting."""
    wait_s = FIRST_S
    while True:
        try:
            with reaching():
                return await migrate(settings.database_url, settings.event_store_url)
        except Unavailable as error:
            if wait_s == FIRST_S:
                print(f"{UNUSABLE}: {error.__cause__!r}: waiting for it", file=sys.stderr)  # noqa: T201
            await asyncio.sleep(wait_s)
            wait_s = min(MOST_S, wait_s * 2)


def main() -> None:
    """Migrate the databases from the environment, and print each applied migration.

    Exits with 2 for a wrong setting, with 1 for a missing database or an edited migration.
    """
    argparse.ArgumentParser("python -m db.migrate", description=DESCRIPTION).parse_args()
    with starting():
        applied = asyncio.run(_migrate_once_reached(from_env(os.environ)))
    sys.stdout.write("".join(f"applied {name}\n" for name in applied) or "nothing to apply\n")


if __name__ == "__main__":
    main()
