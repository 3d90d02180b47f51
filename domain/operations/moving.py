"""Move of a live organization and its sandbox to another cell, with a pause of seconds.

Each step can be repeated, so a killed move goes on with the next call. Only one step can't be undone: the commit of the
organization's own row at the target. With it all rows that are not replicated arrive, and the organization opens there.
Until then it can be opened again at the source. The source's row names the target from the begin of the pause on.
docs/howto/cells.md has the steps for operators.
"""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from db.move import copying, freezing, replication
from db.move.replication import ReplicatedRows, filter_of_table
from db.move.tables import COPIED_TABLES, EVENT_TABLES, KEY_TABLES, MAIN_TABLES, SETTLED_EVENTS
from db.pool import Conn
from db.queries import event, organization_move
from domain.apps.app_keys import format_app_key
from domain.events import partitions
from domain.operations.moving_cells import (
    SERVER_ERRORS,
    OrganizationMove,
    ReplicatedDatabase,
    check_move,
    read_system_id,
    refuse_foreign_leases,
)
from schemas.errors import OrganizationMoveLocked, OrganizationMoveRefused

POLL_INTERVAL_S = 0.05
COPY_POLL_INTERVAL_S = 0.2
#: Seconds in which a failed pause tries to open the organization at the source, of one try, and between two.
MAX_ROLLBACK_S = 120.0
MAX_ROLLBACK_TRY_S = 20.0
ROLLBACK_RETRY_PAUSE_S = 0.5
#: Bytes of log that may be missing at the target when the pause begins.
MAX_LAG_BEFORE_PAUSE_BYTES = 1 << 20
#: Longest time from the begin of a transaction, as rows store it, to its commit.
MAX_TRANSACTION_AGE = timedelta(minutes=10)
#: Events may be this old when they arrive.
MAX_EVENT_AGE = timedelta(days=partitions.EVENT_TABLE_PAST_DAYS)
#: Characters at the begin of an app's key that have the same base64 for any secret: whole groups of three.
MAX_BASIC_PREFIX_LENGTH = 42

#: Opens the move on new connections.
MoveOpener = Callable[[], AbstractAsyncContextManager[OrganizationMove]]


async def move_unless_switched(open_move: MoveOpener, *, drain_s: float, max_pause_s: float) -> float | None:
    """Move the organization, or return None if it is moved already; return the seconds of the pause.

    First roll back a pause that was interrupted. If the pause fails, open the organization at the source again, on new
    connections. Raise `OrganizationMoveRefused`.
    """
    async with open_move() as move:
        if await move.is_switched():
            move.report("the organization is open at the target: only the end of the move is left")
            return None
        if await roll_back(move):
            move.report("rolled back an interrupted pause: the organization is open here, and the move goes on")
        await check_move(move)
        missing_since = await replicate(move)
        try:
            return await switch(move, missing_since=missing_since, drain_s=drain_s, max_pause_s=max_pause_s)
        except BaseException as error:  # noqa: BLE001  raised after the rollback
            failure = error
            move.report("the move failed: opening the organization at the source again")
    rollback = asyncio.create_task(roll_back_failed_pause(open_move))
    while not rollback.done():
        # A signal must not cancel it.
        with suppress(asyncio.CancelledError):
            await asyncio.wait([rollback])
    rollback.result()
    if isinstance(failure, SERVER_ERRORS):
        raise OrganizationMoveRefused(f"{failure}. The organization is open here: run this command again") from failure
    raise failure


async def replicate(move: OrganizationMove) -> datetime:
    """Copy the replicated rows, then ended jobs and event ids, and wait until the target is near. Reports progress.

    Return the time since which jobs and event ids may be missing at the target. The target's prune of jobs keeps those
    to which a row refers, so that row arrives first.
    """
    project_ids = await move.list_projects()
    await _create_event_days(move)
    for name, url, source, target in move.databases:
        is_main, is_event_store = source is move.source.main, source is move.source.events
        rows = ReplicatedRows(name, move.organization_ids, project_ids, is_main, is_event_store)
        await replication.create_publications(source, rows)
        await replication.subscribe(source, target, name=name, source_url=url)
    await _wait_until_target_is_near(move)
    now: datetime = await move.source.events.fetchval("select now()")
    began = now - MAX_TRANSACTION_AGE
    await copying.copy_ended_jobs(move.source.main, move.target.main, move.organization_ids[0], began)
    await copying.copy_event_ids(move.source.events, move.target.events, project_ids)
    await _wait_until_target_is_near(move)
    await _compare_settled_events(move, project_ids, now)
    return began


