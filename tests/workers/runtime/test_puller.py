"""A worker's reasons to pull: a message, another worker's wake, a job's end, and its own poll."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from weakref import WeakSet

import pytest
import pytest_asyncio
from arq.connections import ArqRedis

from db.local import run_local_valkey
from jobs import courier
from jobs.courier import WAKE_DUE_TIME_BACKDATE_MS
from jobs.kinds import ARCHIVE_PROJECT_KIND
from jobs.ledger import WakeMessage
from jobs.outcomes import Done, TaskOutcome
from schemas import ids
from tests.cutting import cut_everywhere
from tests.waiting import PATIENCE_S, eventually
from tests.workers.runtime.workers import POOL, TEST_JOB, Workers, finish
from workers.runtime import listener, puller
from workers.runtime.background import run_background_loops_during_block
from workers.runtime.context import TaskContext
from workers.runtime.listener import listen_for_wakes
from workers.runtime.puller import JobPuller
from workers.runtime.slots import WorkerSlots
from workers.runtime.worker import WorkerRuntime

pytestmark = pytest.mark.timing


@pytest.fixture
def by_message_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make polls of Postgres and Redis too rare to matter.

    So nothing replaces a message that a busy machine's Redis was too slow to take: it gets more time.
    """
    monkeypatch.setattr(courier, "WAKE_SEND_BUDGET_S", PATIENCE_S)
    monkeypatch.setattr(puller, "LEDGER_PULL_EVERY_S", 600)
    monkeypatch.setattr(listener, "WAKE_LISTENER_POLL_S", 600)


@pytest_asyncio.fixture
async def client(workers: Workers) -> AsyncIterator[ArqRedis]:
    """Open the workers' Redis."""
    async with courier.open_wake_client(workers.settings.redis_url, timeout_s=PATIENCE_S) as connected:
        yield connected


#: Slots of the workers that have finished their first pull.
pulled: WeakSet[WorkerSlots] = WeakSet()


@pytest.fixture(autouse=True)
def _pulls(monkeypatch: pytest.MonkeyPatch) -> None:
    wait = JobPuller._wait_for_next_pull

    async def noted(self: JobPuller, took_s: float, *, brought: int) -> None:
        pulled.add(self.slots)
        await wait(self, took_s, brought=brought)

    monkeypatch.setattr(JobPuller, "_wait_for_next_pull", noted)


async def listening(client: ArqRedis, *workers: WorkerRuntime) -> None:
    """Wait until the workers have pulled for the first time and block on the list."""

    async def hangs() -> bool:
        return bool((await client.info("clients"))["blocked_clients"] == len(workers))

    async def idle() -> bool:
        return all(worker.slots in pulled and not worker.slots.wake.is_set() for worker in workers)

    await eventually(hangs)
    await eventually(idle)


@pytest.mark.usefixtures("by_message_only")
async def test_a_worker_that_fills_up_wakes_another_one(workers: Workers, client: ArqRedis) -> None:
    """Six jobs of one tenant and one message: three workers of two slots are all busy."""
    async with busy_together(workers, client, workers_of=2) as jobs:
        await workers.courier.send_or_queue_wake(WakeMessage(POOL, TEST_JOB.name, jobs[0]))


@pytest.mark.usefixtures("by_message_only")
async def test_a_wake_is_passed_on_while_the_first_message_is_queued(workers: Workers, client: ArqRedis) -> None:
    """Redis refuses a second message with the id of the one running job."""
    async with busy_together(workers, client, workers_of=1) as jobs:
        for job_id in jobs:
            await client.set(f"arq:job:{job_id}", b"")
        await workers.courier.send_or_queue_wake(WakeMessage(POOL, TEST_JOB.name, workers.org))


