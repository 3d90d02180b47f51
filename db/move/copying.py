"""Copy and deletion of an organization's rows by plain statements, for the tables without replication."""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from db.move.replication import filter_of_table, id_list
from db.move.tables import (
    COPIED_TABLES,
    EVENT_TABLES,
    MAIN_TABLES,
    OPENED_COLUMNS,
    REPLICATED_EVENT_TABLES,
    TRANSLATED_COLUMNS,
    UNCOMPARED_TABLES,
    YOUNG_ROWS,
)
from db.pool import Conn
from db.queries import organization_move
from schemas.errors import OrganizationMoveRefused

T = TypeVar("T")
U = TypeVar("U")

#: Blocks of a copy that wait between the two servers.
MAX_COPY_BLOCKS_IN_MEMORY = 16
#: Rows that one statement of a purge deletes.
MAX_PURGED_ROWS = 10_000

#: The next statements read a temporary table, so they can't be named statements.
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

#: An ended job of an earlier copy changes in one column at most.
KEEP_COPIED_JOBS = """
insert into job
select *
  from copied
    on conflict (organization_id, id) do update
   set retried_as = excluded.retried_as
 where job.retried_as is distinct from excluded.retried_as
"""


async def copy_ended_jobs(source: Conn, target: Conn, live_organization_id: UUID, before: datetime) -> None:
    """Copy the jobs that ended before a time. No process acts on them, and a job copied before is skipped.

    Those of the sandbox wait for the pause: each advance of its clock changes all of them.
    """
    async with target.transaction():
        await target.execute("set local session_replication_role = replica")
        ended = f"{filter_of_table('job', [live_organization_id], ())} and finished_at < '{before.isoformat()}'"
        await _copy_jobs(source, target, ended)


async def _copy_jobs(source: Conn, target: Conn, condition: str) -> int:
    await target.execute("create temp table copied (like job) on commit drop")
    copied = await _copy_table(source, target, "job", condition, 0, into="copied")
    await target.execute(KEEP_COPIED_JOBS)
    await target.execute("drop table copied")
    return copied


async def copy_main_rows(source: Conn, target: Conn, organization_ids: Sequence[UUID], jobs_since: datetime) -> int:
    """Copy the rows that are not replicated, the organization last, and the missing clients of platforms.

    Return the number of rows. The first organization's jobs that ended before `jobs_since` are there, but some may have
    been retried since. The caller's transaction at the target runs no triggers.
    """
    ahead = int(await organization_move.get_xact_id.value(source)) - int(
        await organization_move.get_xact_id.value(target)
    )
    await organization_move.raise_webhook_version.value(
        target, version=await organization_move.get_webhook_version.value(source)
    )
    await target.execute("create temp table copied (like platform_app) on commit drop")
    await _copy(source, target, "select * from platform_app", "copied")
    await target.execute(COPY_PLATFORM_APPS)
    await target.execute("drop table copied")
    jobs = f"""(finished_at is null or finished_at >= '{jobs_since.isoformat()}' or retried_as is not null
                or organization_id <> '{organization_ids[0]}')"""
    copied = await _copy_jobs(source, target, f"{filter_of_table('job', organization_ids, ())} and {jobs}")
    await organization_move.delete_jobs_of_purged_projects.run(target, orgs=organization_ids)
    for table in (table for table in COPIED_TABLES if table != "job"):
        copied += await _copy_table(source, target, table, filter_of_table(table, organization_ids, ()), max(ahead, 0))
    return copied


async def copy_event_rows(source: Conn, target: Conn, project_ids: Collection[UUID], new: Collection[UUID]) -> None:
    """Copy the conversions of all projects, and all rows of the `new` ones, which are not replicated."""
    await _copy_table(source, target, "event_conversion", f"project_id in ({id_list(project_ids)})", 0)
    for table in (*REPLICATED_EVENT_TABLES, "event") if new else ():
        await _copy_table(source, target, table, f"project_id in ({id_list(new)})", 0)


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


async def _copy_table(
    source: Conn, target: Conn, table: str, condition: str, ahead: int, *, into: str | None = None
) -> int:
    columns = [row["name"] for row in await organization_move.list_columns.all(source, table=table)]
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

    write = target.copy_to_table(table, source=iter_blocks(), columns=columns, format="binary")
    _, done = await _run_together(read(), write)
    return int(done.rpartition(" ")[2])


async def _run_together(first: Coroutine[Any, Any, T], second: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """Run both; if one fails, end the other one, and raise the error of the first one to fail."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = group.create_task(first), group.create_task(second)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return tasks[0].result(), tasks[1].result()


async def has_rows(conn: Conn, organization_ids: Collection[UUID]) -> bool:
    """Return whether a main table has rows of the organizations, apart from their own."""
    for table in MAIN_TABLES[:-1]:
        condition = filter_of_table(table, organization_ids, ())
        if await conn.fetchval(f"select exists (select from {table} where {condition})"):
            return True
    return False


async def count_rows(conn: Conn, conditions: Mapping[str, str]) -> dict[str, int]:
    """Return the number of rows that meet the condition of each table."""
    return {
        table: await conn.fetchval(f"select count(*) from {table} where {condition}")
        for table, condition in conditions.items()
    }


async def compare_rows(source: Conn, target: Conn, conditions: Mapping[str, str]) -> None:
    """Raise `OrganizationMoveRefused` unless both ends have as many rows that meet the condition of each table."""
    here, there = await _run_together(count_rows(source, conditions), count_rows(target, conditions))
    if wrong := [f"{table} has {here[table]} and {there[table]} rows" for table in here if here[table] != there[table]]:
        raise OrganizationMoveRefused(
            f"source and target differ: {', '.join(wrong)}. Run this command with --abort, then again"
        )


def list_compared_rows(
    tables: Sequence[str], organization_ids: Collection[UUID], project_ids: Collection[UUID], **values: object
) -> dict[str, str]:
    """Return the condition of the rows to compare by table. `values` are those of `YOUNG_ROWS`."""
    return {
        table: f"{filter_of_table(table, organization_ids, project_ids)} and "
        + YOUNG_ROWS.get(table, "true").format_map(values)
        for table in tables
        if table not in UNCOMPARED_TABLES
    }


async def purge_rows(conn: Conn, table: str, condition: str) -> int:
    """Delete the rows of a table, or of its partitions, in batches; return their number. The caller has no triggers."""
    leaves = [row["name"] for row in await organization_move.list_leaves.all(conn, table=table)] or [table]
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


async def purge_main_rows(conn: Conn, organization_ids: Collection[UUID], tables: Sequence[str]) -> int:
    """Delete rows of organizations from main tables; return their number."""
    return sum([await purge_rows(conn, table, filter_of_table(table, organization_ids, ())) for table in tables])