async def _compare_settled_events(move: OrganizationMove, project_ids: dict[UUID, bool], now: datetime) -> None:
    """Compare the events of past days of the replicated projects, except projects that are being purged."""
    published = await replication.read_published_project_ids(move.source.events, move.databases[-1].name)
    compared = [each for each, is_purging in project_ids.items() if each in published and not is_purging]
    days = {"now": f"timestamptz '{now.isoformat()}'", "event_days": move.source.settings.event_days}
    condition = f"{filter_of_table('event', (), compared)} and {SETTLED_EVENTS.format_map(days)}"
    await copying.compare_rows(move.source.events, move.target.events, {"event": condition})


async def _wait_until_target_is_near(move: OrganizationMove) -> None:
    reported = None
    while waiting := [line for database in move.databases if (line := await _describe_copy(database))]:
        if waiting != reported:
            move.report(", ".join(waiting))
        reported = waiting
        await asyncio.sleep(COPY_POLL_INTERVAL_S)


async def _describe_copy(database: ReplicatedDatabase) -> str:
    """Return the progress of a first copy or of a long lag as a line; empty if the target is near."""
    errors = await replication.count_replication_errors(database.target, database.name)
    failed = f" ({errors} errors so far: the target's log has them, and --abort ends this)" if errors else ""
    lag = await replication.read_lag_bytes(database.source, database.name)
    if tables := await replication.count_tables_in_copy(database.target, database.name):
        return f"copying: {tables} tables to go{failed}"
    return f"catching up: {lag} bytes of log to go{failed}" if lag > MAX_LAG_BEFORE_PAUSE_BYTES else ""


async def _create_event_days(move: OrganizationMove) -> None:
    """Create the source's tables of days at the target, which may be younger."""
    days = await organization_move.get_event_days.row(move.source.events)
    await event.make_days.value(move.target.events, **days)


async def switch(move: OrganizationMove, *, missing_since: datetime, drain_s: float, max_pause_s: float) -> float:
    """Hold the jobs, close the organization, and open it at the target; return the seconds in which it was closed.

    `missing_since` is the result of `replicate`. After any error the caller calls `roll_back`, on new connections.
    Raise `OrganizationMoveRefused` if running jobs don't end within `drain_s`, or all else within `max_pause_s`.
    """
    await _drain(move, drain_s)
    closed_at = time.monotonic()
    async with move.limit(
        max_pause_s, lambda: f"the pause took more than {max_pause_s:g} s: move later, or raise --pause"
    ):
        await _pause(move)
        await _copy_and_open(move, missing_since)
    return time.monotonic() - closed_at


async def _drain(move: OrganizationMove, drain_s: float) -> None:
    """Hold the jobs of the organization, and wait for the running ones and for long holders of tables."""
    waits = list[str]()

    def describe() -> str:
        return f"still running after {drain_s:g} s: {', '.join(waits)}. Move later, or raise --drain"

    async with move.limit(drain_s, describe):
        waits = await _list_drain_waits(move)
        await freezing.hold_jobs(move.source.main, move.name, move.organization_ids)
        while waits := await _list_drain_waits(move):  # noqa: ASYNC110  no row tells the end
            await asyncio.sleep(POLL_INTERVAL_S)


async def _list_drain_waits(move: OrganizationMove) -> list[str]:
    holders = await freezing.list_lock_holders(move.source.main, move.source.events)
    return await _list_running_jobs(move) + holders


async def _list_running_jobs(move: OrganizationMove) -> list[str]:
    rows = await organization_move.count_running.all(move.source.main, orgs=move.organization_ids)
    return [f"{row['n']} {row['kind']}" for row in rows]


async def _pause(move: OrganizationMove) -> None:
    """Refuse requests, then all writes, and wait until the target has all replicated rows.

    A request that passed before fails with a 503, and changes nothing.
    """
    target_id = await read_system_id(move.target.main)
    await organization_move.close_moving.run(move.source.main, id=move.organization_ids[0], target=target_id)
    await freezing.freeze_main_tables(move.source.main, move.name, move.organization_ids)
    project_ids = await move.list_projects()
    await freezing.freeze_event_tables(move.source.events, move.name, project_ids)
    await refuse_foreign_leases(move)
    if running := await _list_running_jobs(move):
        raise OrganizationMoveRefused(f"jobs began during the pause: {', '.join(running)}. Run this command again")
    await _wait(partial(_are_counts_folded, move, project_ids))
    for database in move.databases:
        end = await organization_move.get_log_position.value(database.source)
        await _wait(partial(_has_caught_up, database, end))
        await _wait(partial(replication.stop_subscription, database.target, database.name))


