"""Real workers, killed with kill -9 at each step of a call: each conversion is counted once."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from db.pool import Conn
from tests.chaos.fleet import open_fleet
from tests.jobs.scene import waits_for_lock
from tests.peers.simulators.faults import SimFault
from tests.waiting import eventually
from tests.workers.tasks.relay_conversions.scene import RelayScene

pytestmark = pytest.mark.long

ROWS = "select from event_conversion for update"
DESTINATION = "select from conversion_destination for update"


async def before_the_mark(scene: RelayScene, holder: Conn) -> None:
    await holder.execute(ROWS)


async def during_the_call(scene: RelayScene, holder: Conn) -> None:
    await scene.sim.fault("*", SimFault.ACCEPT_THEN_TIMEOUT)


async def before_the_note(scene: RelayScene, holder: Conn) -> None:
    await holder.execute(DESTINATION)


#: Blocks a worker at its step.
HOLDS: Mapping[str, Callable[[RelayScene, Conn], Awaitable[None]]] = {
    "before the mark": before_the_mark,
    "during the call": during_the_call,
    "before its end": during_the_call,
    "before the note": before_the_note,
}


@asynccontextmanager
async def held(scene: RelayScene, point: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Block workers started in the block at this point; the yielded function waits until one is there."""
    async with scene.pool.acquire() as holder:
        holding = holder.transaction()
        await holding.start()
        await HOLDS[point](scene, holder)

        async def reached() -> None:
            if point in {"during the call", "before its end"}:
                await eventually(scene.sim.held)
            if point == "before its end":
                await holder.execute(ROWS)
                await scene.sim.release()
            if point != "during the call":
                async with scene.pool.acquire() as observer:
                    await eventually(lambda: waits_for_lock(observer))

        yield reached
        await holding.rollback()
        await scene.sim.release()


@pytest.mark.parametrize("point", HOLDS)
async def test_a_killed_worker_is_followed_by_one_that_finishes(scene: RelayScene, tmp_path: Path, point: str) -> None:
    await scene.send(range(5))
    async with open_fleet(scene.settings, tmp_path) as fleet:
        await fleet.dispatcher()
        async with held(scene, point) as reached:
            worker = await fleet.of_product("publish")
            await reached()
            worker.kill()
        await fleet.of_product("publish")
        await eventually(lambda: all_delivered(scene))
    assert len(await scene.counted()) == 5


async def all_delivered(scene: RelayScene) -> bool:
    return await scene.states() == {"delivered": 5}
