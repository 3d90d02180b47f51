"""`python -m db.migrate`, as a release step runs it."""

import asyncio
import os
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from db.migrate import (
    EVENT_SCHEMA_MIGRATION_SOURCE,
    MAIN_SCHEMA_MIGRATION_SOURCE,
    SchemaMigrationSource,
    read_all_migrations,
    read_sql_functions,
)
from db.pool import Conn, Pool
from db.starting import UNUSABLE_DATABASE_MESSAGE
from schemas.settings import Settings
from tests.servers import environment
from tests.waiting import PATIENCE_S

SCHEMAS = (MAIN_SCHEMA_MIGRATION_SOURCE, EVENT_SCHEMA_MIGRATION_SOURCE)
EVERY = [
    each.name
    for schema in (MAIN_SCHEMA_MIGRATION_SOURCE, EVENT_SCHEMA_MIGRATION_SOURCE)
    for each in (*read_sql_functions(schema), *read_all_migrations(schema))
]


COMMAND = [sys.executable, "-m", "db.migrate"]


def migrate(settings: Settings, **changed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND,
        env=os.environ | environment(settings) | changed,
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


@asynccontextmanager
async def migrating(settings: Settings, **changed: str) -> AsyncIterator[Process]:
    """Start the process, and end it at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, stdout=PIPE, stderr=PIPE, env=os.environ | environment(settings) | changed
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def notice(process: Process) -> str:
    """Return the next line on its stderr."""
    assert process.stderr
    async with asyncio.timeout(PATIENCE_S):
        return (await process.stderr.readline()).decode()


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.folder)
def test_migrations_are_numbered_one_by_one(schema: SchemaMigrationSource) -> None:
    """Two with one number would be ordered by their words."""
    numbers = [int(each.name[:4]) for each in read_all_migrations(schema)]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_a_bad_setting_is_named_in_one_line(settings: Settings) -> None:
    ended = migrate(settings, DATABASE_URL="nonsense")
    assert (ended.returncode, ended.stdout) == (2, "")
    [line] = ended.stderr.splitlines()
    assert "DATABASE_URL" in line


async def test_it_names_the_server_that_it_waits_for(settings: Settings) -> None:
    async with migrating(settings, DATABASE_URL="postgresql://127.0.0.1:1/x") as process:
        line = await notice(process)
        assert line.startswith(f"{UNUSABLE_DATABASE_MESSAGE}: ConnectionRefusedError")
        assert line.endswith(": waiting for it\n")
        assert process.returncode is None


async def test_it_goes_on_once_postgres_is_back(settings: Settings, pool: Pool) -> None:
    """At the start of a host, or in a failover. Processes that need this step are not started without it."""
    name = await pool.fetchval("select current_database()")
    await pool.execute(f"alter database {name} set default_transaction_read_only = on")
    async with migrating(settings) as process:
        try:
            assert "ReadOnlySQLTransactionError" in await notice(process)
        finally:
            await pool.execute(f"alter database {name} set default_transaction_read_only = off")
        async with asyncio.timeout(PATIENCE_S):
            assert await process.communicate() == (b"nothing to apply\n", b"")
        assert process.returncode == 0


async def test_an_edited_migration_is_named_in_one_line(settings: Settings, conn: Conn) -> None:
    await conn.execute(
        "update migration set checksum = 'x' where name = $1", read_all_migrations(MAIN_SCHEMA_MIGRATION_SOURCE)[0].name
    )
    ended = migrate(settings)
    assert (ended.returncode, ended.stdout) == (1, "")
    [line] = ended.stderr.splitlines()
    assert line.startswith(read_all_migrations(MAIN_SCHEMA_MIGRATION_SOURCE)[0].name)


async def test_it_names_what_it_applies(settings: Settings, conn: Conn) -> None:
    await conn.execute("drop schema public cascade; create schema public")
    assert migrate(settings).stdout == "".join(f"applied {name}\n" for name in EVERY)
