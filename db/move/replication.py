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
from db.queries import organization_move
from schemas.errors import OrganizationMoveRefused

#: An id that no row has: a filter needs one.
_NO_ID = UUID(int=0)

#: The next statement contains the source's password: neither the target's log nor `pg_stat_statements` stores it.
UNLOGGED_SESSION_SETTINGS = (
    "log_statement = none",
    "log_min_duration_statement = -1",
    "log_min_duration_sample = -1",
    "log_transaction_sample_rate = 0",
    "log_min_error_statement = panic",
    "pg_stat_statements.track_utility = off",
    "pgaudit.log = none",
)


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
    if await organization_move.list_publications.all(source, names=[name]):
        return
    filtered = ", ".join(
        f"{table} where ({filter_of_table(table, rows.organization_ids, rows.project_ids)})" for table in tables
    )
    await source.execute(f"create publication {name} for table {filtered} with ({options})")


async def read_published_project_ids(source: Conn, name: str) -> set[UUID]:
    """Return the projects with replicated rows: those that existed when the publication was created."""
    row_filter = await organization_move.get_row_filter.value(source, publication=f"{name}_appended", table="event")
    return {UUID(found) for found in re.findall(r"'([0-9a-f-]{36})'", row_filter or "")}


async def subscribe(source: Conn, target: Conn, *, name: str, source_url: str) -> None:
    """Start to copy and replicate the published rows, or go on with it.

    A crash between the creation of the slot and of the subscription leaves a slot, which is dropped first.
    """
    if await has_subscription(target, name):
        await target.execute(f"alter subscription {name} enable")
        return
    await organization_move.drop_slot.run(source, name=name)
    rows = await organization_move.list_publications.all(source, names=[name, f"{name}_appended"])
    published = ", ".join(row["name"] for row in rows)
    for setting in UNLOGGED_SESSION_SETTINGS:
        await target.execute(f"set {setting}")
    url = source_url.replace("'", "''")
    await target.execute(f"create subscription {name} connection '{url}' publication {published}")


async def has_subscription(target: Conn, name: str) -> bool:
    """Return whether the move's subscription exists."""
    return bool(await organization_move.find_subscription.value(target, name=name))


async def count_tables_in_copy(target: Conn, name: str) -> int:
    """Return the number of tables without a complete first copy."""
    return int(await organization_move.count_unsynced_tables.value(target, name=name))


async def count_replication_errors(target: Conn, name: str) -> int:
    """Return the errors of the subscription so far; PostgreSQL repeats after each."""
    return int(await organization_move.count_errors.value(target, name=name) or 0)


async def read_lag_bytes(source: Conn, name: str, *, until: str | None = None) -> int:
    """Return the bytes of log that the target has not confirmed, up to a position or to now.

    Raise `OrganizationMoveRefused` without a slot, or if it is lost or has no confirmed position.
    """
    lag = await organization_move.get_lag_bytes.value(source, name=name, until=until)
    if lag is None:
        raise OrganizationMoveRefused(f"the source has lost the slot {name}: run this command with --abort, then again")
    return int(lag)


async def stop_subscription(target: Conn, name: str) -> bool:
    """Disable the subscription; return whether its workers have ended."""
    if await has_subscription(target, name):
        await target.execute(f"alter subscription {name} disable")
    return not await organization_move.is_subscription_working.value(target, name=name)


async def drop_replication(source: Conn, target: Conn, name: str) -> None:
    """Drop the subscription with its slot, and the publications; each may be gone already."""
    if await has_subscription(target, name) and not await organization_move.find_slot.value(source, name=name):
        # Without a name PostgreSQL doesn't look for the slot.
        await target.execute(f"alter subscription {name} disable")
        await target.execute(f"alter subscription {name} set (slot_name = none)")
    await target.execute(f"drop subscription if exists {name}")
    await organization_move.drop_slot.run(source, name=name)
    await source.execute(f"drop publication if exists {name}, {name}_appended")
