"""Move of a live organization and its sandbox to another cell, with a pause of seconds.

Each step can be repeated, so a killed move goes on with the next call. Only one step can't be undone: the commit of the
organization's own row at the target. With it all rows that are not replicated arrive, and the organization opens there.
Until then it can be opened again at the source. docs/howto/cells.md has the steps for operators.
"""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from db.migrate import EVENT_SCHEMA_MIGRATION_SOURCE, MAIN_SCHEMA_MIGRATION_SOURCE
from db.move import copying, freezing, replication
from db.move.replication import ReplicatedRows
from db.move.tables import COPIED_TABLES, KEY_TABLES, MAIN_TABLES
from db.pool import Conn, use_unpooled_pg_connection
from db.queries import organization
from domain.apps.app_keys import format_app_key
from domain.events import partitions
from domain.security.keyring import parse_pepper_and_vault_keyrings
from schemas.errors import OrganizationMoveRefused
from schemas.errors.absent import not_found_error
from schemas.settings import Settings

#: Advisory lock of one move, at both ends. A killed move holds it until its session, and so its commit, has ended.
MOVE_LOCK_ID = 7212

#: Oldest PostgreSQL with row filters.
MIN_POSTGRES_VERSION = 150_000

POLL_INTERVAL_S = 0.05
COPY_POLL_INTERVAL_S = 1.0
#: Seconds of a pause until the folds, the log or the end of the subscription's workers are given up.
MAX_PAUSE_STEP_S = 60.0
#: Bytes of log that may be missing at the target when the pause begins.
MAX_LAG_BEFORE_PAUSE_BYTES = 1 << 20
#: Longest time from the begin of a transaction, as rows store it, to its commit.
MAX_TRANSACTION_AGE = timedelta(minutes=10)
#: Events may be this old when they arrive.
MAX_EVENT_AGE = timedelta(days=partitions.EVENT_TABLE_PAST_DAYS)
#: Characters at the begin of an app's key that have the same base64 for any secret: whole groups of three.
MAX_BASIC_PREFIX_LENGTH = 42

Report = Callable[[str], None]


class CellDatabases(NamedTuple):
    """Connections to a cell's main database and event store, which may be the same one, and its settings."""

    main: Conn
    events: Conn
    settings: Settings

    @property
    def has_separate_event_store(self) -> bool:
        return self.main is not self.events


class ReplicatedDatabase(NamedTuple):
    """Database that is replicated: the name of its publications, slot and subscription, and both ends."""

    name: str
    source_url: str
    source: Conn
    target: Conn


class OrganizationMove(NamedTuple):
    """Move of an organization with its sandbox from a source cell to a target cell."""

    source: CellDatabases
    target: CellDatabases
    organization_ids: list[UUID]
    report: Report

    @property
    def name(self) -> str:
        """Return the prefix of the names of all objects that the move creates."""
        return f"tenantry_move_{self.organization_ids[0].hex}"

    @property
    def databases(self) -> list[ReplicatedDatabase]:
        """Return the main database and, if it is a separate one, the event store, which is always the last."""
        source, target = self.source, self.target
        main = ReplicatedDatabase(self.name, source.settings.database_url, source.main, target.main)
        if not source.has_separate_event_store:
            return [main]
        url = source.settings.event_store_url
        return [main, ReplicatedDatabase(f"{self.name}_events", url, source.events, target.events)]

    async def list_projects(self) -> list[UUID]:
        rows = await organization.list_move_projects.all(self.source.main, orgs=self.organization_ids)
        return [row["id"] for row in rows]

    async def is_switched(self) -> bool:
        """Return whether the organization is open at the target."""
        return await organization.get_moving.one(self.target.main, id=self.organization_ids[0]) is not None


@asynccontextmanager
async def open_move(
    source: Settings, target: Settings, *, organization_id: UUID, report: Report
) -> AsyncIterator[OrganizationMove]:
    """Connect to both cells, and lock the move.

    Raise `ObjectNotFound`, or `OrganizationMoveRefused` while another process moves the organization.
    """
    async with AsyncExitStack() as stack:
        cells = [await stack.enter_async_context(_open_cell(settings)) for settings in (source, target)]
        rows = await organization.list_move_ids.all(cells[0].main, id=organization_id)
        if len(rows) != 2:
            raise not_found_error("organization")
        for cell in cells:
            lock = "select pg_try_advisory_lock($1, hashtext($2))"
            if not await cell.main.fetchval(lock, MOVE_LOCK_ID, str(organization_id)):
                raise OrganizationMoveRefused("this organization is being moved: wait for the end of that command")
        yield OrganizationMove(cells[0], cells[1], [row["id"] for row in rows], report)


