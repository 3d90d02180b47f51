"""Listener for wakes in Redis: arq's `Worker` and a list, both reopened after each failure of Redis.

An arq job does nothing here. Its end, and an entry of the list, notify the slots; the puller then pulls jobs
from the ledger.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from arq.connections import ArqRedis
from arq.worker import Worker, func

from db.redis_reach import convert_redis_away_errors
from jobs import courier
from jobs.kinds import JobKindSpec
from jobs.loop_time import SlowLoopTolerantTimeout
from schemas.errors import RedisCallFailed
from telemetry import logs, metrics
from workers.runtime.slots import WorkerSlots, ignore_slot_change

#: Seconds between arq's own polls, which make up for a lost entry.
WAKE_LISTENER_POLL_S = 0.5
#: Seconds of a wait for an entry.
WAKE_BLPOP_WAIT_S = 5
#: Seconds without a response until Redis counts as gone: longer than the wait for an entry.
REDIS_SILENCE_TIMEOUT_S = WAKE_BLPOP_WAIT_S + 5.0
#: Backoff in seconds: the first, doubled up to the most. It resets after twice the most without a failure.
MIN_REDIS_LISTENER_BACKOFF_S = 0.2
MAX_REDIS_LISTENER_BACKOFF_S = 5.0
WAKE_TASK_CANCEL_RETRY_S = 0.1

_log = logs.get_logger("listener")


async def listen_for_wakes(redis_url: str, *, pool_name: str, kinds: Sequence[JobKindSpec], slots: WorkerSlots) -> None:
    """Listen for a worker pool's wakes in Redis until canceled; each makes the worker pull due jobs.

    After each failure of Redis, listen again after a backoff. Meanwhile the puller polls on its own.
    """
    wait_s = MIN_REDIS_LISTENER_BACKOFF_S
    while True:
        started = asyncio.get_running_loop().time()
        metrics.REDIS_LISTENER_RESTART_COUNTER.inc()
        try:
            with convert_redis_away_errors():
                await _listen_until_redis_fails(redis_url, pool_name, kinds, slots)
        except RedisCallFailed as error:
            _log.warning("Redis failed, listening again after a pause", error=str(error), wait_s=wait_s)
        await asyncio.sleep(wait_s)
        lasted = asyncio.get_running_loop().time() - started
        wait_s = (
            MIN_REDIS_LISTENER_BACKOFF_S
            if lasted > 2 * MAX_REDIS_LISTENER_BACKOFF_S
            else min(MAX_REDIS_LISTENER_BACKOFF_S, wait_s * 2)
        )


async def _listen_until_redis_fails(
    redis_url: str, pool_name: str, kinds: Sequence[JobKindSpec], slots: WorkerSlots
) -> None:
    async with courier.open_wake_client(redis_url, timeout_s=REDIS_SILENCE_TIMEOUT_S) as client:
        worker = build_arq_wake_listener(client, pool_name=pool_name, kinds=kinds, slots=slots)
        wakes = _read_wake_list(client, pool_name, slots)
        tasks = {asyncio.create_task(loop) for loop in (worker.async_run(), wakes)}
        try:
            finished, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                task.result()
        finally:
            slots.on_change = ignore_slot_change
            # The disconnect ends the calls under way, so that this need not wait for Redis.
            await client.connection_pool.disconnect()
            await cancel_tasks_until_ended(tasks)
            await cancel_tasks_until_ended(set(worker.tasks.values()))


def build_arq_wake_listener(
    client: ArqRedis, *, pool_name: str, kinds: Sequence[JobKindSpec], slots: WorkerSlots
) -> Worker:
    """Return an arq worker for the pool. Its arq jobs do nothing: the end of each makes our worker pull due jobs.

    Its `max_jobs` follows the free slots, so that a full worker leaves messages to others. arq's retries and
    aborts are off: the ledger alone does that.
    """

    async def notify(ctx: dict[Any, Any]) -> None:  # noqa: ARG001  arq's own name for it
        # Notify now, not inside the function. There the message's key still exists, so Redis refuses a
        # duplicate message. Its sender may have committed after this worker's pull.
        slots.request_pull()

    worker = Worker(
        [func(do_nothing_on_arq_wake, name=kind.name) for kind in kinds],
        queue_name=courier.wake_queue_key(pool_name),
        redis_pool=client,
        after_job_end=notify,
        max_jobs=slots.size,
        poll_delay=WAKE_LISTENER_POLL_S,
        job_timeout=10,
        max_tries=1000,
        keep_result=0,
        retry_jobs=False,
        allow_abort_jobs=False,
        handle_signals=False,
        log_results=False,
        **courier.WAKE_SERIALIZER_ARGUMENTS,
    )

    def follow(free: int) -> None:
        worker.max_jobs = max(free, 0)

    slots.on_change = follow
    follow(slots.free_slot_count)
    return worker


async def do_nothing_on_arq_wake(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
    """Do nothing: an arq job only wakes the worker."""


async def _read_wake_list(client: ArqRedis, pool_name: str, slots: WorkerSlots) -> None:
    wake_list = courier.wake_list_key(pool_name)
    while True:
        await slots.has_free_slots.wait()
        woken = await client.blpop([wake_list], timeout=WAKE_BLPOP_WAIT_S)  # type: ignore[misc]  # the stubs mix sync and async
        if woken is None:
            continue
        if slots.free_slot_count > 0:
            # The sender has committed, so the pull needn't wait until arq's next poll finds the message.
            slots.request_pull()
            await courier.delete_wake_message(client, pool_name, woken[1])
        else:
            # All slots filled up meanwhile: leave the wake to another worker.
            await client.rpush(wake_list, woken[1])  # type: ignore[misc]


async def cancel_tasks_until_ended(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel asyncio tasks again and again until all have ended. No work is lost: an arq job does nothing here.

    Before Python 3.12 `asyncio.wait_for`, by which redis-py writes, may swallow a cancel. Between two cancels,
    time of the event loop is counted: in a slow loop, wall-clock time would hit a task during its orderly end.
    """
    while tasks:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with SlowLoopTolerantTimeout(WAKE_TASK_CANCEL_RETRY_S):
                await asyncio.wait(tasks)
        for task in (finished := {task for task in tasks if task.done()}):
            # Retrieve the error, or asyncio would log it as lost: the failure's first error is already
            # logged.
            _ = task.cancelled() or task.exception()
        tasks -= finished
