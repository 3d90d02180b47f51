"""Workers in the test's own loop: `async with workers.working(task)`, and jobs for them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec

from db.pool import Pool
from jobs import ledger
from jobs.courier import WakeCourier, open_redis_wake_courier
from jobs.kinds import JobKindSpec
from jobs.outcomes import Done, TaskOutcome
from schemas.settings import Settings
from tests.waiting import PATIENCE_S, eventually
from workers.resources import open_worker_resources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask, TasksByKind
from workers.runtime.shutdown import StopSoonOrNowRequest
from workers.runtime.worker import WorkerRuntime, open_worker_postgres_pools
from workers.tasks import OpenTask

#: A pool without caps, and the only kind in it.
POOL = "tests"
TEST_JOB = JobKindSpec("run_errand", POOL, "jobs:read", timeout_s=60, max_attempts=3, total_s=3600)

#: Seconds of a lease: a machine that stalls for two thirds of it has a worker stop its attempts.
LEASE_S = 30


async def finish(_: TaskContext) -> TaskOutcome:
    """Do nothing: the task of a job that completes at once."""
    return Done()


@dataclass(frozen=True)
class Workers:
    settings: Settings
    pool: Pool
    org: UUID
    courier: WakeCourier

    @asynccontextmanager
    async def working(
        self, task: JobTask, *, kind: JobKindSpec = TEST_JOB, stop: StopSoonOrNowRequest | None = None, **settings: Any
    ) -> AsyncIterator[WorkerRuntime]:
        """Run a worker of `POOL` that drains when the block ends, or earlier by `stop`."""
        async with self.working_kinds({kind: task}, stop=stop, **settings) as worker:
            yield worker

    @asynccontextmanager
    async def working_kinds(
        self, tasks: TasksByKind, *, stop: StopSoonOrNowRequest | None = None, **settings: Any
    ) -> AsyncIterator[WorkerRuntime]:
        """Run a worker of several kinds of one pool."""
        asked = stop or StopSoonOrNowRequest()
        mine = msgspec.structs.replace(self.settings, **{"lease_s": LEASE_S} | settings)
        (pool_name,) = {kind.pool for kind in tasks}
        async with open_worker_postgres_pools(mine, pool_name) as pools, asyncio.TaskGroup() as group:
            worker = WorkerRuntime(mine, pool_name=pool_name, tasks=tasks, pools=pools, courier=self.courier)
            running = group.create_task(worker.run(asked))
            yield worker
            asked.soon.set()
            await running

    async def run(self, task: JobTask, *, kind: JobKindSpec = TEST_JOB, **fields: Any) -> asyncpg.Record:
        """Submit a job, and return its row once a worker has ended it."""
        async with self.working(task, kind=kind):
            return await self.ended(await self.submit(kind=kind, **fields))

    async def submit(self, *, kind: JobKindSpec = TEST_JOB, wake: bool = True, **fields: Any) -> UUID:
        """Submit a job and commit; send the message as the API does, unless not `wake`."""
        async with self.pool.acquire() as conn:
            await conn.execute("insert into pool (name) values ($1) on conflict do nothing", kind.pool)
            submitted = await ledger.submit_job(
                conn, kind=kind, organization_id=self.org, **{"project_id": None, "args": {}} | fields
            )
        if submitted.wake and wake:
            await self.courier.send_or_queue_wake(submitted.wake)
        return submitted.job_id

    async def job(self, job_id: UUID) -> asyncpg.Record:
        row = await self.pool.fetchrow("select * from job where id = $1", job_id)
        assert row is not None
        return row

    async def ended(self, job_id: UUID, *, within: float = PATIENCE_S) -> asyncpg.Record:
        """Return the job's row, once it is in a terminal state."""
        return await self.becomes(job_id, "finished_at is not null", within=within)

    async def becomes(self, job_id: UUID, condition: str, *, within: float = PATIENCE_S) -> asyncpg.Record:
        """Return the job's row, once it satisfies an SQL condition."""

        async def found() -> asyncpg.Record | None:
            return await self.pool.fetchrow(f"select * from job where id = $1 and ({condition})", job_id)

        row = await eventually(found, within=within)
        assert row is not None
        return row

    async def return_to_line(self, job_id: UUID) -> None:
        """Return the job into its line, as if its worker's lease had expired."""
        await self.pool.execute(
            """update job set state = 'queued', stage = 'queued', lease_owner = null,
                      attempt_started_at = null, attempt_deadline_at = null where id = $1""",
            job_id,
        )

    async def attempts(self, job_id: UUID) -> list[str]:
        """Return the outcome of each attempt, in order."""
        rows = await self.pool.fetch("select outcome from ended_attempt where job_id = $1 order by fence", job_id)
        return [row["outcome"] for row in rows]


class StoppableLoop(Protocol):
    async def run(self, stop: StopSoonOrNowRequest) -> None: ...


@asynccontextmanager
async def running(*loops: StoppableLoop) -> AsyncIterator[None]:
    """Run loops of the dispatcher in the test's own loop until the block ends."""
    stop = StopSoonOrNowRequest()
    async with asyncio.TaskGroup() as group:
        for each in loops:
            group.create_task(each.run(stop))
        yield
        stop.request_stop()


@asynccontextmanager
async def at_work(settings: Settings, pool: Pool, openers: Mapping[JobKindSpec, OpenTask]) -> AsyncIterator[None]:
    """Run a worker of the product's own tasks, for jobs that the test submits by its API."""
    async with open_worker_resources(settings) as resources, AsyncExitStack() as stack:
        courier = await stack.enter_async_context(open_redis_wake_courier(settings.redis_url))
        workers = Workers(settings, pool, None, courier)  # type: ignore[arg-type]  # it submits nothing here
        opened = {kind: await openers[kind](resources) for kind in openers}
        await stack.enter_async_context(workers.working_kinds(opened))
        yield