async def _are_counts_folded(move: OrganizationMove, project_ids: Collection[UUID]) -> bool:
    return not await organization_move.has_unfolded_counts.value(move.source.events, projects=list(project_ids))


async def _has_caught_up(database: ReplicatedDatabase, end: str) -> bool:
    return not await replication.read_lag_bytes(database.source, database.name, until=end)


async def _wait(is_done: Callable[[], Awaitable[bool]]) -> None:
    while True:
        if await is_done():
            return
        await asyncio.sleep(POLL_INTERVAL_S)


async def _copy_and_open(move: OrganizationMove, missing_since: datetime) -> None:
    """Copy the other rows, those of the organization last. A separate event store commits before the main database."""
    source, target = move.source, move.target
    projects = await move.list_projects()
    async with AsyncExitStack() as stack:
        # One snapshot of the source: the dispatcher may still insert jobs, which the target submits too.
        await stack.enter_async_context(source.main.transaction(isolation="repeatable_read"))
        await stack.enter_async_context(_transaction_without_triggers(target.main))
        compared = partial(
            copying.list_compared_rows,
            organization_ids=move.organization_ids,
            project_ids=projects,
            now=f"timestamptz '{await source.main.fetchval('select now()::text')}'",
            event_days=source.settings.event_days,
        )
        events = target.main if not target.has_separate_event_store else target.events
        async with _transaction_without_triggers(events):
            await _copy_events(move, projects, missing_since)
            await copying.compare_rows(source.events, events, compared(EVENT_TABLES))
        await organization_move.delete_marks.run(target.main, orgs=move.organization_ids)
        copied = await copying.copy_main_rows(source.main, target.main, move.organization_ids, missing_since)
        await copying.compare_rows(source.main, target.main, compared(MAIN_TABLES))
    move.report(f"opened at the target, with {copied} rows copied during the pause")


@asynccontextmanager
async def _transaction_without_triggers(conn: Conn) -> AsyncIterator[None]:
    async with conn.transaction():
        await conn.execute("set local session_replication_role = replica")
        yield


async def _copy_events(move: OrganizationMove, projects: dict[UUID, bool], missing_since: datetime) -> None:
    """Copy the rows that are not replicated, and all rows of new projects and of those being purged.

    Deletions of events aren't replicated, so the target's rows of purged projects are deleted here. A separate store
    may have rows of an earlier try that committed here, and not in the main database.
    """
    target = move.target.events
    published = await replication.read_published_project_ids(move.source.events, move.databases[-1].name)
    renewed = [project_id for project_id, is_purging in projects.items() if is_purging or project_id not in published]
    await copying.purge_rows(target, "event_conversion", f"project_id in ({replication.id_list(projects)})")
    await copying.purge_event_rows(target, {*renewed, *(published - projects.keys())})
    await copying.copy_event_rows(move.source.events, target, projects, renewed)
    await organization_move.keep_event_ids.run(
        target, projects=list(projects), since=missing_since, max_age=MAX_EVENT_AGE
    )


async def roll_back(move: OrganizationMove) -> bool:
    """Open the organization at the source as before the move, and return whether something was left of a pause.

    The triggers first lose their effect, so no other session delays it. Triggers that can't be dropped now stay without
    effect for the next command. Raise `OrganizationMoveRefused` after the switch.
    """
    if await move.is_switched():
        raise OrganizationMoveRefused("the organization is open at the target: run this command again, or move it back")
    had_triggers = [await freezing.disable_triggers(conn, move.name) for conn in move.source.connections]
    await organization_move.release_queues.run(move.source.main, orgs=move.organization_ids)
    await organization_move.reopen_moving.run(move.source.main, id=move.organization_ids[0])
    try:
        for conn in move.source.connections:
            await freezing.drop_triggers(conn, move.name)
    except OrganizationMoveRefused as error:
        move.report(str(error))
    return any(had_triggers)


