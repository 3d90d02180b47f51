"""Webhooks while workers, Redis and Postgres die: each event is delivered at least once, with its id."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from typing import TypeAlias
from uuid import UUID

import asyncpg
import msgspec
import pytest
import redis

from db.pool import Conn
from db.reach import convert_postgres_away_errors
from schemas import ids
from schemas.errors import ServiceUnavailable
from tests.chaos.fleet import Fleet
from tests.jobs.scene import waits_for_lock
from tests.servers import ServerPair
from tests.waiting import eventually
from tests.workers.tasks.deliver_webhook.scene import EMIT, DeliveryScene
from tests.workers.webhooks.receiver import WebhookReceiver, hangs, says

pytestmark = pytest.mark.chaos

ROWS = "select from webhook_delivery for update"
Point: TypeAlias = Callable[[WebhookReceiver, Conn], Awaitable[None]]


async def scene_of(fleet: Fleet, receiver: WebhookReceiver) -> tuple[DeliveryScene, UUID]:
    """Create an endpoint at the receiver, for processes that may connect to it."""
    fleet.settings = msgspec.structs.replace(fleet.settings, fetch_allow=receiver.host)
    scene = DeliveryScene(fleet.pool, fleet.settings, fleet.org)
    endpoint_id, _ = await scene.endpoint(receiver.url)
    return scene, endpoint_id


async def wait_for_request(receiver: WebhookReceiver) -> None:
    async def any_has() -> bool:
        return bool(receiver.asked)

    await eventually(any_has)


async def before_the_mark(_: WebhookReceiver, holder: Conn) -> None:
    await holder.execute(ROWS)


async def during_the_try(receiver: WebhookReceiver, _: Conn) -> None:
    receiver.behave = hangs


async def before_the_record(receiver: WebhookReceiver, holder: Conn) -> None:
    """Make the receiver respond only once the delivery rows are locked, which blocks their record."""

    async def answers(*given: asyncio.StreamReader | asyncio.StreamWriter) -> None:
        await holder.execute(ROWS)
        receiver.behave = says(200)
        await says(200)(*given)  # type: ignore[arg-type]

    receiver.behave = answers


#: How a worker is held at its step, and whether the receiver has got a request by then.
POINTS: Mapping[str, tuple[Point, bool]] = {
    "before the mark": (before_the_mark, False),
    "during the try": (during_the_try, True),
    "before the record": (before_the_record, True),
}


@asynccontextmanager
async def held(fleet: Fleet, receiver: WebhookReceiver, point: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Hold any worker that starts in the block at this point; the yielded function waits for the first."""
    hold, asked = POINTS[point]
    async with fleet.pool.acquire() as holder:
        holding = holder.transaction()
        await holding.start()
        await hold(receiver, holder)

        async def reached() -> None:
            if asked:
                await wait_for_request(receiver)
            if point != "during the try":
                async with fleet.pool.acquire() as observer:
                    await eventually(lambda: waits_for_lock(observer))

        yield reached
        await holding.rollback()
        receiver.behave = says(200)


@pytest.mark.parametrize("point", POINTS)
async def test_another_worker_delivers_after_a_kill(fleet: Fleet, receiver: WebhookReceiver, point: str) -> None:
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


async def test_each_event_is_delivered_under_any_fault(
    own_fleet: Fleet, own_servers: ServerPair, receiver: WebhookReceiver
) -> None:
    """Events are emitted meanwhile: emissions may be cut off at any point, too."""
    scene, endpoint_id = await scene_of(own_fleet, receiver)
    await own_fleet.dispatcher()
    worker = await own_fleet.of_product("deliver")
    async with emit_events(scene) as emitter:
        await wait_for_request(receiver)
        worker.kill()
        await own_fleet.of_product("deliver")
        with redis.Redis.from_url(own_servers.valkey.url) as client:
            client.flushall()
        await emitter.goes_on()
        held = await emitter.hold()
        await asyncio.to_thread(own_servers.postgres.kill)
        await emitter.is_cut()
        await asyncio.to_thread(own_servers.postgres.start_and_wait_until_ready)
        await emitter.goes_on()
    await eventually(lambda: all_delivered(scene, endpoint_id))
    assert emitter.kept <= {*receiver.times} <= emitter.kept | emitter.unanswered
    assert held not in receiver.times


class Emitter:
    """Commits one event and rolls the next back, in turn, while the block of `emit_events` runs.

    `kept` are those with a confirmed commit. `unanswered` ones, with a connection lost meanwhile, may be
    committed or not. `cuts` counts lost connections, and failed connects.
    """

    def __init__(self, scene: DeliveryScene, stack: AsyncExitStack) -> None:
        self.scene, self._stack = scene, stack
        self.kept: set[str] = set()
        self.unanswered: set[str] = set()
        self.cuts = 0

    async def emit_until(self, over: asyncio.Event) -> None:
        ended = asyncio.ensure_future(over.wait())
        for number in count():
            try:
                with convert_postgres_away_errors():
                    await self._one(keep=number % 2 == 0)
            except ServiceUnavailable:
                self.cuts += 1
            if (await asyncio.wait([ended], timeout=0.02))[0]:
                return

    async def _one(self, *, keep: bool) -> None:
        async with self.scene.pool.acquire() as conn:
            change = conn.transaction()
            await change.start()
            event_id = await self._emit(conn)
            if not keep:
                await change.rollback()
                return
            self.unanswered.add(event_id)
            await change.commit()
            self.unanswered.remove(event_id)
            self.kept.add(event_id)

    async def hold(self) -> str:
        """Emit an event in a transaction that stays open while its connection lives."""
        conn = await asyncpg.connect(self.scene.settings.database_url)
        self._stack.callback(conn.terminate)
        await conn.transaction().start()
        return await self._emit(conn)

    async def _emit(self, conn: Conn) -> str:
        return ids.format_prefixed_id(
            ids.WEBHOOK_EVENT_ID_PREFIX, await conn.fetchval(EMIT, self.scene.org, "job.failed")
        )

    async def goes_on(self) -> None:
        """Wait for ten more confirmed events."""
        enough = len(self.kept) + 10

        async def are_kept() -> bool:
            return len(self.kept) >= enough

        await eventually(are_kept)

    async def is_cut(self) -> None:
        async def was_cut() -> bool:
            return self.cuts > 0

        await eventually(was_cut)


@asynccontextmanager
async def emit_events(scene: DeliveryScene) -> AsyncIterator[Emitter]:
    over = asyncio.Event()
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        emitter = Emitter(scene, stack)
        group.create_task(emitter.emit_until(over))
        try:
            yield emitter
        finally:
            over.set()


async def all_delivered(scene: DeliveryScene, endpoint_id: UUID) -> bool:
    return {*await scene.states(endpoint_id)} == {"delivered"}
