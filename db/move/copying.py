"""Copy and deletion of an organization's rows by plain statements, for the tables without replication."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta
from uuid import UUID

from db.move.freezing import HELD_POOL_PREFIX
from db.move.replication import filter_of_table, id_list
from db.move.tables import (
    COPIED_TABLES,
    EVENT_TABLES,
    FOLDED_EVENT_TABLES,
    MAIN_TABLES,
    REPLICATED_EVENT_TABLES,
    TRANSLATED_COLUMNS,
)
from db.pool import Conn

#: Blocks of a copy that wait between the two servers.
MAX_COPY_BLOCKS_IN_MEMORY = 16
#: Rows that one statement of a purge deletes.
MAX_PURGED_ROWS = 10_000

#: Columns with another value in the new cell: no pause, no held job, and the organization open as before the move.
OPENED_COLUMNS = {
    ("job", "pool"): f"regexp_replace(pool, '^{HELD_POOL_PREFIX}', '')",
    ("organization", "tier"): "coalesce(moving_tier, tier)",
    ("organization", "resumes_as"): "case when coalesce(moving_tier, tier) = 'suspended' then resumes_as end",
    ("organization", "moving_tier"): "null",
}

COLUMNS = """
select attname::text
  from pg_attribute
 where attrelid = to_regclass($1)
   and attnum > 0
   and not attisdropped
   and attgenerated = ''
 order by attnum
"""

COPY_PLATFORM_APPS = """
insert into platform_app
select *
  from copied
    on conflict do nothing
"""

KEEP_COPIED_IDS = """
with generation as materialized (
    select open_event_generation() as n)
insert into event_seen (generation, project_id, app_no, event_key)
select n, project_id, app_no, event_key
  from copied
 cross join generation
    on conflict do nothing
"""

KEEP_IDS_OF_EVENTS = """
with generation as materialized (
    select open_event_generation() as n)
insert into event_seen (generation, project_id, app_no, event_key)
select n, project_id, app_no, event_key
  from event
 cross join generation
 where project_id = any($1)
   and received_at >= $2
   and occurred_at >= $2 - $3::interval
    on conflict do nothing
"""

#: An ended job of an earlier copy changes in one column at most.
KEEP_COPIED_JOBS = """
insert into job
select *
  from copied
    on conflict (organization_id, id) do update
   set retried_as = excluded.retried_as
 where job.retried_as is distinct from excluded.retried_as
"""

#: Jobs of projects that were purged at the source since the first copy of jobs.
DELETE_JOBS_OF_PURGED_PROJECTS = """
delete from job j
 where organization_id = any($1)
   and project_id is not null
   and not exists (
       select
         from project p
        where p.organization_id = j.organization_id
          and p.id = j.project_id)
