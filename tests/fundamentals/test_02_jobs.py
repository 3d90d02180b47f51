"""2. A job is a row first.

A request submits its job in its own transaction. Redis only wakes a worker afterwards: an uncommitted
job doesn't exist, and a committed one needs no wake.
"""

from uuid import UUID

import msgspec
import pytest

from db.pool import Conn, Pool, run_in_transaction
from jobs import ledger
from jobs.outcomes import Done, TaskOutcome
from tests.workers.runtime.workers import TEST_JOB, Workers
from workers.runtime.context import TaskContext


async def greet(ctx: TaskContext) -> TaskOutcome:
    """Show the form of a task: it gets a context, works, and returns an outcome."""
    return Done({"greeting": f"hello {ctx.job.args['name']}"})


async def test_a_worker_runs_a_submitted_job(workers: Workers) -> None:
    job = await workers.run(greet, args={"name": "Ada"})
    assert (job["state"], job["result"]) == ("completed", {"greeting": "hello Ada"})


async def test_a_rolled_back_transaction_submits_no_job(org: UUID, pool: Pool) -> None:
    """Show why a 202 response means a committed row, and an error response no row."""

    async def submit_and_break(conn: Conn) -> None:
        await ledger.submit_job(conn, kind=TEST_JOB, organization_id=org, project_id=None, args={})
        raise RuntimeError("the request failed after all")

    with pytest.raises(RuntimeError):
        await run_in_transaction(pool, submit_and_break)
    assert await pool.fetchval("select count(*) from job") == 0


async def test_redis_only_wakes_a_worker(workers: Workers) -> None:
    """Without Redis a worker with free slots polls once a second."""
    without_redis = msgspec.structs.replace(workers.settings, redis_url="redis://127.0.0.1:1/0")
    async with workers.working(greet, redis_url=without_redis.redis_url):
        job = await workers.ended(await workers.submit(args={"name": "Ada"}, wake=False))
    assert job["state"] == "completed"


async def test_a_unique_key_returns_the_open_job(workers: Workers) -> None:
    """Submit twice with one key: while the first job is open, the second submit returns it."""
    first = await workers.submit(unique_key="greet:ada")
    assert await workers.submit(unique_key="greet:ada") == first
