"""Webhooks while workers, Redis and Postgres die: each event comes at least once, always with its id."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
import redis

from db.pool import Conn
from schemas import ids
from tests.chaos.fleet import Fleet
from tests.jobs.scene import waits_for_lock
from tests.servers import Servers
from tests.waiting import eventually
from tests.workers.tasks.deliver_webhook.scene import EMIT, Scene
from tests.workers.webhooks.receiver import Receiver, hangs, receiving, says

pytestmark = pytest.mark.chaos

ROWS = "select from webhook_delivery for update"
Point: TypeAlias = Callable[[Receiver, Conn], Awaitable[None]]


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving(says(200)) as opened:
        yield opened


async def scene_of(fleet: Fleet, receiver: Receiver) -> tuple[Scene, UUID]:
    """An endpoint at the receiver, for processes that may reach it."""
    fleet.settings = msgspec.structs.replace(fleet.settings, fetch_allow=receiver.host)
    scene = Scene(fleet.pool, fleet.settings, fleet.org)
    endpoint_id, _ = await scene.endpoint(receiver.url)
    return scene, endpoint_id


async def came(receiver: Receiver) -> None:
    async def any_has() -> bool:
        return bool(receiver.asked)

    await eventually(any_has)


async def before_the_mark(_: Receiver, holder: Conn) -> None:
    await holder.execute(ROWS)


async def during_the_try(receiver: Receiver, _: Conn) -> None:
    receiver.behave = hangs


async def before_the_record(receiver: Receiver, holder: Conn) -> None:
    """It answers once somebody holds the rows to which its answer is written down."""

    async def answers(*given: asyncio.StreamReader | asyncio.StreamWriter) -> None:
        await holder.execute(ROWS)
        receiver.behave = says(200)
        await says(200)(*given)  # type: ignore[arg-type]

    receiver.behave = answers


#: What holds a worker at its step, and whether the receiver has been asked by then.
POINTS: Mapping[str, tuple[Point, bool]] = {
    "before the mark": (before_the_mark, False),
    "during the try": (during_the_try, True),
    "before the record": (before_the_record, True),
}


@asynccontextmanager
async def held(fleet: Fleet, receiver: Receiver, point: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A worker that starts in the block stops at this point: what it yields returns once one has."""
    hold, asked = POINTS[point]
    async with fleet.pool.acquire() as holder:
        holding = holder.transaction()
        await holding.start()
        await hold(receiver, holder)

        async def reached() -> None:
            if asked:
                await came(receiver)
            if point != "during the try":
                async with fleet.pool.acquire() as observer:
                    await eventually(lambda: waits_for_lock(observer))

        yield reached
        await holding.rollback()
        receiver.behave = says(200)


@pytest.mark.parametrize("point", POINTS)
async def test_a_killed_worker_is_followed_by_one_that_delivers(
    fleet: Fleet, receiver: Receiver, point: str
) -> None:
    scene, endpoint_id = await scene_of(fleet, receiver)
    sent = await scene.emit(times=1 if point == "before the record" else 3)
    await fleet.dispatcher()
    async with held(fleet, receiver, point) as reached:
        worker = await fleet.of_product("deliver")
        await reached()
        worker.kill()
    await fleet.of_product("deliver")
    await eventually(lambda: all_delivered(scene, endpoint_id))
    assert {*receiver.times} == {*sent}
    if POINTS[point][1]:
        assert max(receiver.times.values()) > 1


async def test_no_event_is_lost_and_none_is_made_up_whatever_dies(
    own_fleet: Fleet, own_servers: Servers, receiver: Receiver
) -> None:
    scene, endpoint_id = await scene_of(own_fleet, receiver)
    await own_fleet.dispatcher()
    worker = await own_fleet.of_product("deliver")
    kept, undone = await emit_some(scene)
    await came(receiver)
    worker.kill()
    await own_fleet.of_product("deliver")
    with redis.Redis.from_url(own_servers.valkey.url) as client:
        client.flushall()
    more, less = await emit_some(scene)
    await asyncio.to_thread(own_servers.postgres.stop)
    await asyncio.to_thread(own_servers.postgres.start)
    last, least = await emit_some(scene)
    await eventually(lambda: all_delivered(scene, endpoint_id), within=60)
    assert {*receiver.times} == {*kept, *more, *last}
    assert {*receiver.times}.isdisjoint({*undone, *less, *least})


async def emit_some(scene: Scene) -> tuple[list[str], list[str]]:
    """Events that were committed, and as many that were not."""
    kept, undone = [], []
    async with scene.pool.acquire() as conn:
        for number in range(60):
            change = conn.transaction()
            await change.start()
            event_id = ids.show(ids.WEBHOOK_EVENT, await conn.fetchval(EMIT, scene.org, "job.failed"))
            if number % 2:
                await change.rollback()
                undone.append(event_id)
            else:
                await change.commit()
                kept.append(event_id)
    return kept, undone


async def all_delivered(scene: Scene, endpoint_id: UUID) -> bool:
    return {*await scene.states(endpoint_id)} == {"delivered"}
