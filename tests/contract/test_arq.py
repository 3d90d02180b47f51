"""arq contract: the behavior Tenantry relies on. A failure after an upgrade names the broken assumption."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from arq.connections import ArqRedis
from arq.worker import Worker, func

from db.local import valkey
from db.redis_reach import REDIS_AWAY
from jobs import courier
from tests.waiting import PATIENCE_S, eventually
from workers.runtime import listener

QUEUE = "arq:contract"
PAST = timedelta(seconds=-60)


@pytest_asyncio.fixture
async def client(redis_url: str) -> AsyncIterator[ArqRedis]:
    async with courier.connected(redis_url, timeout_s=5) as opened:
        yield opened


class Heard:
    """Recorder of a worker's calls by function name."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.ended = asyncio.Event()

    def function(self, name: str) -> Any:
        async def hear(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
            self.names.append(name)

        return func(hear, name=name)

    async def after_job_end(self, _: dict[Any, Any]) -> None:
        self.ended.set()


def build(client: ArqRedis, heard: Heard, **options: Any) -> Worker:
    settings = {
        "queue_name": QUEUE,
        "redis_pool": client,
        "handle_signals": False,
        "keep_result": 0,
        "max_jobs": 2,
        "poll_delay": 0.02,
        "after_job_end": heard.after_job_end,
        **courier.SERIALIZERS,
        **options,
    }
    return Worker([heard.function("ingest_website")], **settings)


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(worker.async_run())
    yield task
    await listener.end({task, *worker.tasks.values()})


async def send(client: ArqRedis, job_id: str, due: timedelta = PAST) -> bool:
    message = await client.enqueue_job(
        "ingest_website",
        _job_id=job_id,
        _queue_name=QUEUE,
        _expires=3600,
        _defer_until=datetime.now(UTC) + due,
    )
    return message is not None


async def test_a_message_is_named_by_its_function_and_is_no_pickle(client: ArqRedis) -> None:
    await send(client, "a")
    payload = msgspec.msgpack.decode(await client.get("arq:job:a"))
    assert payload["f"] == "ingest_website"
    assert payload["a"] == []


async def test_a_message_that_waits_is_not_sent_twice(client: ArqRedis) -> None:
    assert await send(client, "a")
    assert not await send(client, "a")
    assert await client.zcard(QUEUE) == 1


async def test_a_message_expires(client: ArqRedis) -> None:
    await send(client, "a")
    assert 3500 < await client.ttl("arq:job:a") <= 3600


async def test_start_jobs_starts_a_message_between_two_polls(client: ArqRedis) -> None:
    heard = Heard()
    worker = build(client, heard, poll_delay=60)
    async with running(worker), asyncio.timeout(PATIENCE_S):
        await send(client, "a")
        await worker.start_jobs([b"a"])
        await heard.ended.wait()
    assert heard.names == ["ingest_website"]


async def test_start_jobs_passes_over_an_unknown_message_and_keeps_its_slot(client: ArqRedis) -> None:
    worker = build(client, Heard())
    await worker.start_jobs([b"nobody"] * 10)
    assert (worker.job_counter, worker.tasks) == (0, {})


async def test_a_message_that_two_workers_start_runs_once(client: ArqRedis) -> None:
    heard = Heard()
    one, two = build(client, heard), build(client, heard)
    await send(client, "a")
    await asyncio.gather(one.start_jobs([b"a"]), two.start_jobs([b"a"]))
    await asyncio.gather(*one.tasks.values(), *two.tasks.values())
    assert heard.names == ["ingest_website"]


async def test_due_times_are_compared_with_the_workers_clock(client: ArqRedis) -> None:
    worker = build(client, Heard())
    await send(client, "late", timedelta(seconds=3))
    await worker.start_jobs([b"late"])
    assert worker.tasks == {}


async def test_max_jobs_may_change_while_it_runs_and_0_means_not_even_looking(client: ArqRedis) -> None:
    heard = Heard()
    worker = build(client, heard)
    worker.max_jobs = 0
    async with running(worker):
        await send(client, "a")
        looks = await reads(client)
        await turns(worker, 5)
        assert await reads(client) == looks
        worker.max_jobs = 2
        await asyncio.wait_for(heard.ended.wait(), PATIENCE_S)
    assert heard.names == ["ingest_website"]


async def reads(client: ArqRedis) -> int:
    stats = await client.info("commandstats")
    return int(stats.get("cmdstat_zrangebyscore", {}).get("calls", 0))


async def turns(worker: Worker, count: int) -> None:
    """Wait for this number of the worker's poll cycles."""
    beat, left = worker.heart_beat, asyncio.Semaphore(0)

    async def counted() -> None:
        left.release()
        await beat()

    worker.heart_beat = counted  # type: ignore[method-assign]
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(count):
            await left.acquire()


async def test_by_after_job_end_the_same_message_can_be_sent_again_and_nothing_is_left(
    client: ArqRedis,
) -> None:
    """So a pull at that point sees the commit of each sender with a duplicate message."""
    left: list[bytes] = []

    async def look(_: dict[Any, Any]) -> None:
        left.extend(await client.keys("*"))
        heard.ended.set()

    heard = Heard()
    worker = build(client, heard, after_job_end=look)
    await send(client, "a")
    await worker.start_jobs([b"a"])
    await asyncio.wait_for(heard.ended.wait(), PATIENCE_S)
    assert left == []
    assert await send(client, "a")


async def test_a_message_of_a_kind_that_a_worker_does_not_know_is_dropped(client: ArqRedis) -> None:
    """During a roll-out an old worker may get it: the job stays in the ledger."""
    heard = Heard()
    worker = build(client, heard)
    await client.enqueue_job("from_the_future", _job_id="a", _queue_name=QUEUE)
    async with running(worker):
        await eventually(lambda: _gone(client))
    assert heard.names == []


async def _gone(client: ArqRedis) -> bool:
    return not await client.exists("arq:job:a")


async def test_a_worker_does_not_survive_the_loss_of_redis(tmp_path: Path) -> None:
    with valkey(tmp_path) as server:
        async with (
            courier.connected(server.url, timeout_s=1) as client,
            running(build(client, Heard())) as task,
        ):
            await eventually(client.ping)
            await asyncio.to_thread(server.kill)
            with pytest.raises(REDIS_AWAY):
                await asyncio.wait_for(task, PATIENCE_S)
