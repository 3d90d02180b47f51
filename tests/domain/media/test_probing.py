"""Whose upload is looked into: one organization holds up no other."""

import asyncio
from uuid import UUID

from domain.media.probing import ProbeQueue
from schemas import ids


async def test_one_organization_has_one_turn_at_a_time() -> None:
    queue, hostile, other = ProbeQueue(2), ids.new(), ids.new()
    begun: list[str] = []

    async def take(name: str, who: UUID) -> None:
        async with queue.turn(who):
            begun.append(name)
            await asyncio.Event().wait()

    waiting = [asyncio.create_task(take(f"hostile {number}", hostile)) for number in range(5)]
    waiting.append(asyncio.create_task(take("other", other)))
    await asyncio.wait(waiting, timeout=0.05)
    assert begun == ["hostile 0", "other"]
    waiting[0].cancel()
    await asyncio.wait(waiting, timeout=0.05)
    assert begun == ["hostile 0", "other", "hostile 1"]
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