@asynccontextmanager
async def busy_together(workers: Workers, client: ArqRedis, *, workers_of: int) -> AsyncIterator[Sequence[UUID]]:
    """Start three idle workers, insert jobs without a message, and check that all of them run together."""
    busy = asyncio.Barrier(3 * workers_of)

    async def task(_: TaskContext) -> TaskOutcome:
        await busy.wait()
        return Done()

    async with (
        workers.working(task, slots=workers_of) as one,
        workers.working(task, slots=workers_of) as two,
        workers.working(task, slots=workers_of) as three,
    ):
        await listening(client, one, two, three)
        jobs = [await workers.submit(wake=False) for _ in range(busy.parties)]
        yield jobs
        for job_id in jobs:
            await workers.ended(job_id)


@pytest.mark.usefixtures("by_message_only")
async def test_a_full_worker_passes_a_wake_on(workers: Workers, client: ArqRedis) -> None:
    async with workers.working(finish, slots=1) as full:
        await listening(client, full)
        full.slots.size = 0
        await workers.submit()

        async def handed_on() -> bool:
            return bool(await client.exists(courier.wake_list_key(POOL)))

        await eventually(handed_on)
        async with workers.working(finish):
            await eventually(lambda: all_done(workers))


async def all_done(workers: Workers) -> bool:
    return bool(await workers.pool.fetchval("select bool_and(state = 'completed') from job"))


@pytest.mark.usefixtures("by_message_only")
async def test_a_backlog_drains_without_another_message(workers: Workers) -> None:
    async with workers.working(finish, slots=2):
        for _ in range(20):
            await workers.submit(wake=False)
        await workers.courier.send_or_queue_wake(WakeMessage(POOL, TEST_JOB.name, workers.org))
        await eventually(lambda: all_done(workers))


@pytest.mark.usefixtures("by_message_only")
async def test_the_listener_reconnects_after_a_restart_of_redis(workers: Workers, tmp_path: Path) -> None:
    with run_local_valkey(tmp_path) as server:
        async with (
            courier.open_wake_client(server.url, timeout_s=PATIENCE_S) as client,
            workers.working(finish, redis_url=server.url) as worker,
            courier.open_redis_wake_courier(server.url) as sender,
        ):
            await listening(client, worker)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start_and_wait_until_ready)
            await listening(client, worker)
            job_id = await workers.submit(wake=False)
            await sender.send_or_queue_wake(WakeMessage(POOL, TEST_JOB.name, job_id))
            await workers.ended(job_id)


async def test_an_idle_worker_costs_redis_few_commands(workers: Workers, client: ArqRedis) -> None:
    """Five a second, with those of arq's own start."""
    async with workers.working(finish) as worker:
        await listening(client, worker)
        before, began = await commands(client), time.monotonic()
        # The scenario is two seconds of idleness, or more on a busy machine.
        await asyncio.sleep(2)
        spent = await commands(client) - before
        lasted_s = time.monotonic() - began
    assert spent <= lasted_s * 5


async def commands(client: ArqRedis) -> int:
    """Return Redis's command count without the tests' own commands."""
    stats = await client.info("commandstats")
    return sum(stat["calls"] for name, stat in stats.items() if name != "cmdstat_info")


async def test_a_cancel_at_any_step_leaves_no_connection(redis_url: str) -> None:
    """A message without an entry of the list: arq runs it, and then writes behind a shield."""

    async def hear() -> None:
        slots = WorkerSlots(1)
        async with run_background_loops_during_block(
            listen_for_wakes(redis_url, pool_name=ARCHIVE_PROJECT_KIND.pool, kinds=[ARCHIVE_PROJECT_KIND], slots=slots)
        ):
            await slots.wake.wait()

    async with courier.open_wake_client(redis_url, timeout_s=5) as client:

        async def prepare() -> None:
            await client.flushdb()
            await client.enqueue_job(
                ARCHIVE_PROJECT_KIND.name,
                _job_id=str(ids.new_uuid7()),
                _queue_name=courier.wake_queue_key(ARCHIVE_PROJECT_KIND.pool),
                _defer_until=datetime.now(UTC) - timedelta(milliseconds=WAKE_DUE_TIME_BACKDATE_MS),
            )

        await cut_everywhere(hear, prepare=prepare)
