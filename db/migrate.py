"""Migrations: bring a database to the tables and SQL functions of this release.

There are two schemas, the main one and the one of events, which may share a database. `python -m db.migrate` is
a release step. It waits for an unreachable Postgres. Many may run at once: an advisory lock admits one at a
time.

- Tables: files `NNNN_verb_noun.sql`, each applied once, in order. An applied file never changes. The first
  files of a schema are its baseline: the tables of a new database.
- Functions: one current text each, with a first line `-- revision N`. A text is loaded if its revision is
  higher than the one in the database, so an older release that starts later never loads its older text. Each
  change of a text raises the revision. During an upgrade two releases run side by side: a function with a new
  signature gets a new name, and the old function stays for the old release.

All changes of a schema are one transaction, functions first, since triggers and views refer to them. A crash
leaves the database as it was. The schema's table keeps the name and the SHA-256 of each applied file.

Take-over: earlier releases had other migrations (`db/take_over/`), now folded into the baseline. Their
databases keep their tables: the baseline is recorded without being run. The files in
`db/take_over/migrations/` bring a database of commit f87eb061, the oldest one supported, to the baseline.
"""

import argparse
import asyncio
import hashlib
import os
import re
import sys
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple

from db.pool import Conn, use_unpooled_pg_connection
from db.reach import FIRST_POSTGRES_RETRY_WAIT_S, MAX_POSTGRES_RETRY_WAIT_S, convert_postgres_away_errors
from db.starting import UNUSABLE_DATABASE_MESSAGE, exit_on_expected_start_errors
from schemas.errors import MigrationChanged, ServiceUnavailable
from schemas.settings import Settings, load_settings

_MIGRATION_LOCK_ID = 7201

MIGRATE_COMMAND_DESCRIPTION = (
    "Bring the databases of DATABASE_URL and TELEMETRY_URL to this release's tables, "
    "and name each migration applied. Waits for Postgres while it is away."
)


#: The oldest release whose databases are taken over.
OLDEST_MIGRATABLE_COMMIT = "f87eb061"

_SQL_FUNCTION_REVISION_PATTERN = re.compile(r"-- revision (\d+)\n")


class SchemaMigrationSource(NamedTuple):
    """Tables that migrate together: their folders, the table of applied files, the size of the baseline."""

    folder: str
    functions: str
    table: str
    baseline: int


MAIN_SCHEMA_MIGRATION_SOURCE = SchemaMigrationSource("migrations", "functions", "migration", 9)
EVENT_SCHEMA_MIGRATION_SOURCE = SchemaMigrationSource("event_migrations", "event_functions", "event_migration", 1)


class Migration(NamedTuple):
    """A file with its name in the table of applied files: `0001_tenancy`, or `claim_jobs@2` for a function."""

    name: str
    text: str
    #: False: record the file without running it.
    runs: bool = True

    @property
    def checksum(self) -> str:
        """Return the SHA-256 of a migration's text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_all_migrations(schema: SchemaMigrationSource) -> list[Migration]:
    """Return all migration files of a database schema in this release, in order."""
    return _read_schema_files(schema.folder)


def read_sql_functions(schema: SchemaMigrationSource) -> list[Migration]:
    """Return the SQL functions of a database schema in this release, each named `function@revision`."""
    return [
        Migration(f"{each.name}@{_parse_sql_function_revision(each)}", each.text)
        for each in _read_schema_files(schema.functions)
    ]


def _read_schema_files(folder: str) -> list[Migration]:
    found = (path for path in files("db").joinpath(folder).iterdir() if path.name.endswith(".sql"))
    return sorted(Migration(path.name.removesuffix(".sql"), path.read_text("utf-8")) for path in found)


def _parse_sql_function_revision(function: Migration) -> int:
    match = _SQL_FUNCTION_REVISION_PATTERN.match(function.text)
    if match is None:
        raise MigrationChanged(f"the function {function.name} has no first line `-- revision N`")
    return int(match[1])


async def migrate_databases(database_url: str, event_store_url: str | None = None) -> list[str]:
    """Apply all pending changes to the main database and the event store, and return the changes' names.

    The event store is in the main database, unless another one is named. Raise `MigrationChanged` for an applied
    file that was edited, and for a database of a release before f87eb061.
    """
    applied = await _migrate_schema(database_url, MAIN_SCHEMA_MIGRATION_SOURCE)
    return applied + await _migrate_schema(event_store_url or database_url, EVENT_SCHEMA_MIGRATION_SOURCE)


async def _migrate_schema(url: str, schema: SchemaMigrationSource) -> list[str]:
    async with use_unpooled_pg_connection(url, name="tenantry-migrate") as conn:
        await conn.execute("set lock_timeout = 0")
        await conn.execute("set statement_timeout = 0")
        await conn.execute("select pg_advisory_lock($1)", _MIGRATION_LOCK_ID)
        await conn.execute(
            f"""create table if not exists {schema.table} (
                name text not null, checksum text not null, applied_at timestamptz not null default now(),
                primary key (name))"""
        )
        changes = await find_pending_migrations(conn, schema)
        async with conn.transaction():
            # A function may use tables that a migration of the same transaction creates.
            await conn.execute("set local check_function_bodies = off")
            for change in changes:
                await _apply_migration(conn, schema, change)
        return [change.name for change in changes if change.runs]


async def find_pending_migrations(conn: Conn, schema: SchemaMigrationSource) -> list[Migration]:
    """Return the changes that `migrate_databases` would apply to a schema now, in order.

    For an empty database these are all changes. Raise `MigrationChanged` for an applied file that was edited, and
    for a database of a release before f87eb061.
    """
    applied = await _read_applied_checksums(conn, schema)
    taken_over = _find_migrations_up_to_baseline(schema, applied)
    new = [each for each in read_all_migrations(schema) if _is_migration_unapplied(each, applied)]
    if taken_over is not None:
        baseline = {each.name for each in read_all_migrations(schema)[: schema.baseline]}
        new = [each._replace(runs=each.name not in baseline) for each in new]
    return [*(taken_over or ()), *_find_sql_functions_to_load(schema, applied), *new]


async def _read_applied_checksums(conn: Conn, schema: SchemaMigrationSource) -> Mapping[str, str]:
    """Return the checksums of a schema's applied files by name; empty for a database that was never migrated."""
    if await conn.fetchval("select to_regclass($1)", schema.table) is None:
        return {}
    rows = await conn.fetch(f"select name, checksum from {schema.table}")  # noqa: S608  a name of ours
    return {row["name"]: row["checksum"] for row in rows}