@asynccontextmanager
async def _open_cell(settings: Settings) -> AsyncIterator[CellDatabases]:
    async with AsyncExitStack() as stack:
        main = await stack.enter_async_context(_connect(settings.database_url))
        events = await stack.enter_async_context(_connect(settings.telemetry_url)) if settings.telemetry_url else main
        yield CellDatabases(main, events, settings)


@asynccontextmanager
async def _connect(url: str) -> AsyncIterator[Conn]:
    async with use_unpooled_pg_connection(url, name="tenantry-move") as conn:
        await conn.execute("set statement_timeout = 0; set idle_in_transaction_session_timeout = 0")
        yield conn


async def check_move(move: OrganizationMove) -> None:
    """Check that the organization can move. Raise `OrganizationMoveRefused` with the first reason and its remedy."""
    source, target = move.source, move.target
    _check_settings(source.settings, target.settings)
    for database in move.databases:
        await _check_servers(database.source, database.target)
    schemas = (
        (MAIN_SCHEMA_MIGRATION_SOURCE, source.main, target.main),
        (EVENT_SCHEMA_MIGRATION_SOURCE, source.events, target.events),
    )
    for schema, at_source, at_target in schemas:
        applied = [
            await conn.fetch(f"select name, checksum from {schema.table} order by name")  # noqa: S608  a name of ours
            for conn in (at_source, at_target)
        ]
        if applied[0] != applied[1]:
            raise OrganizationMoveRefused("the cells have different schemas: install the same release in both")
    if await organization.has_foreign_lease.value(source.main, orgs=move.organization_ids):
        raise OrganizationMoveRefused("an account is leased to or from another organization: end these leases first")
    replicates = await target.main.fetchval(replication.FIND_SUBSCRIPTION, move.name)
    if not replicates and await copying.has_rows(target.main, MAIN_TABLES, move.organization_ids):
        raise OrganizationMoveRefused("the target has rows of an earlier move: run this command with --abort first")


def _check_settings(source: Settings, target: Settings) -> None:
    """Raise `OrganizationMoveRefused` if the settings differ in a way that moved rows can't bear."""
    if bool(source.telemetry_url) != bool(target.telemetry_url):
        raise OrganizationMoveRefused("TELEMETRY_URL is set in one cell only: separate both event stores, or none")
    for name in ("assets_url", "public_url"):
        if getattr(source, name) != getattr(target, name):
            raise OrganizationMoveRefused(f"{name.upper()} differs: moved URLs would lead to other files")
    pairs = zip(parse_pepper_and_vault_keyrings(source), parse_pepper_and_vault_keyrings(target), strict=True)
    for name, (old, new) in zip(("PEPPERS", "VAULT_KEYS"), pairs, strict=True):
        missing = sorted(key_id for key_id, key in old.keys.items() if new.keys.get(key_id) != key)
        if missing:
            raise OrganizationMoveRefused(
                f"{name} of the target lacks {', '.join(missing)}, or has another key of this name: "
                "add the source's keys after the target's first one"
            )


async def _check_servers(source: Conn, target: Conn) -> None:
    identity = "select system_identifier from pg_control_system()"
    if await source.fetchval(identity) == await target.fetchval(identity):
        raise OrganizationMoveRefused("both cells use the same PostgreSQL server")
    for conn in (source, target):
        if int(await conn.fetchval("show server_version_num")) < MIN_POSTGRES_VERSION:
            raise OrganizationMoveRefused("row filters need PostgreSQL 15 or later")
        if not await conn.fetchval("select rolsuper from pg_roles where rolname = current_user"):
            raise OrganizationMoveRefused("replication needs superusers: use their URLs for this command")
    if await source.fetchval("show wal_level") != "logical":
        raise OrganizationMoveRefused("the source has no logical replication: set wal_level = logical, and restart it")