async def roll_back_failed_pause(open_move: MoveOpener) -> None:
    """Roll back on new connections: the former ones may be silent. Tries again while a server is away.

    Raise `OrganizationMoveRefused` if the organization stays closed, or is open at the target.
    """
    last: Exception | None = None
    try:
        async with asyncio.timeout(MAX_ROLLBACK_S):
            while True:
                try:
                    async with (
                        asyncio.timeout(2 * MAX_ROLLBACK_TRY_S),
                        open_move() as move,
                        move.limit(MAX_ROLLBACK_TRY_S),
                    ):
                        await roll_back(move)
                        return
                except (*SERVER_ERRORS, OrganizationMoveLocked) as error:
                    last = error
                await asyncio.sleep(ROLLBACK_RETRY_PAUSE_S)
    except TimeoutError:
        raise OrganizationMoveRefused(
            f"the organization may still be closed at the source ({last!r}): run this command again, or with --abort"
        ) from None


async def end_switch(move: OrganizationMove) -> None:
    """Mark the organization as moved, end the replication, and delete the rows that the source's chores would find.

    The other rows stay for `purge_source`. Those of the keys answer late requests with a 503.
    Raise `OrganizationMoveRefused` if the organization isn't moved.
    """
    await _require_switch(move)
    await organization_move.mark_moved.run(move.source.main, id=move.organization_ids[0])
    for conn in move.source.connections:
        await freezing.let_deletes_pass(conn, move.name)
    await _end_replication(move)
    active = [table for table in COPIED_TABLES if table not in KEY_TABLES]
    await copying.purge_main_rows(move.source.main, move.organization_ids, active)
    projects = await move.list_projects()
    await copying.purge_rows(move.source.events, "event_conversion", f"project_id in ({replication.id_list(projects)})")


async def _require_switch(move: OrganizationMove) -> None:
    """Raise `OrganizationMoveRefused` unless the organization has moved to this target.

    The source's triggers pass by this session.
    """
    if not await move.has_left_for_target() and not await move.is_switched():
        raise OrganizationMoveRefused("the organization isn't moved: run this command without --purge first")
    for conn in move.source.connections:
        await conn.execute("set session_replication_role = replica")


async def _end_replication(move: OrganizationMove) -> None:
    """Drop the subscription, its slot and the publications."""
    for database in move.databases:
        await replication.drop_replication(database.source, database.target, database.name)


async def abort_move(move: OrganizationMove) -> int:
    """Undo a move that wasn't switched; return the number of deleted rows of the target.

    Raise `OrganizationMoveRefused` after the switch.
    """
    await roll_back(move)
    published = await replication.read_published_project_ids(move.source.events, move.databases[-1].name)
    project_ids = published | (await move.list_projects()).keys()
    await _end_replication(move)
    for conn in move.target.connections:
        await conn.execute("set session_replication_role = replica")
    purged = await copying.purge_event_rows(move.target.events, project_ids)
    return purged + await copying.purge_main_rows(move.target.main, move.organization_ids, MAIN_TABLES[:-1])


async def count_purged_rows(move: OrganizationMove) -> int:
    """Return the number of rows that `purge_source` would delete now; it raises the same errors."""
    await _require_switch(move)
    compared = partial(replication.filter_of_table, organization_ids=move.organization_ids)
    projects = await move.list_projects()
    main = {table: compared(table, project_ids=projects) for table in MAIN_TABLES[:-1]}
    events = {table: compared(table, project_ids=projects) for table in EVENT_TABLES}
    counts = [await copying.count_rows(move.source.main, main), await copying.count_rows(move.source.events, events)]
    return sum(sum(count.values()) for count in counts)


async def purge_source(move: OrganizationMove) -> int:
    """Delete the rows of a moved organization at the source; return their number. Files stay: the target uses them.

    The organization's own row stays as a mark, so that it never opens here again. Raise `OrganizationMoveRefused` if it
    isn't moved.
    """
    await end_switch(move)
    purged = await copying.purge_event_rows(move.source.events, await move.list_projects())
    purged += await copying.purge_main_rows(move.source.main, move.organization_ids, MAIN_TABLES[:-1])
    for conn in move.source.connections:
        await freezing.drop_triggers(conn, move.name)
    await organization_move.mark_purged.run(move.source.main, id=move.organization_ids[0])
    return purged


async def list_key_prefixes(move: OrganizationMove) -> list[str]:
    """Return the prefixes of all keys of the organization and its sandbox, for the proxy's map (deploy/nginx)."""
    conn, orgs = move.source.main, move.organization_ids
    prefixes = [row["prefix"] for row in await organization_move.list_move_keys.all(conn, orgs=orgs)]
    for row in await organization_move.list_move_apps.all(conn, orgs=orgs):
        key = format_app_key(row["id"], "")
        basic = base64.b64encode(key[:MAX_BASIC_PREFIX_LENGTH].encode()).decode()
        prefixes += [key.removesuffix("_"), basic]
    return prefixes
