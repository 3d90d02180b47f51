"""Purge of a project: deletes all of its rows, files and events, batch by batch."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from db.pool import OpenConnection
from db.reach import convert_postgres_away_errors
from domain.events import event_archive
from domain.events import purge as events
from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from domain.operations import purge
from domain.security.keyring import Keyring
from jobs.kinds import PURGE_PROJECT_KIND
from jobs.outcomes import Interrupted, Snooze, TaskOutcome
from schemas.errors import ServiceUnavailable
from workers.event_archive.clickhouse import ClickHouseArchive
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask

#: Seconds between two checks for running jobs.
PURGE_OPEN_JOBS_SNOOZE_S = 5.0
#: Seconds until a retry while the file storage or the event store is away.
PURGE_STORAGE_AWAY_SNOOZE_S = 60.0

#: Seconds that a statement may take while the event store is silent.
PURGE_STATEMENT_TIMEOUT_S = 30.0

#: Seconds in which an attempt begins batches: its timeout would cost an attempt, and often for large
#: projects.
PURGE_TIME_SLICE_S = PURGE_PROJECT_KIND.timeout_s - 60

#: Deletes a batch; returns a false value when nothing is left, a snooze when no deletion is possible now.
DeleteProjectBatch: TypeAlias = Callable[[], Awaitable[object]]


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    return partial(
        purge_project,
        store=open_media_store(resources.settings),
        keyring=resources.keyring,
        event_store=resources.build_event_store_opener(name="purge", patience_s=PURGE_STATEMENT_TIMEOUT_S),
        archive_url=resources.settings.events_archive_url,
    )


async def purge_project(
    ctx: TaskContext, *, store: MediaStore, keyring: Keyring, event_store: OpenConnection, archive_url: str = ""
) -> TaskOutcome:
    """Delete all rows, files and events of a project; return the job's outcome.

    Snooze while jobs of the project run, or a storage is away. The next attempt continues where a dead or late
    one stopped.
    """
    late_at = asyncio.get_running_loop().time() + PURGE_TIME_SLICE_S
    if await ctx.step(partial(purge.must_purge_wait_for_jobs, claim=ctx.job)):
        return Snooze(PURGE_OPEN_JOBS_SNOOZE_S)
    await _delete_idempotent_answers_of_project(ctx)
    for delete in (
        partial(_purge_project_batch, ctx, purge.purge_project_post_batch),
        partial(
            _delete_purged_project_rows_with_files,
            ctx,
            store,
            purge.list_contents_of_purged_project,
            purge.delete_content_rows_of_purged_project,
        ),
        partial(
            _delete_purged_project_rows_with_files,
            ctx,
            store,
            purge.list_influencers_of_purged_project,
            purge.purge_project_influencers,
        ),
        partial(
            _delete_purged_project_rows_with_files,
            ctx,
            store,
            purge.list_app_media_of_purged_project,
            purge.purge_app_media_rows,
        ),
        partial(_purge_project_batch, ctx, partial(purge.delete_next_account_of_purged_project, keyring=keyring)),
        partial(_purge_project_batch, ctx, purge.purge_remaining_project_rows),
        partial(_purge_project_batch, ctx, purge.purge_project_job_batch),
        partial(_purge_project_batch, ctx, purge.purge_project_webhook_batch),
        # Last: rows buffered by an API process at the archive are stored by now.
        partial(_delete_event_batch_of_purged_project, ctx, event_store),
        partial(_purge_event_archive, ctx, event_store, archive_url),
    ):
        if (outcome := await _delete_project_batches_until_late(delete, late_at)) is not None:
            return outcome
    return await ctx.commit(partial(purge.finish_project_purge, claim=ctx.job))


async def _delete_idempotent_answers_of_project(ctx: TaskContext) -> None:
    last: purge.IdempotencyRecordKey | None = purge.BEFORE_FIRST_IDEMPOTENCY_RECORD
    while last is not None:
        last = await ctx.step(partial(purge.purge_project_idempotent_answer_batch, claim=ctx.job, after=last))


async def _delete_project_batches_until_late(delete: DeleteProjectBatch, late_at: float) -> Snooze | Interrupted | None:
    """Call `delete` again and again for a purged project; return None when nothing is left to delete.

    Else return the snooze that `delete` returned, or `Interrupted` once it is later than `late_at`. At least
    one batch is deleted, so that each attempt makes progress.
    """
    while deleted := await delete():
        if isinstance(deleted, Snooze):
            return deleted
        if asyncio.get_running_loop().time() >= late_at:
            return Interrupted()
    return None


async def _purge_project_batch(ctx: TaskContext, delete: Callable[..., Awaitable[object]]) -> object:
    return await ctx.step(partial(delete, claim=ctx.job))


async def _delete_event_batch_of_purged_project(ctx: TaskContext, event_store: OpenConnection) -> object:
    """Delete a batch of a purged project's events; return a false value when none is left.

    Return a snooze while the event store, which may be another database, is away.
    """
    project_id = purge.project_id_of_purge_job(ctx.job)
    try:
        with convert_postgres_away_errors():
            async with event_store() as conn:
                return await events.purge_project_event_batch(conn, project_id=project_id)
    except ServiceUnavailable:
        return Snooze(PURGE_STORAGE_AWAY_SNOOZE_S)


async def _purge_event_archive(ctx: TaskContext, event_store: OpenConnection, archive_url: str) -> Snooze | None:
    """Delete a purged project's events from the archive, if any; return None, or a snooze while a database is away.

    It runs once the event store has none: a batch under way has reached the archive by then.
    """
    if not archive_url:
        return None
    project_id = purge.project_id_of_purge_job(ctx.job)
    try:
        with convert_postgres_away_errors():
            async with event_store() as conn, ClickHouseArchive(archive_url) as archive:
                await event_archive.delete_project_from_event_archive(conn, archive=archive, project_id=project_id)
    except ServiceUnavailable:
        return Snooze(PURGE_STORAGE_AWAY_SNOOZE_S)
    return None


async def _delete_purged_project_rows_with_files(
    ctx: TaskContext,
    store: MediaStore,
    find: Callable[..., Awaitable[list[purge.PurgedRowFiles]]],
    delete: Callable[..., Awaitable[object]],
) -> object:
    """Delete the files of a batch of a project's rows, then the rows; return the rows, none when nothing is left.

    Return a snooze if the media storage is away: an interruption would retry at once.
    """
    filed = await ctx.step(partial(find, claim=ctx.job))
    try:
        await purge.delete_files_of_purged_rows(store, filed)
    except ServiceUnavailable:
        return Snooze(PURGE_STORAGE_AWAY_SNOOZE_S)
    if filed:
        await ctx.step(partial(delete, claim=ctx.job, filed=filed))
    return filed
