"""Workers killed, frozen and stopped, at every point of a job."""

import signal
from uuid import UUID

import pytest

from tests.chaos.fleet import LONG_S, Fleet
from tests.chaos.worker import GROUPED_EFFECT, name_of
from tests.jobs.scene import waits_for_lock
from tests.waiting import eventually

#: Short enough to wait for, longer than a stall between a worker's start and its freezing.
LEASE_S = 6.0
POINTS = ("handler", "step", "committed")

pytestmark = pytest.mark.chaos


async def test_killed_before_the_pull(fleet: Fleet) -> None:
    """The worker is frozen while the message arrives; a pull that it had just sent finds the pool paused."""
    await fleet.dispatcher()
    worker = await fleet.worker()
    await fleet.pause(paused=True)
    worker.signal(signal.SIGSTOP)
    jobs = await fleet.submit(3)
    worker.kill()
    await fleet.hung_up()
    await fleet.pause(paused=False)
    await fleet.worker(lease_s=LONG_S)
    rows = await fleet.completed(jobs)
    assert {(row["fence"], row["crashes"]) for row in rows} == {(1, 0)}


async def test_killed_at_three_points(fleet: Fleet) -> None:
    """Kills in the handler, in a step between its effect and its commit, and after the commit."""
    await fleet.dispatcher()
    worker = await fleet.worker(lease_s=LONG_S)
    in_handler, in_step, after = [await fleet.submit(3, pauses=[point]) for point in POINTS]
    for point, jobs in zip(POINTS, (in_handler, in_step, after), strict=True):
        await fleet.reached(point, jobs)
    worker.kill()
    await fleet.bury(worker)
    await fleet.worker(lease_s=LONG_S)
    await fleet.reached("handler", [*in_handler, *in_step], fence=2)
    lost = await fleet.completed([*in_handler, *in_step])
    assert {(row["fence"], row["crashes"]) for row in lost} == {(2, 1)}
    kept = await fleet.completed([*after, *await fleet.submit(1)])
    assert {(row["fence"], row["crashes"]) for row in kept} == {(1, 0)}


async def test_killed_during_grouped_writes(fleet: Fleet) -> None:
    """The worker dies while its settlement waits in a write: its jobs still run, and another worker completes them."""
    await fleet.dispatcher()
    worker = await fleet.worker(lease_s=LONG_S)
    jobs = await fleet.submit(8, kind=GROUPED_EFFECT, pauses=["handler"])
    await fleet.reached("handler", jobs)
    async with fleet.pool.acquire() as conn:
        await conn.execute("select pg_advisory_lock(1)")
        fleet.go()
        await eventually(lambda: waits_for_lock(conn))
        worker.kill()
        await conn.execute("select pg_advisory_unlock(1)")
    await fleet.hung_up()
    assert {row["state"] for row in await fleet.rows(jobs)} == {"running"}
    await fleet.bury(worker)
    await fleet.worker(lease_s=LONG_S)
    assert {row["crashes"] for row in await fleet.completed(jobs)} == {1}


@pytest.mark.parametrize("tries_to_commit", [True, False])
async def test_frozen_beyond_its_lease(fleet: Fleet, tries_to_commit: bool) -> None:
    """After its revival its commit is refused and its handler canceled; then it works on."""
    frozen = await fleet.worker(lease_s=LEASE_S)
    jobs = await fleet.submit(3, pauses=["handler"])
    await fleet.reached("handler", jobs)
    frozen.signal(signal.SIGSTOP)
    await fleet.worker(lease_s=LONG_S)
    await fleet.dispatcher()
    rows = await fleet.completed(jobs)
    if tries_to_commit:
        fleet.go()
    frozen.signal(signal.SIGCONT)
    await eventually(lambda: all_stopped(fleet, jobs))
    assert {(row["fence"], row["crashes"]) for row in rows} == {(2, 1)}
    await fleet.completed([*jobs, *await fleet.submit(20)])
    assert frozen.popen.poll() is None


async def all_stopped(fleet: Fleet, jobs: list[UUID]) -> bool:
    """Return whether each job's first attempt was fenced or canceled."""
    left = fleet.left()
    return all({name_of(job_id, 1, "fenced"), name_of(job_id, 1, "canceled")} & left for job_id in jobs)


async def test_stopping_worker_returns_unfinished_jobs(fleet: Fleet) -> None:
    worker = await fleet.worker(drain_s=0.5, lease_s=LONG_S)
    jobs = await fleet.submit(3, pauses=["handler"])
    await fleet.reached("handler", jobs)
    worker.signal(signal.SIGTERM)
    assert await worker.exited() == 0
    rows = await fleet.rows(jobs)
    assert {(row["state"], row["attempt"], row["crashes"]) for row in rows} == {("queued", 0, 0)}
    await fleet.worker(lease_s=LONG_S)
    rows = await fleet.completed(jobs)
    assert {(row["attempt"], row["fence"]) for row in rows} == {(1, 2)}


async def test_stopping_worker_finishes_short_jobs(fleet: Fleet) -> None:
    worker = await fleet.worker(drain_s=600, lease_s=LONG_S)
    jobs = await fleet.submit(3, pauses=["handler"])
    await fleet.reached("handler", jobs)
    worker.signal(signal.SIGTERM)
    await eventually(lambda: fleet.pool.fetchval("select bool_and(state = 'draining') from worker"))
    fleet.go()
    assert await worker.exited() == 0
    rows = await fleet.completed(jobs)
    assert {row["fence"] for row in rows} == {1}


async def test_second_signal_stops_the_worker_immediately(fleet: Fleet) -> None:
    worker = await fleet.worker(drain_s=600, lease_s=LONG_S)
    jobs = await fleet.submit(1, pauses=["handler"])
    await fleet.reached("handler", jobs)
    worker.signal(signal.SIGTERM)
    await eventually(lambda: fleet.pool.fetchval("select bool_and(state = 'draining') from worker"))
    worker.signal(signal.SIGTERM)
    assert await worker.exited() == 0
    (row,) = await fleet.rows(jobs)
    assert (row["state"], row["attempt"]) == ("queued", 0)