async def replicate(move: OrganizationMove) -> datetime:
    """Copy the replicated rows, ended jobs and event ids, and wait until the target is near. Reports progress.

    Return the time since which the rows of jobs and event ids may be missing at the target.
    """
    began: datetime = await move.source.events.fetchval("select now()") - MAX_TRANSACTION_AGE
    project_ids = await move.list_projects()
    await _create_event_days(move)
    for name, url, source, target in move.databases:
        is_main, is_event_store = source is move.source.main, source is move.source.events
        rows = ReplicatedRows(name, move.organization_ids, project_ids, is_main, is_event_store)
        await replication.create_publications(source, rows)
        await replication.subscribe(source, target, name=name, source_url=url)
    await copying.copy_ended_jobs(move.source.main, move.target.main, move.organization_ids, began)
    await copying.copy_event_ids(move.source.events, move.target.events, project_ids)
    while True:
        waiting = [await _describe_copy(database) for database in move.databases]
        if not any(waiting):
            return began
        move.report(", ".join(filter(None, waiting)))
        await asyncio.sleep(COPY_POLL_INTERVAL_S)


async def _describe_copy(database: ReplicatedDatabase) -> str:
    """Return the progress of a first copy or of a long lag as a line; empty if the target is near."""
    errors = await replication.count_replication_errors(database.target, database.name)
    failed = f" ({errors} errors so far: the target's log has them, and --abort ends this)" if errors else ""
    if tables := await replication.count_tables_in_copy(database.target, database.name):
        return f"copying: {tables} tables to go{failed}"
    lag = await replication.read_lag_bytes(database.source, database.name)
    return f"catching up: {lag} bytes of log to go{failed}" if lag > MAX_LAG_BEFORE_PAUSE_BYTES else ""


async def _create_event_days(move: OrganizationMove) -> None:
    """Create the source's tables of days at the target, which may be younger."""
    days = await move.source.events.fetch(
        """select to_date(substr(relid::regclass::text, 7), 'YYYYMMDD') as day
             from pg_partition_tree('event'::regclass)
            where isleaf
            order by 1"""
    )
    first: date = days[0]["day"]
    last: date = days[-1]["day"]
    await move.target.events.fetchval("select make_event_days($1, $2)", first, last)


async def switch(move: OrganizationMove, *, missing_since: datetime, drain_s: float) -> float:
    """Hold the jobs, close the organization, and open it at the target; return the seconds in which it was closed.

    `missing_since` is the result of `replicate`. Raise `OrganizationMoveRefused` if running jobs don't end within
    `drain_s`. After any error the organization is open at the source again, unless the last commit may have happened.
    """
    try:
        await freezing.hold_jobs(move.source.main, move.name, move.organization_ids)
        await _wait_for_running_jobs(move, drain_s)
        closed_at = time.monotonic()
        await _close_and_freeze(move)
        project_ids = await move.list_projects()
        await _wait("folds of counts", partial(copying.are_counts_folded, move.source.events, project_ids))
        for database in move.databases:
            end = await database.source.fetchval("select pg_current_wal_insert_lsn()::text")
            await _wait("the log", partial(_has_caught_up, database, end))
            await _wait("the subscription", partial(replication.stop_subscription, database.target, database.name))
    except BaseException:
        await reopen_at_source(move)
        raise
    try:
        await _copy_and_open(move, project_ids, missing_since)
    except BaseException:
        # Without an answer to its commit the switch may have happened: the next call reads the result.
        if not move.target.main.is_closed() and not await move.is_switched():
            await reopen_at_source(move)
        raise
    return time.monotonic() - closed_at


async def _wait_for_running_jobs(move: OrganizationMove, drain_s: float) -> None:
    deadline = time.monotonic() + drain_s
    while running := await organization.count_running.all(move.source.main, orgs=move.organization_ids):
        kinds = ", ".join(f"{row['n']} {row['kind']}" for row in running)
        if time.monotonic() > deadline:
            raise OrganizationMoveRefused(f"jobs still run after {drain_s:g} s: {kinds}. Move later, or raise --drain")
        await asyncio.sleep(POLL_INTERVAL_S)


async def _close_and_freeze(move: OrganizationMove) -> None:
    """Refuse requests, then all writes. A request that passed before fails with a 503, and changes nothing."""
    await organization.close_moving.run(move.source.main, id=move.organization_ids[0])
    await freezing.freeze_main_tables(move.source.main, move.name, move.organization_ids)
    await freezing.freeze_event_tables(move.source.events, move.name, await move.list_projects())


async def _has_caught_up(database: ReplicatedDatabase, end: str) -> bool:
    return not await replication.read_lag_bytes(database.source, database.name, until=end)


