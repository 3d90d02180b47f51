"""Purge of a project: deletes all of its rows, files and events, batch by batch."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from db.reach import raise_if_postgres_away
from domain.events import event_archive
from domain.events import purge as events
from domain.media.storage import open_store
from domain.media.store import Store
from domain.operations import purge
from domain.security.keyring import Keyring
from jobs.kinds import PURGE_PROJECT
from jobs.outcomes import Interrupted, Outcome, Snooze
from schemas.errors import Unavailable
from workers.event_archive.clickhouse import ClickHouse
from workers.resources import EventStore, Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

#: Seconds between two checks for running jobs.
OPEN_JOBS_SNOOZE_S = 5.0
#: Seconds until a retry while the file storage or the event store is away.
STORAGE_SNOOZE_S = 60.0

#: Seconds that a statement may take while the event store is silent.
PATIENCE_S = 30.0

#: Seconds in which an attempt begins batches: its timeout would cost an attempt, and often for large
#: projects.
TIME_SLICE_S = PURGE_PROJECT.timeout_s - 60

#: Deletes a batch; returns a false value when nothing is left, a snooze when no deletion is possible now.
DeleteBatch: TypeAlias = Callable[[], Awaitable[object]]


async def open_task(resources: Resources) -> Task:
    return partial(
        purge_project,
        store=open_store(resources.settings),
        keyring=resources.keyring,
        event_store=resources.event_store(name="purge", patience_s=PATIENCE_S),
        archive_url=resources.settings.events_archive_url,
    )


async def purge_project(
    ctx: Context, *, store: Store, keyring: Keyring, event_store: EventStore, archive_url: str = ""
) -> Outcome:
    """Delete all of the project. After a dead or late attempt the next one continues with the rest."""
    late_at = asyncio.get_running_loop().time() + TIME_SLICE_S
    if await ctx.step(partial(purge.has_open_jobs, claim=ctx.job)):
        return Snooze(OPEN_JOBS_SNOOZE_S)
    await _forget_answers(ctx)
    for delete in (
        partial(_delete_rows, ctx, purge.delete_posts),
        partial(_delete_with_files, ctx, store, purge.list_contents, purge.delete_contents),
        partial(_delete_with_files, ctx, store, purge.list_influencers, purge.delete_influencers),
        partial(_delete_with_files, ctx, store, purge.list_app_media, purge.delete_app_media),
        partial(_delete_rows, ctx, partial(purge.delete_account, keyring=keyring)),
        partial(_delete_rows, ctx, purge.delete_rest),
        partial(_delete_rows, ctx, purge.delete_jobs),
        partial(_delete_rows, ctx, purge.delete_webhooks),
        # Last: rows buffered by an API process at the archive are stored by now.
        partial(_delete_events, ctx, event_store),
        partial(_delete_archived, ctx, event_store, archive_url),
    ):
        if (outcome := await _delete_all(delete, late_at)) is not None:
            return outcome
    return await ctx.commit(partial(purge.end_project_purge, claim=ctx.job))


async def _forget_answers(ctx: Context) -> None:
    last: purge.IdempotencyRecordKey | None = purge.FIRST
    while last is not None:
        last = await ctx.step(partial(purge.forget_answers, claim=ctx.job, after=last))


async def _delete_all(delete: DeleteBatch, late_at: float) -> Snooze | Interrupted | None:
    """Delete batch after batch; return None when nothing is left, else a snooze, or `Interrupted` if late.

    An attempt deletes a batch at least; the deadline ends the job.
    """
    while deleted := await delete():
        if isinstance(deleted, Snooze):
            return deleted
        if asyncio.get_running_loop().time() >= late_at:
            return Interrupted()
    return None


async def _delete_rows(ctx: Context, delete: Callable[..., Awaitable[object]]) -> object:
    return await ctx.step(partial(delete, claim=ctx.job))


async def _delete_events(ctx: Context, event_store: EventStore) -> object:
    """Delete a batch of events. They may be in another database; no other process needs them."""
    project_id = purge.project_of(ctx.job)
    try:
        with raise_if_postgres_away():
            async with event_store() as conn:
                return await events.delete_batch(conn, project_id=project_id)
    except Unavailable:
        return Snooze(STORAGE_SNOOZE_S)


async def _delete_archived(ctx: Context, event_store: EventStore, archive_url: str) -> Snooze | None:
    """Delete archived events, once the store has none: a batch under way has reached the archive by then."""
    if not archive_url:
        return None
    project_id = purge.project_of(ctx.job)
    try:
        with raise_if_postgres_away():
            async with event_store() as conn, ClickHouse(archive_url) as archive:
                await event_archive.forget(conn, archive=archive, project_id=project_id)
    except Unavailable:
        return Snooze(STORAGE_SNOOZE_S)
    return None


async def _delete_with_files(
    ctx: Context,
    store: Store,
    find: Callable[..., Awaitable[list[purge.RowWithFiles]]],
    delete: Callable[..., Awaitable[object]],
) -> object:
    """Delete a batch of files, then their rows; return the rows, none when nothing is left.

    Returns a snooze if the storage is away: an interruption would retry at once.
    """
    filed = await ctx.step(partial(find, claim=ctx.job))
    try:
        await purge.delete_files(store, filed)
    except Unavailable:
        return Snooze(STORAGE_SNOOZE_S)
    if filed:
        await ctx.step(partial(delete, claim=ctx.job, filed=filed))
    return filed
