"""Logical replication of an organization's rows, with a row filter on each table.

The publications and the slot are at the source, the subscription is at the target. All have the same name.
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from db.move.tables import (
    APPENDED_EVENT_TABLES,
    MAIN_TABLES,
    REPLICATED_EVENT_TABLES,
    REPLICATED_TABLES,
    filter_column_of_table,
)
from db.pool import Conn

#: An id that no row has: a filter needs one.
_NO_ID = UUID(int=0)

FIND_SUBSCRIPTION = "select exists (select from pg_subscription where subname = $1)"

COUNT_UNSYNCED_TABLES = """
select count(*)
  from pg_subscription s
  join pg_subscription_rel r on r.srsubid = s.oid
 where s.subname = $1
   and r.srsubstate <> 'r'
"""

COUNT_ERRORS = """
select apply_error_count + sync_error_count
  from pg_stat_subscription_stats
 where subname = $1
"""


class ReplicatedRows(NamedTuple):
    """Rows of one database that are replicated: those of the organizations, and those of the projects."""

    name: str
    organization_ids: Collection[UUID]
    project_ids: Collection[UUID]
    has_main_tables: bool
    has_event_tables: bool


def id_list(ids: Collection[UUID]) -> str:
    """Return ids as a list for SQL, which is never empty."""
    return ", ".join(f"'{each}'" for each in (ids or [_NO_ID]))


def filter_of_table(table: str, organization_ids: Collection[UUID], project_ids: Collection[UUID]) -> str:
    """Return the condition of an organization's rows in a table."""
    ids = organization_ids if table in MAIN_TABLES else project_ids
    return f"{filter_column_of_table(table)} in ({id_list(ids)})"


async def create_publications(source: Conn, rows: ReplicatedRows) -> None:
    """Publish the rows, unless that was done before: `_appended` without updates, for tables without a primary key."""
    replicated = (REPLICATED_TABLES if rows.has_main_tables else ()) + (
        REPLICATED_EVENT_TABLES if rows.has_event_tables else ()
    )
    await _create_publication(source, rows, rows.name, replicated, "publish_via_partition_root = true")
    if rows.has_event_tables:
        options = "publish = 'insert', publish_via_partition_root = true"
        await _create_publication(source, rows, f"{rows.name}_appended", APPENDED_EVENT_TABLES, options)


async def _create_publication(
    source: Conn, rows: ReplicatedRows, name: str, tables: Sequence[str], options: str
) -> None:
    if await source.fetchval("select exists (select from pg_publication where pubname = $1)", name):
        return
    filtered = ", ".join(
        f"{table} where ({filter_of_table(table, rows.organization_ids, rows.project_ids)})" for table in tables
    )
    await source.execute(f"create publication {name} for table {filtered} with ({options})")


async def read_published_project_ids(source: Conn, name: str) -> set[UUID]:
    """Return the projects with replicated rows: those that existed when the publication was created."""
    row_filter = await source.fetchval(
        "select rowfilter from pg_publication_tables where pubname = $1 and tablename = 'event'", f"{name}_appended"
    )
    return {UUID(found) for found in re.findall(r"'([0-9a-f-]{36})'", row_filter or "")}


async def subscribe(source: Conn, target: Conn, *, name: str, source_url: str) -> None:
    """Start to copy and replicate the published rows, or go on with it.

    A crash between the creation of the slot and of the subscription leaves a slot, which is dropped first.
    """
    if await target.fetchval(FIND_SUBSCRIPTION, name):
        await target.execute(f"alter subscription {name} enable")
        return
    await _drop_slot(source, name)
    published = [
        row[0]
        for row in await source.fetch(
            "select pubname::text from pg_publication where pubname = any($1)", [name, f"{name}_appended"]
        )
    ]
    url = source_url.replace("'", "''")
    await target.execute(f"create subscription {name} connection '{url}' publication {', '.join(published)}")


async def count_tables_in_copy(target: Conn, name: str) -> int:
    """Return the number of tables without a complete first copy."""
    return int(await target.fetchval(COUNT_UNSYNCED_TABLES, name))


async def count_replication_errors(target: Conn, name: str) -> int:
    """Return the errors of the subscription so far; PostgreSQL repeats after each."""
    return int(await target.fetchval(COUNT_ERRORS, name) or 0)


async def read_lag_bytes(source: Conn, name: str, *, until: str | None = None) -> int:
    """Return the bytes of log that the target has not confirmed, up to a position or to now."""
    lag = await source.fetchval(
        """select greatest(0, pg_wal_lsn_diff(coalesce($2::text::pg_lsn, pg_current_wal_insert_lsn()),
                                              confirmed_flush_lsn))
             from pg_replication_slots
            where slot_name = $1""",
        name,
        until,
    )
    return int(lag or 0)


async def stop_subscription(target: Conn, name: str) -> bool:
    """Disable the subscription; return whether its workers have ended."""
    if await target.fetchval(FIND_SUBSCRIPTION, name):
        await target.execute(f"alter subscription {name} disable")
    working = "select exists (select from pg_stat_subscription where subname = $1 and pid is not null)"
    return not await target.fetchval(working, name)


async def drop_replication(source: Conn, target: Conn, name: str) -> None:
    """Drop the subscription with its slot, and the publications; each may be gone already."""
    await target.execute(f"drop subscription if exists {name}")
    await _drop_slot(source, name)
    await source.execute(f"drop publication if exists {name}, {name}_appended")


async def _drop_slot(source: Conn, name: str) -> None:
    await source.execute(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1 and not active", name
    )