async def _wait(what: str, is_done: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + MAX_PAUSE_STEP_S
    while not await is_done():
        if time.monotonic() > deadline:
            raise OrganizationMoveRefused(f"{what} took more than {MAX_PAUSE_STEP_S:g} s: move later")
        await asyncio.sleep(POLL_INTERVAL_S)


async def _copy_and_open(move: OrganizationMove, project_ids: list[UUID], missing_since: datetime) -> None:
    """Copy the other rows, those of the organization last. A separate event store commits before the main database."""
    source, target = move.source, move.target
    published = await replication.read_published_project_ids(source.events, move.databases[-1].name)
    async with target.main.transaction():
        await target.main.execute("set local session_replication_role = replica")
        if target.has_separate_event_store:
            async with target.events.transaction():
                await target.events.execute("set local session_replication_role = replica")
                await _copy_events(move, project_ids, published, missing_since)
        else:
            await _copy_events(move, project_ids, published, missing_since)
        copied = await copying.copy_main_rows(source.main, target.main, move.organization_ids, missing_since)
    move.report(f"opened at the target, with {copied} rows copied during the pause")


async def _copy_events(
    move: OrganizationMove, project_ids: list[UUID], published: set[UUID], missing_since: datetime
) -> None:
    target, new = move.target.events, set(project_ids) - published
    if move.target.has_separate_event_store:
        # Rows of an earlier try that committed here, and not in the main database.
        await copying.purge_rows(target, "event_conversion", f"project_id in ({replication.id_list(project_ids)})")
        await copying.purge_event_rows(target, new)
    await copying.copy_event_rows(move.source.events, target, project_ids, new)
    await copying.keep_ids_of_events(target, project_ids, received_since=missing_since, max_age=MAX_EVENT_AGE)


async def reopen_at_source(move: OrganizationMove) -> None:
    """Drop the triggers at the source, open the organization, and release its jobs; each may be done already."""
    await freezing.drop_triggers(move.source.main, move.name)
    if move.source.has_separate_event_store:
        await freezing.drop_triggers(move.source.events, move.name)
    await organization.reopen_moving.run(move.source.main, id=move.organization_ids[0])
    await freezing.release_jobs(move.source.main, move.organization_ids)


async def end_switch(move: OrganizationMove) -> None:
    """End the replication after the switch, and delete the rows that the source's chores would still find.

    The other rows stay for `purge_source`. Those of the keys answer late requests with a 503.
    """
    await _end_replication(move)
    for table in COPIED_TABLES:
        if table not in KEY_TABLES:
            await copying.purge_rows(
                move.source.main, table, replication.filter_of_table(table, move.organization_ids, ())
            )


async def _end_replication(move: OrganizationMove) -> None:
    """Drop the subscription, its slot and the publications."""
    for database in move.databases:
        await replication.drop_replication(database.source, database.target, database.name)


async def abort_move(move: OrganizationMove) -> int:
    """Undo a move that wasn't switched; return the number of deleted rows of the target.

    Raise `OrganizationMoveRefused` after the switch.
    """
    if await move.is_switched():
        raise OrganizationMoveRefused("the organization is open at the target: move it back instead")
    await reopen_at_source(move)
    project_ids = await move.list_projects()
    await _end_replication(move)
    purged = await copying.purge_event_rows(move.target.events, project_ids)
    return purged + await copying.purge_main_rows(move.target.main, move.organization_ids)


async def purge_source(move: OrganizationMove) -> int:
    """Delete the rows of a moved organization at the source; return their number. Files stay: the target uses them.

    Raise `OrganizationMoveRefused` if the organization isn't open at the target and closed at the source.
    """
    closed = await organization.get_moving.value(move.source.main, id=move.organization_ids[0])
    if not closed or not await move.is_switched():
        raise OrganizationMoveRefused("the organization isn't moved: run this command without --purge first")
    await _end_replication(move)
    project_ids = await move.list_projects()
    purged = await copying.purge_event_rows(move.source.events, project_ids)
    if move.source.has_separate_event_store:
        await freezing.drop_triggers(move.source.events, move.name)
    purged += await copying.purge_main_rows(move.source.main, move.organization_ids)
    await freezing.drop_triggers(move.source.main, move.name)
    return purged


async def list_key_prefixes(move: OrganizationMove) -> list[str]:
    """Return the prefixes of all keys of the organization and its sandbox, for the proxy's map (deploy/nginx)."""
    conn, orgs = move.source.main, move.organization_ids
    prefixes = [row["prefix"] for row in await organization.list_move_keys.all(conn, orgs=orgs)]
    for row in await organization.list_move_apps.all(conn, orgs=orgs):
        key = format_app_key(row["id"], "")
        basic = base64.b64encode(key[:MAX_BASIC_PREFIX_LENGTH].encode()).decode()
        prefixes += [key.removesuffix("_"), basic]
    return prefixes
