"""Timelines of posts with workers killed at each step: they prove over HTTP that each was published once.

`waiting` is read at every moment.
"""

import asyncio
import signal

import pytest
import redis

from jobs.kinds import PUBLISH_POST_KIND
from tests.chaos.fleet import LONG_S, Fleet
from tests.chaos.posts import staged, watching
from tests.chaos.publisher import ACCEPTED, ANSWERED, BEFORE_MARK, CALLED, MARKED
from tests.servers import ServerPair
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.long]

BEGUN, LIVE = ["attempt_started", "prepared"], ["published", "attempt_ended completed"]
LOST = ["answer_lost", "attempt_ended lost", "attempt_started"]
#: Expected timeline of each post by kill point: the platform stores a record once by its key.
KILLED = {
    BEFORE_MARK: ["attempt_started", "attempt_ended lost", *BEGUN, "call", *LIVE],
    MARKED: [*BEGUN, "call", *LOST, "call", *LIVE],
    CALLED: [*BEGUN, "call", *LOST, "call", *LIVE],
    ANSWERED: [*BEGUN, "call", *LOST, "call", *LIVE],
    ACCEPTED: [*BEGUN, "call", "accepted", "attempt_ended lost", "attempt_started", *LIVE],
}


#: The points at which the worker is frozen, and the timelines after another worker has taken over.
FROZEN = {point: KILLED[point] for point in (MARKED, CALLED, ANSWERED)}


async def test_timeline_has_kills_and_lost_responses(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    async with staged(fleet, KILLED, monkeypatch) as stage:
        assert {*(await stage.reasons()).values()} == {"no_worker"}
        async with watching(stage):
            first = await fleet.publisher(lease_s=LONG_S)
            await stage.reached(KILLED)
            assert {*(await stage.reasons()).values()} == {None}
            await fleet.pause(PUBLISH_POST_KIND.pool, paused=True)
            first.kill()
            await fleet.bury(first)
            assert {*(await stage.reasons()).values()} == {"worker_lost"}
            await fleet.dispatcher()

            async def all_wait() -> bool:
                return {*(await stage.reasons()).values()} == {"pool_paused"}

            await eventually(all_wait)
            fleet.go()
            await fleet.publisher(lease_s=LONG_S)
            await fleet.pause(PUBLISH_POST_KIND.pool, paused=False)
            await stage.published()
            assert {*(await stage.reasons()).values()} == {None}
        proofs = {point: await stage.proof(point) for point in KILLED}
        assert proofs == {point: ["scheduled", *told] for point, told in KILLED.items()}


async def test_resumed_worker_adds_no_entries(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker has its posts by then: their fences refuse each write of the frozen one."""
    async with staged(fleet, FROZEN, monkeypatch) as stage, watching(stage):
        frozen = await fleet.publisher(lease_s=LONG_S)
        await stage.reached(FROZEN)
        frozen.signal(signal.SIGSTOP)
        await fleet.bury(frozen)
        fleet.go()
        await fleet.dispatcher()
        await fleet.publisher(lease_s=LONG_S)
        await stage.published()
        proofs = {point: await stage.proof(point) for point in FROZEN}
        assert proofs == {point: ["scheduled", *told] for point, told in FROZEN.items()}
        frozen.signal(signal.SIGCONT)
        # Its attempts have ended once it has exited.
        frozen.signal(signal.SIGTERM)
        assert await frozen.exited() == 0
        assert {point: await stage.proof(point) for point in FROZEN} == proofs
        assert {*(await stage.reasons()).values()} == {None}


async def test_timeline_has_each_attempt_after_server_faults(
    own_fleet: Fleet, own_servers: ServerPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each attempt survives or is interrupted: its end is recorded, and no post was published twice."""
    async with staged(own_fleet, (BEFORE_MARK, MARKED, ANSWERED, ACCEPTED), monkeypatch) as stage:
        async with watching(stage):
            await own_fleet.dispatcher()
            await own_fleet.publisher(lease_s=LONG_S)
            await stage.reached(stage.posts)
            with redis.Redis.from_url(own_servers.valkey.url) as client:
                client.flushall()
            await asyncio.to_thread(own_servers.postgres.stop)
            await asyncio.to_thread(own_servers.postgres.start_and_wait_until_ready)
            own_fleet.go()
            await stage.published()
        for point in stage.posts:
            assert (await stage.proof(point))[0] == "scheduled"
