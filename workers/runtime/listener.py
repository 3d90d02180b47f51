"""Hear from Redis that there is work: arq's `Worker`, made anew whenever Redis failed it, and its list.

An arq job here does nothing: an entry of the list, and the end of an arq job, notify the slots, and the
puller asks the ledger.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from arq.connections import ArqRedis
from arq.worker import Function, Worker, func

from jobs import courier
from jobs.kinds import Kind
from telemetry import logs, metrics
from workers.runtime.slots import Slots, ignore

#: Seconds: arq's own look at the queue (the net under a lost entry), and the longest wait for an entry.
POLL_S, WAIT_S = 0.5, 5
#: Must outlast the wait for an entry.
TIMEOUT_S = WAIT_S + 5.0
#: Wait before the first new try, and at most; a listener that lived this long starts at the first again.
FIRST_S, MOST_S = 0.2, 5.0
CANCEL_AGAIN_S = 0.1

_log = logs.get("listener")


async def listen(redis_url: str, *, pool_name: str, kinds: Sequence[Kind], slots: Slots) -> None:
    """For ever. While Redis is away the puller goes on by itself."""
    wait_s = FIRST_S
    while True:
        started = asyncio.get_running_loop().time()
        metrics.LISTENER_STARTS.inc()
        try:
            await _listen_once(redis_url, pool_name, kinds, slots)
        except courier.AWAY as error:
            _log.warning("Redis failed, listening again soon", error=repr(error), wait_s=wait_s)
        await asyncio.sleep(wait_s)
        lasted = asyncio.get_running_loop().time() - started
        wait_s = FIRST_S if lasted > 2 * MOST_S else min(MOST_S, wait_s * 2)


async def _listen_once(redis_url: str, pool_name: str, kinds: Sequence[Kind], slots: Slots) -> None:
    client = courier.connect(redis_url, timeout_s=TIMEOUT_S)
    worker = build(client, pool_name=pool_name, kinds=kinds, slots=slots)
    hearing = _hear_wakes(client, courier.wake_list(pool_name), worker, slots)
    tasks = {asyncio.create_task(loop) for loop in (worker.async_run(), hearing)}
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        slots.on_change = ignore
        await end(tasks)
        await end(set(worker.tasks.values()))
        await courier.disconnect(client)


def build(client: ArqRedis, *, pool_name: str, kinds: Sequence[Kind], slots: Slots) -> Worker:
    """Its `max_jobs` follows the free slots: a full worker leaves messages to those that have room.

    Nothing of arq's that could run a job twice or end one: its jobs are instants, and never tried again.
    """

    async def notify(ctx: dict[Any, Any]) -> None:  # noqa: ARG001  arq's own name for it
        # Now, not inside the function: there the message's key still stands, and a sender whose message
        # was refused as a duplicate may have committed after our pull.
        slots.notify()

    worker = Worker(
        [answer_to(kind) for kind in kinds],
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


def answer_to(kind: Kind) -> Function:
    """An arq function of the kind's name."""

    async def nothing(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        pass

    return func(nothing, name=kind.name)


async def _hear_wakes(client: ArqRedis, wake_list: str, worker: Worker, slots: Slots) -> None:
    while True:
        await slots.has_free_slots.wait()
        woken = await client.blpop([wake_list], timeout=WAIT_S)  # type: ignore[misc]  # the stubs mix sync and async
        if woken is None:
            continue
        if slots.free > 0:
            # Its sender has committed: there is no need to wait for arq's own way through the message.
            slots.notify()
            await worker.start_jobs([woken[1]])
        else:
            # It filled up while it waited: somebody else's then.
            await client.rpush(wake_list, woken[1])  # type: ignore[misc]


async def end(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel until they have ended. Nothing is lost with them: what arq has under way are instants.

    Before Python 3.12 `asyncio.wait_for`, by which redis-py writes, may swallow a cancel.
    """
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=CANCEL_AGAIN_S)
