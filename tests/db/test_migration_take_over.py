"""Take-over of earlier databases by the squashed migrations, and loading of SQL functions by revision.

`f87eb061.sql.gz` is a dump of a database of commit f87eb061, by PostgreSQL 15, with a row in each table.
"""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from db.migrate import (
    EVENT_SCHEMA_MIGRATION_SOURCE,
    MAIN_SCHEMA_MIGRATION_SOURCE,
    migrate_databases,
    read_all_migrations,
    read_sql_functions,
)
from db.pool import Conn, use_unpooled_pg_connection
from schemas.errors import MigrationChanged
from tests import databases, servers
from tests.waiting import PATIENCE_S, eventually

DUMP = Path(__file__).with_name("f87eb061.sql.gz")
LEDGERS = ("migration", "event_migration")

#: Files that bring a database of f87eb061 to the baseline.
LATE = ["0044_count_intake", "0045_phase_jobs", "0046_close_lease_requests", "0047_disclose_ai"]
MAIN_FUNCTIONS = [each.name for each in read_sql_functions(MAIN_SCHEMA_MIGRATION_SOURCE)]
#: The migrations of after the baselines.
ADDED, EVENTS_ADDED = (
    [each.name for each in read_all_migrations(schema)[schema.baseline :]]
    for schema in (MAIN_SCHEMA_MIGRATION_SOURCE, EVENT_SCHEMA_MIGRATION_SOURCE)
)
#: The only changes to a database that is at the baseline already.
EVENT_FUNCTIONS = [each.name for each in read_sql_functions(EVENT_SCHEMA_MIGRATION_SOURCE)]
NEWER = [*MAIN_FUNCTIONS, *ADDED, *EVENT_FUNCTIONS, *EVENTS_ADDED]

#: SQL functions that workers of the release before call during an upgrade. A new database has none.
EARLIER_FUNCTIONS = "('pull_jobs', 'pull_newcomers', 'rest_lines', 'wake_lines')"

#: Tables, indexes, checks, views, triggers and functions, one a line. Leaves of partitions depend on the day.
#: A check that was added to a table with rows is `not valid`: it still applies to each new row.
SCHEMA = f"""
with ours as (
    select c.oid, c.relname::text as name, c.relkind, c.reloptions
      from pg_class c
     where c.relnamespace = 'public'::regnamespace
       and not c.relispartition
       and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
)
select 'relation ' || name || ' ' || relkind::text || coalesce(reloptions::text, '') from ours
 union all
select format('column %s.%s %s %s %s %s %s%s',
              c.name, row_number() over (partition by c.oid order by a.attnum), a.attname,
              format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
              a.attidentity, a.attgenerated)
  from ours c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
 union all
select format('constraint %s.%s %s',
              c.name, t.conname, replace(pg_get_constraintdef(t.oid), ' NOT VALID', ''))
  from ours c
  join pg_constraint t on t.conrelid = c.oid and t.contype <> 'n'
 union all
select pg_get_indexdef(oid) from ours where relkind in ('i', 'I')
 union all
select 'view ' || name || pg_get_viewdef(oid) from ours where relkind = 'v'
 union all
select pg_get_triggerdef(t.oid) from ours c join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal
 union all
select pg_get_functiondef(p.oid)
  from pg_proc p
 where p.pronamespace = 'public'::regnamespace
   and p.proname not in {EARLIER_FUNCTIONS}
   and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
 union all
select 'extension ' || extname from pg_extension
 order by 1
"""

TABLES = """
select relname::text
  from pg_class
 where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
"""

WAITING = """
select count(*)
  from pg_stat_activity
 where datname = current_database() and application_name = 'tenantry-migrate' and wait_event_type = 'Lock'
"""

KILL = """
select pg_terminate_backend(pid)
  from pg_stat_activity
 where datname = current_database() and application_name = 'tenantry-migrate'
"""

Rows = dict[str, list[dict[str, Any]]]


@pytest_asyncio.fixture(loop_scope="session")
async def old_url(template: databases.Template) -> AsyncIterator[str]:
    """The URL of a database of f87eb061."""
    name = f"{template.name}_old"
    await template.admin.execute(f"create database {name}")
    url = servers.with_path(template.url, name)
    async with use_unpooled_pg_connection(url, name="tests") as conn:
        await conn.execute("set check_function_bodies = off")
        await conn.execute(gzip.decompress(DUMP.read_bytes()).decode())
    yield url
    await template.admin.execute(f"drop database {name} with (force)")


@pytest_asyncio.fixture
async def old(old_url: str) -> AsyncIterator[Conn]:
    async with use_unpooled_pg_connection(old_url, name="tests") as conn:
        yield conn


async def schema_of(conn: Conn) -> list[str]:
    return [row[0] for row in await conn.fetch(SCHEMA)]


async def rows_of(conn: Conn) -> Rows:
    """Return the rows of each table, but for the lists of migrations."""
    tables = [row[0] for row in await conn.fetch(TABLES) if row[0] not in LEDGERS]
    rows = {}
    for table in tables:
        texts = await conn.fetch(f"select to_jsonb(t)::text from {table} t order by 1")
        rows[table] = [json.loads(row[0]) for row in texts]
    return rows


