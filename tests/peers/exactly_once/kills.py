"""Each call of each post, with the worker killed at it: real processes, all posts at once.

One worker holds all posts at their points and is killed with kill -9. Then a dispatcher and another worker,
the product's own, continue, while the clock is advanced instead of waiting.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import msgspec

from jobs.courier import open_redis_wake_courier
from tests.chaos.fleet import Fleet, Process
from tests.peers.exactly_once import worker
from tests.peers.exactly_once.faults import Say, order
from tests.peers.exactly_once.rows import AFTER_COMMIT, KILL, OutcomeRow, row_of_post
from tests.peers.exactly_once.shapes import SHAPES, PlatformCall, Shape
from tests.peers.exactly_once.system import PlayedPost, System
from tests.peers.exactly_once.timeline import compared
from tests.peers.exactly_once.worker import ANSWERED, BEFORE, COMMITTED, DURING, FILE, POINTS, Stop
from tests.peers.simulators.faults import SimFault
from tests.waiting import eventually

EVENTS = {
    BEFORE: f"{KILL} before it",
    DURING: f"{KILL} while it is answered",
    ANSWERED: f"{KILL} after its answer",
    COMMITTED: AFTER_COMMIT,
}
#: All posts run at once, for one tenant and one server, which get three eighths of the slots.
SLOTS, POOL_SIZE = 400, 30
LEASE_S = 15.0
#: Minimal step of the clock: each jump costs a round of the dispatcher.
JUMP_S = 5.0
PATIENCE_S = 600.0


class KilledPost(NamedTuple):
    shape: Shape
    call: PlatformCall
    point: str
    sent: PlayedPost

    @property
    def stops(self) -> list[tuple[str, Stop]]:
        """Return the jobs that stop, each with its point: the post's job, or the token refresh of its
        account.

        After a refresh the post itself runs up to its own call.
        """
        post, account = str(self.sent.post_id), str(self.sent.account_id)
        found = [(account if self.shape.aged else post, Stop(self.point, self.call))]
        if self.shape.aged and self.point == COMMITTED:
            found.append((post, Stop(BEFORE, self.shape.send)))
        return found


async def play_all(system: System, platforms: frozenset[str], folder: Path, say: Say) -> list[OutcomeRow]:
    async with open_redis_wake_courier(system.settings.redis_url) as courier:
        fleet = Fleet(system.settings, folder, system.pool, courier, system.org)
        try:
            return await play(system, fleet, platforms, say)
        finally:
            fleet.end()


async def play(system: System, fleet: Fleet, platforms: frozenset[str], say: Say) -> list[OutcomeRow]:
    await system.align()
    doomed = [await schedule(system, *one) for one in planned(platforms)]
    say(f"{len(doomed)} posts, whose worker is killed at {len(POINTS)} points of each call")
    await fleet.dispatcher()
    doomed_worker = await first_worker(fleet, doomed)
    await at_their_points(system, fleet, doomed)
    doomed_worker.kill()
    await system.advance(LEASE_S + 1, alive=False)
    say("killed; another worker goes on")
    await fleet.of_product("publish", slots=SLOTS, lease_s=LEASE_S, pool_size=POOL_SIZE)
    await ended(system)
    return [await row_of(system, one) for one in doomed]


async def row_of(system: System, one: KilledPost) -> OutcomeRow:
    row = await row_of_post(system, one.shape, one.call, EVENTS[one.point], one.sent)
    return await compared(system, one.shape, row, one.sent)


def planned(platforms: frozenset[str]) -> Iterator[tuple[Shape, PlatformCall, str]]:
    return (
        (shape, call, point)
        for shape in SHAPES
        if shape.platform in platforms
        for call in shape.calls
        if call.before is None
        for point in POINTS
    )


async def schedule(system: System, shape: Shape, call: PlatformCall, point: str) -> KilledPost:
    sent = await system.post(shape)
    if point == DURING:
        await order(system, shape, call, SimFault.ACCEPT_THEN_TIMEOUT, sent.username)
    return KilledPost(shape, call, point, sent)


async def first_worker(fleet: Fleet, doomed: Sequence[KilledPost]) -> Process:
    """Start a worker with the stop point of each job."""
    path = fleet.folder / "stops.json"
    path.write_bytes(msgspec.json.encode(dict(stop for one in doomed for stop in one.stops)))
    with patch.dict(os.environ, {FILE: str(path)}):
        return await fleet._known(worker.__name__, {"slots": SLOTS, "lease_s": LEASE_S, "pool_size": POOL_SIZE})


async def at_their_points(system: System, fleet: Fleet, doomed: Sequence[KilledPost]) -> None:
    """Wait until all posts are at their points; the platforms hold the calls that are being answered."""
    words = {f"{key}.{stop.point}" for one in doomed for key, stop in one.stops}
    during = sum(one.point == DURING for one in doomed)

    async def are() -> bool:
        await let_pass(system)
        held = sum(simulator.faults.held for simulator in system.simulators.values())
        return words <= fleet.left() and held == during

    await eventually(are, within=PATIENCE_S)


async def ended(system: System) -> None:
    async def are() -> bool:
        running = "select count(*) from job where attempt_started_at is not null"
        if not await system.pool.fetchval(running):
            await let_pass(system)
        left: int = await system.pool.fetchval(
            "select count(*) from job where pool = 'publish' and finished_at is null"
        )
        return left == 0

    await eventually(are, within=PATIENCE_S)


async def let_pass(system: System) -> None:
    """Advance the clock to the next due job, if none is due."""
    wait_s = await system.next_due()
    if wait_s is not None and wait_s > 0:
        await system.advance(max(wait_s, JUMP_S))