"""


async def copy_ended_jobs(source: Conn, target: Conn, organization_ids: Collection[UUID], before: datetime) -> None:
    """Copy the jobs that ended before a time. No process acts on them, and a job copied before is skipped."""
    async with target.transaction():
        await target.execute("set local session_replication_role = replica")
        ended = f"{filter_of_table('job', organization_ids, ())} and finished_at < '{before.isoformat()}'"
        await _copy_jobs(source, target, ended)


async def _copy_jobs(source: Conn, target: Conn, condition: str) -> int:
    await target.execute("create temp table copied (like job) on commit drop")
    copied = await _copy_table(source, target, "job", condition, 0, into="copied")
    await target.execute(KEEP_COPIED_JOBS)
    await target.execute("drop table copied")
    return copied


async def copy_main_rows(source: Conn, target: Conn, organization_ids: Collection[UUID], jobs_since: datetime) -> int:
    """Copy the rows that are not replicated, the organization last, and the missing clients of platforms.

    Return the number of rows. Jobs that ended before `jobs_since` are there, but some may have been retried since. The
    caller's transaction at the target runs no triggers.
    """
    ahead = int(await source.fetchval("select pg_current_xact_id()::text::bigint"))
    ahead -= int(await target.fetchval("select pg_current_xact_id()::text::bigint"))
    await target.execute("create temp table copied (like platform_app) on commit drop")
    await _copy(source, target, "select * from platform_app", "copied")
    await target.execute(COPY_PLATFORM_APPS)
    await target.execute("drop table copied")
    jobs = f"(finished_at is null or finished_at >= '{jobs_since.isoformat()}' or retried_as is not null)"
    copied = await _copy_jobs(source, target, f"{filter_of_table('job', organization_ids, ())} and {jobs}")
    await target.execute(DELETE_JOBS_OF_PURGED_PROJECTS, list(organization_ids))
    for table in (table for table in COPIED_TABLES if table != "job"):
        copied += await _copy_table(source, target, table, filter_of_table(table, organization_ids, ()), max(ahead, 0))
    return copied


async def copy_event_rows(source: Conn, target: Conn, project_ids: Collection[UUID], new: Collection[UUID]) -> int:
    """Copy the conversions of all projects, and all rows of the `new` ones, which are not replicated."""
    copied = await _copy_table(source, target, "event_conversion", f"project_id in ({id_list(project_ids)})", 0)
    for table in (*REPLICATED_EVENT_TABLES, "event") if new else ():
        copied += await _copy_table(source, target, table, f"project_id in ({id_list(new)})", 0)
    return copied


async def copy_event_ids(source: Conn, target: Conn, project_ids: Collection[UUID]) -> None:
    """Copy the known event ids of projects into the open generation of the target. Ids copied before are skipped.

    There they are known for at least as long as in their own generation.
    """
    async with target.transaction():
        await target.execute(
            "create temp table copied (project_id uuid, app_no smallint, event_key uuid) on commit drop"
        )
        ids = f"select project_id, app_no, event_key from event_seen where project_id in ({id_list(project_ids)})"
        await _copy(source, target, ids, "copied")
        await target.execute(KEEP_COPIED_IDS)


async def keep_ids_of_events(
    target: Conn, project_ids: Collection[UUID], *, received_since: datetime, max_age: timedelta
) -> None:
    """Add the ids of the replicated events that were received since the copy of the ids."""
    await target.execute(KEEP_IDS_OF_EVENTS, list(project_ids), received_since, max_age)


async def _copy_table(
    source: Conn, target: Conn, table: str, condition: str, ahead: int, *, into: str | None = None
) -> int:
    columns = [row[0] for row in await source.fetch(COLUMNS, table)]
    values = {**OPENED_COLUMNS, **TRANSLATED_COLUMNS}
    read = ", ".join(values.get((table, column), f'"{column}"').format(ahead=ahead) for column in columns)
    return await _copy(source, target, f"select {read} from {table} where {condition}", into or table, columns)


async def _copy(source: Conn, target: Conn, query: str, table: str, columns: list[str] | None = None) -> int:
    """Copy a query's rows into a table of the target, in binary; return their number."""
    blocks: asyncio.Queue[bytes] = asyncio.Queue(MAX_COPY_BLOCKS_IN_MEMORY)

    async def read() -> None:
        await source.copy_from_query(query, output=blocks.put, format="binary")
        await blocks.put(b"")

    async def iter_blocks() -> AsyncIterator[bytes]:
        while block := await blocks.get():
            yield block

    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        done = await target.copy_to_table(table, source=iter_blocks(), columns=columns, format="binary")
    return int(done.rpartition(" ")[2])


async def has_rows(conn: Conn, tables: Collection[str], organization_ids: Collection[UUID]) -> bool:
    """Return whether one of these main tables has rows of the organizations."""
    for table in tables:
        condition = filter_of_table(table, organization_ids, ())
        if await conn.fetchval(f"select exists (select from {table} where {condition})"):
            return True
    return False


async def are_counts_folded(source: Conn, project_ids: Collection[UUID]) -> bool:
    """Return whether no queued count of the projects waits for its fold."""
    for table in FOLDED_EVENT_TABLES:
        if await source.fetchval(f"select exists (select from {table} where project_id in ({id_list(project_ids)}))"):
            return False
    return True


async def purge_rows(conn: Conn, table: str, condition: str) -> int:
    """Delete the rows of a table, or of its partitions, in batches without triggers; return their number."""
    await conn.execute("set session_replication_role = replica")
    rows = await conn.fetch("select relid::regclass::text from pg_partition_tree($1::regclass) where isleaf", table)
    leaves = [row[0] for row in rows] or [table]
    purged = 0
    for leaf in leaves:
        while deleted := int(
            (
                await conn.execute(
                    f"""delete from {leaf}
                         where ctid = any(array(select ctid from {leaf} where {condition} limit {MAX_PURGED_ROWS}))"""
                )
            ).rpartition(" ")[2]
        ):
            purged += deleted
    return purged


async def purge_event_rows(conn: Conn, project_ids: Collection[UUID]) -> int:
    """Delete all rows of projects in the event store."""
    return sum([await purge_rows(conn, table, f"project_id in ({id_list(project_ids)})") for table in EVENT_TABLES])


async def purge_main_rows(conn: Conn, organization_ids: Collection[UUID]) -> int:
    """Delete all rows of organizations, their own last: until then a purge can be repeated."""
    return sum([await purge_rows(conn, table, filter_of_table(table, organization_ids, ())) for table in MAIN_TABLES])
