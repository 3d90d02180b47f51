"""arq contract: the behavior Tenantry relies on. A failure after an upgrade names the broken assumption."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from arq.connections import ArqRedis
from arq.worker import Worker, func

from jobs import courier
from tests.waiting import PATIENCE_S, eventually
from workers.runtime import listener

QUEUE = "arq:contract"
PAST = timedelta(seconds=-60)


@pytest_asyncio.fixture
async def client(redis_url: str) -> AsyncIterator[ArqRedis]:
    async with courier.open_wake_client(redis_url, timeout_s=5) as opened:
        yield opened


class CallRecorder:
    """Recorder of a worker's calls by function name."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.ended = asyncio.Event()

    def function(self, name: str) -> Any:
        async def record(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
            self.names.append(name)

        return func(record, name=name)

    async def after_job_end(self, _: dict[Any, Any]) -> None:
        self.ended.set()


def build(client: ArqRedis, calls: CallRecorder, **options: Any) -> Worker:
    settings = {
        "queue_name": QUEUE,
        "redis_pool": client,
        "handle_signals": False,
        "keep_result": 0,
        "max_jobs": 2,
        "poll_delay": 0.02,
        "after_job_end": calls.after_job_end,
        **courier.WAKE_SERIALIZER_ARGUMENTS,
        **options,
    }
    return Worker([calls.function("ingest_website")], **settings)


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(worker.async_run())
    yield task
    await listener.cancel_tasks_until_ended({task, *worker.tasks.values()})


async def send(client: ArqRedis, job_id: str, due: timedelta = PAST) -> bool:
    message = await client.enqueue_job(
        "ingest_website", _job_id=job_id, _queue_name=QUEUE, _expires=3600, _defer_until=datetime.now(UTC) + due
    )
    return message is not None


async def test_a_message_expires(client: ArqRedis) -> None:
    await send(client, "a")
    assert 3500 < await client.ttl("arq:job:a") <= 3600


async def test_start_jobs_starts_a_message_between_two_polls(client: ArqRedis) -> None:
    calls = CallRecorder()
    worker = build(client, calls, poll_delay=60)
    async with running(worker), asyncio.timeout(PATIENCE_S):
        await send(client, "a")
        await worker.start_jobs([b"a"])
        await calls.ended.wait()
    assert calls.names == ["ingest_website"]


async def test_start_jobs_skips_an_unknown_message_without_taking_a_slot(client: ArqRedis) -> None:
    worker = build(client, CallRecorder())
    await worker.start_jobs([b"unknown"] * 10)
    assert (worker.job_counter, worker.tasks) == (0, {})


async def test_a_message_started_by_two_workers_runs_once(client: ArqRedis) -> None:
    calls = CallRecorder()
    first, second = build(client, calls), build(client, calls)
    await send(client, "a")
    await asyncio.gather(first.start_jobs([b"a"]), second.start_jobs([b"a"]))
    await asyncio.gather(*first.tasks.values(), *second.tasks.values())
    assert calls.names == ["ingest_website"]


async def test_a_message_that_another_worker_has_read_ends_without_a_traceback(
    client: ArqRedis, caplog: pytest.LogCaptureFixture
) -> None:
    worker = build(client, CallRecorder())
    await send(client, "a")
    await client.delete("arq:job:a")
    await worker.run_job("a", 0)
    assert [(record.getMessage(), record.exc_info) for record in caplog.records] == [("job a expired", None)]


async def test_due_times_are_compared_with_the_workers_clock(client: ArqRedis) -> None:
    worker = build(client, CallRecorder())
    await send(client, "late", timedelta(seconds=3))
    await worker.start_jobs([b"late"])
    assert worker.tasks == {}


async def test_max_jobs_may_change_at_run_time_and_0_stops_polling(client: ArqRedis) -> None:
    calls = CallRecorder()
    worker = build(client, calls)
    worker.max_jobs = 0
    async with running(worker):
        await send(client, "a")
        polls = await count_polls(client)
        await wait_for_cycles(worker, 5)
        assert await count_polls(client) == polls
        worker.max_jobs = 2
        await asyncio.wait_for(calls.ended.wait(), PATIENCE_S)
    assert calls.names == ["ingest_website"]


async def count_polls(client: ArqRedis) -> int:
    stats = await client.info("commandstats")
    return int(stats.get("cmdstat_zrangebyscore", {}).get("calls", 0))


async def wait_for_cycles(worker: Worker, count: int) -> None:
    """Wait for this number of the worker's poll cycles."""
    heart_beat, cycles = worker.heart_beat, asyncio.Semaphore(0)

    async def count_cycle() -> None:
        cycles.release()
        await heart_beat()

    worker.heart_beat = count_cycle  # type: ignore[method-assign]
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(count):
            await cycles.acquire()


async def test_at_after_job_end_the_message_is_deleted_and_can_be_sent_again(client: ArqRedis) -> None:
    """Show that a pull at that point sees the commit of each sender with a duplicate message."""
    remaining_keys: list[bytes] = []

    async def list_keys(_: dict[Any, Any]) -> None:
        remaining_keys.extend(await client.keys("*"))
        calls.ended.set()

    calls = CallRecorder()
    worker = build(client, calls, after_job_end=list_keys)
    await send(client, "a")
    await worker.start_jobs([b"a"])
    await asyncio.wait_for(calls.ended.wait(), PATIENCE_S)
    assert remaining_keys == []
    assert await send(client, "a")


async def test_a_message_of_an_unknown_kind_is_dropped(client: ArqRedis) -> None:
    """During a roll-out an old worker may get it: the job stays in the ledger."""
    calls = CallRecorder()
    worker = build(client, calls)
    await client.enqueue_job("from_the_future", _job_id="a", _queue_name=QUEUE)
    async with running(worker):
        await eventually(lambda: _is_dropped(client))
    assert calls.names == []


async def _is_dropped(client: ArqRedis) -> bool:
    return not await client.exists("arq:job:a")