def _is_migration_unapplied(migration: Migration, applied: Mapping[str, str]) -> bool:
    if applied.get(migration.name, migration.checksum) != migration.checksum:
        remedy = "raise its revision" if "@" in migration.name else "add a new migration instead"
        raise MigrationChanged(f"{migration.name} was edited after it was applied: {remedy}")
    return migration.name not in applied


def _find_sql_functions_to_load(schema: SchemaMigrationSource, applied: Mapping[str, str]) -> list[Migration]:
    """Return functions with a higher revision than the database's. Raise `MigrationChanged` for an edit without one."""
    revisions: dict[str, int] = {}
    for applied_name in applied:
        name, _, revision = applied_name.partition("@")
        if revision:
            revisions[name] = max(revisions.get(name, 0), int(revision))
    newer = []
    for function in read_sql_functions(schema):
        name, _, revision = function.name.partition("@")
        if int(revision) >= revisions.get(name, 0) and _is_migration_unapplied(function, applied):
            newer.append(function)
    return newer


def _find_migrations_up_to_baseline(
    schema: SchemaMigrationSource, applied: Mapping[str, str]
) -> list[Migration] | None:
    """Return the migrations from an earlier release's database to the baseline; None for any other database.

    Raise `MigrationChanged` if the database lacks a file of the baseline, or if an applied file was edited.
    """
    replaced = files("db").joinpath("take_over", f"{schema.table}.sha256").read_text("utf-8")
    checksums = {name: checksum for checksum, name in map(str.split, replaced.splitlines())}
    if checksums.keys().isdisjoint(applied):
        return None
    late = _read_schema_files("take_over/migrations") if schema is MAIN_SCHEMA_MIGRATION_SOURCE else []
    missing = checksums.keys() - applied.keys() - {each.name for each in late}
    if missing:
        raise MigrationChanged(
            f"the database lacks {min(missing)}, now a part of the baseline: first run the migrate of commit "
            f"{OLDEST_MIGRATABLE_COMMIT}, or of a later one with that file"
        )
    for name, checksum in checksums.items():
        if applied.get(name, checksum) != checksum:
            raise MigrationChanged(f"{name} was edited after it was applied: restore the applied text")
    return [each for each in late if each.name not in applied]


async def _apply_migration(conn: Conn, schema: SchemaMigrationSource, migration: Migration) -> None:
    if migration.runs:
        await conn.execute(migration.text)
    await conn.execute(
        f"insert into {schema.table} (name, checksum) values ($1, $2)",  # noqa: S608  a name of ours
        migration.name,
        migration.checksum,
    )


async def _migrate_when_reachable(settings: Settings) -> list[str]:
    """Wait until Postgres accepts writes, then run `migrate_databases`; return the names of the applied changes.

    Print one line to stderr if it has to wait.
    """
    wait_s = FIRST_POSTGRES_RETRY_WAIT_S
    while True:
        try:
            with convert_postgres_away_errors():
                return await migrate_databases(settings.database_url, settings.event_store_url)
        except ServiceUnavailable as error:
            if wait_s == FIRST_POSTGRES_RETRY_WAIT_S:
                print(f"{UNUSABLE_DATABASE_MESSAGE}: {error.__cause__!r}: waiting for it", file=sys.stderr)  # noqa: T201
            await asyncio.sleep(wait_s)
            wait_s = min(MAX_POSTGRES_RETRY_WAIT_S, wait_s * 2)


def main() -> None:
    """Migrate the databases in the environment's settings, and print each applied file.

    Exit with 2 for a wrong setting, with 1 for a missing database or a refused one.
    """
    argparse.ArgumentParser("python -m db.migrate", description=MIGRATE_COMMAND_DESCRIPTION).parse_args()
    with exit_on_expected_start_errors():
        applied = asyncio.run(_migrate_when_reachable(load_settings(os.environ)))
    sys.stdout.write("".join(f"applied {name}\n" for name in applied) or "nothing to apply\n")


if __name__ == "__main__":
    main()