async def ledger_of(conn: Conn) -> list[str]:
    return [row[0] for row in await conn.fetch("select name from migration order by name")]


async def until_waiting(conn: Conn, count: int) -> None:
    """Wait until so many migrates wait for a lock."""

    async def are_waiting() -> bool:
        return bool(await conn.fetchval(WAITING) >= count)

    await eventually(are_waiting)


async def test_old_database_gets_the_new_schema_and_keeps_rows(old_url: str, old: Conn, conn: Conn) -> None:
    before = await rows_of(old)
    assert all(before.values())
    assert await migrate_databases(old_url) == [*LATE, *NEWER]
    assert await schema_of(old) == await schema_of(conn)
    after = await rows_of(old)
    for table, rows in before.items():
        assert len(after[table]) == len(rows), table
        assert all(one.items() <= other.items() for one, other in zip(rows, after[table], strict=True)), table
    for table in ("pool", "pool_cap"):
        fresh = (await rows_of(conn))[table]
        assert sorted(map(str, after[table])) == sorted(map(str, fresh)), table
    assert await migrate_databases(old_url) == []


async def test_a_database_at_the_baseline_gets_only_the_functions(old_url: str, old: Conn) -> None:
    await migrate_databases(old_url)
    recorded = [
        each.name for each in read_all_migrations(MAIN_SCHEMA_MIGRATION_SOURCE)[: MAIN_SCHEMA_MIGRATION_SOURCE.baseline]
    ]
    await old.execute("delete from migration where name = any ($1)", [*MAIN_FUNCTIONS, *recorded])
    before = await schema_of(old)
    assert await migrate_databases(old_url) == MAIN_FUNCTIONS
    assert await schema_of(old) == before
    assert set(recorded) <= set(await ledger_of(old))


async def test_an_edited_or_older_database_is_refused_with_the_commit_to_migrate_by(old_url: str, old: Conn) -> None:
    change = "update migration set checksum = {} where name = '0001_create_tenancy'"
    await old.execute(change.format("checksum || 'x'"))
    with pytest.raises(MigrationChanged, match="0001_create_tenancy was edited"):
        await migrate_databases(old_url)
    await old.execute(change.format("rtrim(checksum, 'x')"))
    await old.execute("delete from migration where name = '0043_search_for_posters'")
    before = await ledger_of(old)
    with pytest.raises(MigrationChanged, match=r"lacks 0043_search_for_posters.* f87eb061"):
        await migrate_databases(old_url)
    assert await ledger_of(old) == before


async def test_a_killed_migrate_leaves_the_old_database_whole(old_url: str, old: Conn) -> None:
    before = await schema_of(old), await rows_of(old), await ledger_of(old)
    async with use_unpooled_pg_connection(old_url, name="blocker") as blocker, blocker.transaction():
        await blocker.execute("lock table lease_request in access exclusive mode")
        running = asyncio.create_task(migrate_databases(old_url))
        await until_waiting(old, 1)
        await old.execute(KILL)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await running
    assert (await schema_of(old), await rows_of(old), await ledger_of(old)) == before
    assert await migrate_databases(old_url) == [*LATE, *NEWER]


async def test_of_two_migrates_one_waits_and_has_nothing_to_do(old_url: str, old: Conn) -> None:
    async with use_unpooled_pg_connection(old_url, name="blocker") as blocker:
        async with blocker.transaction():
            await blocker.execute("lock table lease_request in access exclusive mode")
            running = [asyncio.create_task(migrate_databases(old_url)) for _ in range(2)]
            await until_waiting(old, 2)
        async with asyncio.timeout(PATIENCE_S):
            applied = await asyncio.gather(*running)
    both = [name for names in applied for name in names]
    assert sorted(both) == sorted([*LATE, *NEWER])


async def test_a_function_without_a_revision_in_the_database_is_loaded(database_url: str, conn: Conn) -> None:
    current = await schema_of(conn)
    [name] = [each for each in MAIN_FUNCTIONS if each.startswith("new_uuid@")]
    await conn.execute("create or replace function new_uuid() returns uuid language sql as 'select null::uuid'")
    await conn.execute("delete from migration where name = $1", name)
    assert await migrate_databases(database_url) == [name]
    assert await schema_of(conn) == current


async def test_a_function_of_a_newer_release_is_kept(database_url: str, conn: Conn) -> None:
    await conn.execute("insert into migration (name, checksum) values ('new_uuid@99', 'x')")
    await conn.execute("delete from migration where name = 'new_uuid@1'")
    assert await migrate_databases(database_url) == []


async def test_a_function_edited_without_a_new_revision_is_refused(database_url: str, conn: Conn) -> None:
    await conn.execute("update migration set checksum = 'x' where name = 'measure_line@1'")
    with pytest.raises(MigrationChanged, match="measure_line@1 was edited"):
        await migrate_databases(database_url)
