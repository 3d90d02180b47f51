"""The end of a worker: running jobs may finish, the rest is given back and costs no attempt."""

import asyncio

from jobs.outcomes import Done, TaskOutcome
from tests.workers.runtime.workers import Workers
from workers.runtime.context import TaskContext
from workers.runtime.shutdown import StopSoonOrNowRequest


async def test_a_running_job_may_finish(workers: Workers) -> None:
    go_on = asyncio.Event()

    async def task(_: TaskContext) -> TaskOutcome:
        await go_on.wait()
        return Done()

    stop = StopSoonOrNowRequest()
    async with workers.working(task, stop=stop) as worker:
        job_id = await workers.submit()
        await workers.becomes(job_id, "state = 'running'")
        stop.request_stop()
        await workers.becomes(job_id, "exists (select from worker where state = 'draining')")
        waiting = await workers.submit()
        go_on.set()
    assert (await workers.job(job_id))["state"] == "completed"
    assert (await workers.job(waiting))["state"] == "queued"
    assert await workers.pool.fetchval("select count(*) from worker") == 0
    assert worker.slots.closed


async def test_a_handler_that_ignores_its_cancel_is_canceled_again(workers: Workers) -> None:
    deaf = 1

    async def task(_: TaskContext) -> TaskOutcome:
        nonlocal deaf
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                deaf -= 1
                if deaf < 0:
                    raise

    stop = StopSoonOrNowRequest()
    async with workers.working(task, stop=stop, drain_s=0.1):
        job_id = await workers.submit()
        await workers.becomes(job_id, "state = 'running'")
        stop.request_stop()
    assert (await workers.job(job_id))["state"] == "queued"
