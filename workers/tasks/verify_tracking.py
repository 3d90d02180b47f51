"""The wait for an event of an SDK app: each attempt queries once and snoozes."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from db.pool import OpenConnection
from db.reach import convert_postgres_away_errors
from domain.events import verifications
from domain.events.verifications import AppWithTrackingToVerify
from jobs.outcomes import Done, Failed, Snooze, TaskOutcome
from schemas.errors import ServiceUnavailable
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask

T = TypeVar("T")

#: Seconds that a job waits for an event.
MAX_SDK_EVENT_WAIT_S = 60.0
#: Seconds between two queries: at first and at last.
MIN_SDK_EVENT_QUERY_PAUSE_S = 1.0
MAX_SDK_EVENT_QUERY_PAUSE_S = 4.0

#: Seconds that a query may take while the event store is silent.
TRACKING_QUERY_TIMEOUT_S = 10.0

VERIFY_APP_GONE_FAILURE = Failed("APP_DELETED", "the app was deleted: it receives no more events")


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    event_store = resources.build_event_store_opener(name="verify", patience_s=TRACKING_QUERY_TIMEOUT_S)
    return partial(verify_tracking, event_store=event_store)


async def verify_tracking(
    ctx: TaskContext, *, event_store: OpenConnection, listens_s: float = MAX_SDK_EVENT_WAIT_S
) -> TaskOutcome:
    """Query the event store once for recent events of an SDK app; return the job's outcome.

    Done after an event, or unverified after `listens_s`; failed for a deleted app. Else, or without store, snooze.
    """
    began_at = asyncio.get_running_loop().time()
    app = await ctx.step(partial(verifications.read_app_of_tracking_verification_job, claim=ctx.job))
    if app is None:
        return VERIFY_APP_GONE_FAILURE
    await ctx.report_progress(min(app.waited_s / listens_s, 0.99), stage="listening")
    look = partial(_query_tracked_app_events, app, began_at, event_store)
    try:
        if app.may_have_come and (events := await look(verifications.find_newest_event_and_count)):
            return Done(verifications.tracking_verified_result(app, events))
        if app.waited_s >= listens_s:
            return Done(verifications.tracking_missing_result(app, await look(verifications.count_rejected_events)))
    except ServiceUnavailable:
        return Snooze(MAX_SDK_EVENT_QUERY_PAUSE_S)
    return Snooze(
        min(MIN_SDK_EVENT_QUERY_PAUSE_S + app.waited_s / 10, MAX_SDK_EVENT_QUERY_PAUSE_S, listens_s - app.waited_s)
    )


async def _query_tracked_app_events(
    app: AppWithTrackingToVerify, began_at: float, event_store: OpenConnection, see: Callable[..., Awaitable[T]]
) -> T:
    """Run the query `see` for an SDK app's events since the verification job was accepted; return its result.

    The event store has its own clock, so the query gets a number of seconds. They count from before the job's
    first read: no event is missed. Raise `ServiceUnavailable` while the store is away.
    """
    with convert_postgres_away_errors():
        async with event_store() as conn:
            seconds = app.waited_s + asyncio.get_running_loop().time() - began_at
            return await see(conn, project_id=app.project_id, app_no=app.app_no, seconds=seconds)
