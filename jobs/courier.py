"""The courier: messages to a pool's workers that there is work, any of which may be lost.

A message is an arq job and an entry of a list. It names a kind and a job and carries nothing else, since
whoever gets it pulls from the ledger. So Redis holds no secret and nothing that can be stale, and a lost
message costs a second: the workers also look by themselves.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from arq.connections import ArqRedis

from db.redis_pool import Cuttable, RedisPool
from db.redis_reach import reaching_redis
from jobs.breaker import Breaker
from jobs.ledger import Wake
from jobs.loop_time import LoopTimeout
from schemas.errors import RedisAway
from telemetry import causes, metrics

#: Seconds that a request may wait for Redis, in the loop's own time, and for which it isn't asked again after
#: a failure.
BUDGET_S, COOL_S = 0.05, 1.0

#: Seconds after which the client itself drops a connection: by the clock, which a slow loop uses up too.
TIMEOUT_S = 5.0

#: Seconds between a process's messages of one kind: the first, and up to the second while more keep coming.
#: A message costs more than a job, and busy workers look anyway.
PAUSE_S, LONGEST_PAUSE_S = 0.005, 0.02

#: A message that nobody wanted for an hour says nothing any more.
EXPIRES_S = 3600

#: arq compares a message's due time with the clock of the worker's host: one that is behind ours by
#: less than this starts the job at once all the same.
CLOCK_DIFFERENCE = timedelta(seconds=60)

#: Wakes that nobody takes (every worker is busy) pile up to here.
MAX_WAKES = 128

#: arq pickles unless it is told otherwise, and an arq `Worker` doesn't take this from its client.
SERIALIZERS: dict[str, Any] = {
    "job_serializer": msgspec.msgpack.encode,
    "job_deserializer": msgspec.msgpack.decode,
}


def queue(pool: str) -> str:
    """The sorted set in which arq keeps a pool's messages."""
    return f"arq:{pool}"


def wake_list(pool: str) -> str:
    """The list on which a pool's idle workers wait: the ids of messages just sent."""
    return f"arq:{pool}:wakes"


class Client(ArqRedis):
    """Client whose pipelines, which arq makes for its workers, may be cut off."""

    def pipeline(self, transaction: bool = True, *_: Any, **__: Any) -> Cuttable:
        return Cuttable(self.connection_pool, self.response_callbacks, transaction, None)


@asynccontextmanager
async def connected(redis_url: str, *, timeout_s: float) -> AsyncIterator[ArqRedis]:
    """A client whose every command ends within `timeout_s`. It says nothing any more after the block.

    arq's own pool has no socket timeout: a half-open connection would hang a worker.
    """
    pool = RedisPool.from_url(redis_url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)
    try:
        yield Client(pool, **SERIALIZERS)
    finally:
        await pool.disconnect()


class Courier:
    """Sends wakes after the commit; one that can't be sent in time isn't sent.

    A wake says only that there is work of a kind, so those of one moment go as one message. Under load a
    message for each job would cost the sender and the workers more than the job.
    """

    def __init__(self, client: ArqRedis, breaker: Breaker) -> None:
        self._client = client
        self._breaker = breaker
        # By pool and kind: the wake that goes next, while one has just gone.
        self._next: dict[tuple[str, str], Wake | None] = {}
        self._following: set[asyncio.Task[None]] = set()

    async def send(self, wake: Wake) -> None:
        """Never raises and takes at most `BUDGET_S`; soon after another one of its kind it goes later."""
        key = wake.pool, wake.kind
        if key in self._next:
            self._next[key] = wake
            return
        self._next[key] = None
        try:
            await self._deliver(wake)
        finally:
            task = causes.start(self._follow(key))
            self._following.add(task)
            task.add_done_callback(self._following.discard)

    async def flush(self) -> None:
        """Send what still waits."""
        await asyncio.gather(*self._following)

    async def _follow(self, key: tuple[str, str]) -> None:
        """Send what came in the pause after a message as the next one, after which the pause is longer."""
        pause_s = PAUSE_S
        try:
            await asyncio.sleep(pause_s)
            while wake := self._next[key]:
                self._next[key] = None
                await self._deliver(wake)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                await asyncio.sleep(pause_s)
        finally:
            # Whatever ended this, later wakes of the kind must find no sender that they wait for.
            del self._next[key]

    async def _deliver(self, wake: Wake) -> None:
        outcome = await self._try(wake) if self._breaker.passes() else "skipped"
        metrics.COURIER_SENDS.labels(wake.pool, outcome).inc()

    async def _try(self, wake: Wake) -> str:
        try:
            with reaching_redis():
                async with LoopTimeout(BUDGET_S):
                    sent = await _enqueue(self._client, wake)
        except RedisAway:
            self._breaker.failed()
            return "failed"
        self._breaker.worked()
        return "sent" if sent else "duplicate"


async def _enqueue(client: ArqRedis, wake: Wake) -> bool:
    """False if the same message still waits. The list comes second: who heard it first would find nothing."""
    job_id = str(wake.job_id)
    message = await client.enqueue_job(
        wake.kind,
        _job_id=job_id,
        _queue_name=queue(wake.pool),
        _expires=EXPIRES_S,
        _defer_until=datetime.now(UTC) - CLOCK_DIFFERENCE,
    )
    if message is None:
        return False
    async with client.pipeline(transaction=False) as pipe:
        pipe.lpush(wake_list(wake.pool), job_id)
        pipe.ltrim(wake_list(wake.pool), 0, MAX_WAKES - 1)
        await pipe.execute()
    return True


@asynccontextmanager
async def open_courier(redis_url: str) -> AsyncIterator[Courier]:
    """A courier with connections of its own. Redis need not be there."""
    async with connected(redis_url, timeout_s=TIMEOUT_S) as client:
        courier = Courier(client, Breaker(COOL_S))
        try:
            yield courier
        finally:
            await courier.flush()
