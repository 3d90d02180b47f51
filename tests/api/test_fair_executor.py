"""The fair queue: one organization delays no other."""

import asyncio
import threading
from uuid import UUID

from api.limits.fair_executor import OneTaskPerTenantQueue, open_fair_executor
from schemas import ids
from tests.waiting import PATIENCE_S, run_loop_iterations


async def test_one_organization_has_one_turn_at_a_time() -> None:
    queue, hostile, other = OneTaskPerTenantQueue(2), ids.new_uuid7(), ids.new_uuid7()
    begun: list[str] = []

    async def take(name: str, who: UUID) -> None:
        async with queue.hold_turn(who):
            begun.append(name)
            await asyncio.Event().wait()

    waiting = [asyncio.create_task(take(f"hostile {number}", hostile)) for number in range(5)]
    waiting.append(asyncio.create_task(take("other", other)))
    await run_loop_iterations()
    assert begun == ["hostile 0", "other"]
    waiting[0].cancel()
    await run_loop_iterations()
    assert begun == ["hostile 0", "other", "hostile 1"]
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_executor_does_not_block_the_loop() -> None:
    loop = asyncio.get_running_loop()
    begun, done = asyncio.Event(), threading.Event()

    def work() -> bool:
        loop.call_soon_threadsafe(begun.set)
        return done.wait(PATIENCE_S)

    async with open_fair_executor() as aside:
        tasks = [asyncio.create_task(aside.run(ids.new_uuid7(), work)) for _ in range(2)]
        await begun.wait()
        done.set()
        assert await asyncio.gather(*tasks) == [True, True]
