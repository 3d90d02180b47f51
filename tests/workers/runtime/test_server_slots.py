"""Slots that no single server may take: while all its attempts hang, others start at once."""

import asyncio
from collections import Counter
from dataclasses import replace
from uuid import UUID

import pytest

from jobs.outcomes import Done, TaskOutcome
from schemas.errors import NoFreeServerSlot
from tests.jobs import scene
from tests.waiting import eventually, run_loop_iterations
from tests.workers.runtime.workers import Workers
from workers.runtime.context import TaskContext
from workers.runtime.server_slots import RemoteServerSlots
from workers.runtime.slots import WorkerSlots

SLOTS = 8
#: Of eight.
AT_ONE_SERVER = 6


class GatedServers:
    """Servers that respond once they are released; `open` counts the attempts at each."""

    def __init__(self) -> None:
        self.open, self.most, self.answer = Counter[str](), Counter[str](), asyncio.Event()

    async def ask(self, ctx: TaskContext) -> TaskOutcome:
        name = ctx.job.args["server"]
        async with ctx.hold_server_slot(name):
            self.open[name] += 1
            self.most[name] = max(self.most[name], self.open[name])
            try:
                if name == "slow":
                    await self.answer.wait()
            finally:
                self.open[name] -= 1
        return Done()


async def test_a_job_at_another_server_starts_while_many_tenants_jobs_hang(workers: Workers) -> None:
    """One and a half times as many jobs as slots hang or wait at one server."""
    servers = GatedServers()
    async with workers.pool.acquire() as conn:
        orgs = await scene.tenants(conn, SLOTS + SLOTS // 2)
    async with workers.working(servers.ask, slots=SLOTS) as worker:
        slow = [await submit(workers, org, "slow") for org in orgs]
        await eventually(lambda: hangs(worker.slots, len(slow)))
        assert servers.open["slow"] == AT_ONE_SERVER
        assert worker.slots.free_slot_count == SLOTS - AT_ONE_SERVER
        quick = await submit(workers, orgs[0], "quick")
        assert (await workers.ended(quick))["state"] == "completed"
        assert servers.open["slow"] == AT_ONE_SERVER
        servers.answer.set()
        for job_id in slow:
            assert (await workers.ended(job_id))["state"] == "completed"
    assert servers.most["slow"] == AT_ONE_SERVER


async def submit(workers: Workers, org: UUID, server: str) -> UUID:
    return await replace(workers, org=org).submit(args={"server": server})


async def hangs(slots: WorkerSlots, count: int) -> bool:
    return len(slots.attempts) == count and slots.yielded == count - AT_ONE_SERVER


async def test_one_tenant_leaves_slots_of_a_server_to_others() -> None:
    slots = WorkerSlots(SLOTS)
    servers, hog, other = RemoteServerSlots(slots), UUID(int=1), UUID(int=2)
    held = [asyncio.create_task(hold(servers, hog)) for _ in range(SLOTS)]
    await run_loop_iterations()
    assert servers.servers["slow"].held == {hog: AT_ONE_SERVER // 2}
    async with servers.hold_server_slot("slow", tenant=other):
        assert servers.servers["slow"].held[other] == 1
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    assert servers.servers == {}
    assert slots.yielded == 0


async def test_no_more_attempts_wait_than_slots() -> None:
    slots = WorkerSlots(1)
    servers = RemoteServerSlots(slots)
    held = [asyncio.create_task(hold(servers, UUID(int=number))) for number in range(2)]
    await run_loop_iterations()
    assert slots.yielded == 1
    with pytest.raises(NoFreeServerSlot):
        await hold(servers, UUID(int=3))
    for task in held:
        task.cancel()


async def hold(servers: RemoteServerSlots, tenant: UUID) -> None:
    async with servers.hold_server_slot("slow", tenant=tenant):
        await asyncio.Event().wait()
