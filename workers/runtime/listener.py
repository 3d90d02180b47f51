"""Listener for wakes in Redis: arq's `Worker` and a list, both opened anew whenever Redis fails.

An arq job does nothing here. Its end, and an entry of the list, notify the slots; the puller then asks the
ledger for jobs.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from arq.connections import ArqRedis
from arq.worker import Function, Worker, func

from db.redis_reach import reaching_redis
from jobs import courier
from jobs.kinds import Kind
from jobs.loop_time import LoopTimeout
from schemas.errors import RedisAway
from telemetry import logs, metrics
from workers.runtime.slots import Slots, ignore

#: Seconds between arq's own looks at the queue, which make up for a lost entry; and of a wait for an entry.
POLL_S, WAIT_S = 0.5, 5
#: Seconds without an answer after which Redis counts as gone: longer than the wait for an entry.
TIMEOUT_S = WAIT_S + 5.0
#: Seconds before the first new try, doubled up to the most; twice the most without a failure starts over.
FIRST_S, MOST_S = 0.2, 5.0
CANCEL_AGAIN_S = 0.1

_log = logs.get("listener")


async def listen(redis_url: str, *, pool_name: str, kinds: Sequence[Kind], slots: Slots) -> None:
    """Listen until canceled. While Redis is away the puller goes on by itself."""
    wait_s = FIRST_S
    while True:
        started = asyncio.get_running_loop().time()
        metrics.LISTENER_STARTS.inc()
        try:
            with reaching_redis():
                await _listen_once(redis_url, pool_name, kinds, slots)
        except RedisAway as error:
            _log.warning("Redis failed, listening again soon", error=str(error), wait_s=wait_s)
        await asyncio.sleep(wait_s)
        lasted = asyncio.get_running_loop().time() - started
        wait_s = FIRST_S if lasted > 2 * MOST_S else min(MOST_S, wait_s * 2)


async def _listen_once(redis_url: str, pool_name: str, kinds: Sequence[Kind], slots: Slots) -> None:
    async with courier.connected(redis_url, timeout_s=TIMEOUT_S) as client:
        worker = build(client, pool_name=pool_name, kinds=kinds, slots=slots)
        wakes = _read_wakes(client, courier.wake_list(pool_name), worker, slots)
        tasks = {asyncio.create_task(loop) for loop in (worker.async_run(), wakes)}
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            slots.on_change = ignore
            # Whatever they are at ends by itself now, and need not wait for Redis to end in order.
            await client.connection_pool.disconnect()
            await end(tasks)
            await end(set(worker.tasks.values()))


def build(client: ArqRedis, *, pool_name: str, kinds: Sequence[Kind], slots: Slots) -> Worker:
    """The arq worker. Its `max_jobs` follows the free slots, so a full worker leaves messages to others.

    Everything of arq's that could retry or abort a job is off: the ledger alone does that.
    """

    async def notify(ctx: dict[Any, Any]) -> None:  # noqa: ARG001  arq's own name for it
        # Now, not inside the function: there the message's key still stands, and a sender whose message
        # was refused as a duplicate may have committed after our pull.
        slots.notify()

    worker = Worker(
        [noop(kind) for kind in kinds],
        queue_name=courier.queue(pool_name),
        redis_pool=client,
        after_job_end=notify,
        max_jobs=slots.size,
        poll_delay=POLL_S,
        job_timeout=10,
        max_tries=1000,
        keep_result=0,
        retry_jobs=False,
        allow_abort_jobs=False,
        handle_signals=False,
        log_results=False,
        **courier.SERIALIZERS,
    )

    def follow(free: int) -> None:
        worker.max_jobs = max(free, 0)

    slots.on_change = follow
    follow(slots.free)
    return worker


def noop(kind: Kind) -> Function:
    """An arq function of the kind's name that does nothing."""

    async def nothing(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        pass

    return func(nothing, name=kind.name)


async def _read_wakes(client: ArqRedis, wake_list: str, worker: Worker, slots: Slots) -> None:
    while True:
        await slots.has_free_slots.wait()
        woken = await client.blpop([wake_list], timeout=WAIT_S)  # type: ignore[misc]  # the stubs mix sync and async
        if woken is None:
            continue
        if slots.free > 0:
            # Its sender has committed, so the pull needn't wait until arq has run the message.
            slots.notify()
            await worker.start_jobs([woken[1]])
        else:
            # All slots filled up meanwhile: leave it to another worker.
            await client.rpush(wake_list, woken[1])  # type: ignore[misc]


async def end(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel the tasks until they have ended. Nothing is lost: an arq job does nothing here.

    Before Python 3.12 `asyncio.wait_for`, by which redis-py writes, may swallow a cancel. The next one comes
    by the loop's own time: in a slow loop it would meet a task that is just ending in order.
    """
    while tasks:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with LoopTimeout(CANCEL_AGAIN_S):
                await asyncio.wait(tasks)
        for task in (ended := {task for task in tasks if task.done()}):
            # Heard, or asyncio would log it as lost: the first error of a failure is told already.
            _ = task.cancelled() or task.exception()
        tasks -= ended
