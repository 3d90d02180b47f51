"""The courier: wake messages to a pool's workers. Any of them may be lost.

A message is an arq job and an entry of a list. It names a kind and a job and carries nothing else, since the
worker then pulls from the ledger. So Redis holds no secret and no stale state, and a lost message costs a
second: the workers also poll.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.resources import files
from typing import Any

import msgspec
from arq.connections import ArqRedis
from arq.constants import job_key_prefix
from arq.jobs import serialize_job

from db.redis_pool import CancelSafeRedisPipeline, RedisPool
from db.redis_reach import convert_redis_away_errors
from jobs.breaker import CircuitBreaker
from jobs.ledger import WakeMessage
from jobs.loop_time import SlowLoopTolerantTimeout
from schemas.errors import RedisCallFailed
from telemetry import log_context, metrics

#: Seconds that a request may wait for Redis, in the loop's own time.
WAKE_SEND_BUDGET_S = 0.05
#: Seconds without a call after a failure.
COURIER_FAILURE_COOLDOWN_S = 1.0

#: Seconds until the client itself drops a connection. They are wall-clock time: a slow loop uses them up too.
REDIS_SOCKET_TIMEOUT_S = 5.0

#: Debounce: seconds between a process's messages of one kind. The pause doubles while more messages arrive.
#: A message costs more than a job, and busy workers poll anyway.
MIN_WAKE_SEND_DEBOUNCE_S = 0.005
MAX_WAKE_SEND_DEBOUNCE_S = 0.02

#: Milliseconds until an unread message expires: the workers have polled long before.
WAKE_MESSAGE_EXPIRY_MS = 3_600_000

#: arq compares a message's due time with the clock of the worker's host. A worker starts the job at once even
#: if its clock is slow by up to this much.
WAKE_DUE_TIME_BACKDATE_MS = 60_000

#: Length limit of the list of wakes: they pile up while every worker is busy.
MAX_WAKE_LIST_LENGTH = 128

#: arq pickles by default, and an arq `Worker` doesn't take the serializers of its client. arq also serializes its own
#: errors, such as that of a message that another worker has read. They become text.
WAKE_SERIALIZER_ARGUMENTS: dict[str, Any] = {
    "job_serializer": partial(msgspec.msgpack.encode, enc_hook=repr),
    "job_deserializer": msgspec.msgpack.decode,
}


def wake_queue_key(pool: str) -> str:
    """Return the Redis key of a pool's sorted set of arq messages, which wake the pool's workers."""
    return f"arq:{pool}"


def wake_list_key(pool: str) -> str:
    """Return the Redis key of a pool's list of just sent job ids, on which the pool's idle workers block."""
    return f"arq:{pool}:wakes"


class CancelSafeWakeClient(ArqRedis):
    """Client with pipelines that may be cut off. arq makes them for its workers."""

    def pipeline(self, transaction: bool = True, *_: Any, **__: Any) -> CancelSafeRedisPipeline:
        return CancelSafeRedisPipeline(self.connection_pool, self.response_callbacks, transaction, None)


@asynccontextmanager
async def open_wake_client(redis_url: str, *, timeout_s: float) -> AsyncIterator[ArqRedis]:
    """Open an arq client for the block, and yield it. Each of its Redis commands ends within `timeout_s`.

    Commands after the block fail. arq's own pool has no socket timeout: a half-open connection would hang a worker.
    """
    pool = RedisPool.from_url(redis_url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)
    try:
        yield CancelSafeWakeClient(pool, **WAKE_SERIALIZER_ARGUMENTS)
    finally:
        await pool.disconnect()


class WakeCourier:
    """Sends wakes after the commit, and drops a wake that it can't send in time.

    A wake reports only that a kind has work, so the wakes of one moment go as one message. Under load a
    message for each job would cost the sender and the workers more than the job.
    """

    def __init__(self, client: ArqRedis, breaker: CircuitBreaker) -> None:
        self._push_wake_script = client.register_script(files(__package__).joinpath("wake.lua").read_text("utf-8"))
        self._breaker = breaker
        # By pool and kind: the next wake to send, during the pause after a message.
        self._next: dict[tuple[str, str], WakeMessage | None] = {}
        self._following: set[asyncio.Task[None]] = set()

    async def send_or_queue_wake(self, wake: WakeMessage) -> None:
        """Send a wake to the workers, or queue it during the pause after a wake of the same pool and kind.

        It never raises, and takes at most `WAKE_SEND_BUDGET_S`: a wake that can't be sent in time is dropped.
        """
        key = wake.pool, wake.kind
        if key in self._next:
            self._next[key] = wake
            return
        self._next[key] = None
        try:
            await self._send_wake_unless_breaker_open(wake)
        finally:
            task = log_context.start_task_outside_request(self._send_pending_wakes(key))
            self._following.add(task)
            task.add_done_callback(self._following.discard)

    async def flush(self) -> None:
        """Wait until the courier's background tasks have sent or dropped the queued wakes."""
        await asyncio.gather(*self._following)

    async def _send_pending_wakes(self, key: tuple[str, str]) -> None:
        """Wait for a pause, then send the last wake queued for a pool and kind; double the pause, and repeat.

        End after a pause in which no wake was queued. A pause lasts at most `MAX_WAKE_SEND_DEBOUNCE_S` seconds.
        """
        pause_s = MIN_WAKE_SEND_DEBOUNCE_S
        try:
            await asyncio.sleep(pause_s)
            while wake := self._next[key]:
                self._next[key] = None
                await self._send_wake_unless_breaker_open(wake)
                pause_s = min(2 * pause_s, MAX_WAKE_SEND_DEBOUNCE_S)
                await asyncio.sleep(pause_s)
        finally:
            # However this ends, a later wake of the kind must not queue for a sender that no longer runs.
            del self._next[key]

    async def _send_wake_unless_breaker_open(self, wake: WakeMessage) -> None:
        outcome = await self._send_wake_and_name_outcome(wake) if self._breaker.try_to_reserve_call() else "skipped"
        metrics.WAKE_UP_SEND_COUNTER.labels(wake.pool, outcome).inc()

    async def _send_wake_and_name_outcome(self, wake: WakeMessage) -> str:
        try:
            with convert_redis_away_errors():
                async with SlowLoopTolerantTimeout(WAKE_SEND_BUDGET_S):
                    is_new = await self._push_wake_to_redis(wake)
        except RedisCallFailed:
            self._breaker.record_failure_and_open()
            return "failed"
        self._breaker.record_success()
        return "sent" if is_new else "duplicate"

    async def _push_wake_to_redis(self, wake: WakeMessage) -> bool:
        """Queue a wake's message and list entry in Redis; return False if its job's message is still queued.

        It takes one round trip. arq's `enqueue_job` takes three, and the list entry would take a fourth.
        """
        job_id, now_ms = str(wake.job_id), int(time.time() * 1000)
        message = serialize_job(wake.kind, (), {}, None, now_ms, serializer=WAKE_SERIALIZER_ARGUMENTS["job_serializer"])
        keys = [wake_queue_key(wake.pool), job_key_prefix + job_id, wake_list_key(wake.pool)]
        due_ms = now_ms - WAKE_DUE_TIME_BACKDATE_MS
        return bool(
            await self._push_wake_script(keys, [job_id, message, WAKE_MESSAGE_EXPIRY_MS, due_ms, MAX_WAKE_LIST_LENGTH])
        )


async def delete_wake_message(client: ArqRedis, pool: str, job_id: bytes) -> None:
    """Delete the message of a wake that a worker answers, so that the next wake of the same job is sent."""
    async with client.pipeline(transaction=False) as pipe:
        pipe.zrem(wake_queue_key(pool), job_id)
        pipe.delete(job_key_prefix.encode() + job_id)
        await pipe.execute()


@asynccontextmanager
async def open_redis_wake_courier(redis_url: str) -> AsyncIterator[WakeCourier]:
    """Open a courier of wakes with its own Redis connections for the block, and yield it. Redis may be down.

    At the end of the block, the courier sends its queued wakes.
    """
    async with open_wake_client(redis_url, timeout_s=REDIS_SOCKET_TIMEOUT_S) as client:
        courier = WakeCourier(client, CircuitBreaker(COURIER_FAILURE_COOLDOWN_S))
        try:
            yield courier
        finally:
            await courier.flush()
