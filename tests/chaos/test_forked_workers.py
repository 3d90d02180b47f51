"""Workers forked from an image: killed, replaced and stopped amid jobs."""

import os
import signal
from uuid import UUID

import pytest

from tests.chaos.fleet import LONG_S, Fleet
from tests.chaos.forked_workers import COUNT
from tests.process_tree import alive
from tests.waiting import eventually

pytestmark = pytest.mark.chaos


async def new_pids(fleet: Fleet, before: set[int]) -> set[int]:
    """Wait until all workers of a family are registered; return the pids of those that `before` doesn't have."""

    async def registered() -> set[int]:
        rows = await fleet.pool.fetch("select pid from worker where state = 'active' and lease_expires_at > now()")
        pids = {row["pid"] for row in rows if alive(row["pid"])} - before
        return pids if len(pids) == COUNT else set()

    return await eventually(registered)


async def are_draining(fleet: Fleet, pids: set[int]) -> bool:
    """Return whether these workers drain, or have ended because they had no job."""
    question = "select not exists (select from worker where pid = any($1) and state = 'active')"
    return bool(await fleet.pool.fetchval(question, pids))


async def submit_running(fleet: Fleet) -> list[UUID]:
    jobs = await fleet.submit(8, pauses=["handler"])
    await fleet.reached("handler", jobs)
    return jobs


async def test_killed_workers_are_forked_again_and_their_jobs_complete_once(fleet: Fleet) -> None:
    await fleet.dispatcher()
    fleet.forked_workers()
    killed = await new_pids(fleet, set())
    jobs = await submit_running(fleet)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    await new_pids(fleet, killed)
    rows = await fleet.completed(jobs)
    assert {(row["fence"], row["crashes"]) for row in rows} == {(2, 1)}


async def test_replaced_workers_finish_their_jobs(fleet: Fleet) -> None:
    parent = fleet.forked_workers(drain_s=600, lease_s=LONG_S)
    replaced = await new_pids(fleet, set())
    jobs = await submit_running(fleet)
    parent.signal(signal.SIGHUP)
    await eventually(lambda: are_draining(fleet, replaced))
    await new_pids(fleet, replaced)
    fleet.go()
    assert {row["fence"] for row in await fleet.completed(jobs)} == {1}
    later = await fleet.completed(await fleet.submit(4))
    assert {row["result"]["pid"] for row in later}.isdisjoint(replaced)


async def test_a_stop_drains_all_workers(fleet: Fleet) -> None:
    parent = fleet.forked_workers(drain_s=600, lease_s=LONG_S)
    stopped = await new_pids(fleet, set())
    jobs = await submit_running(fleet)
    parent.signal(signal.SIGTERM)
    await eventually(lambda: are_draining(fleet, stopped))
    fleet.go()
    assert await parent.exited() == 0
    assert {row["fence"] for row in await fleet.completed(jobs)} == {1}


async def test_a_pool_of_the_product_has_that_many_workers(fleet: Fleet) -> None:
    parent = fleet.forked_workers_of_product("deliver", COUNT)
    await new_pids(fleet, set())
    parent.signal(signal.SIGTERM)
    assert await parent.exited() == 0
