"""The long-polling hub: one query for all waiting requests, none without, answers for all at the end."""

import asyncio
import signal
from collections.abc import Sequence
from types import FrameType
from uuid import UUID

import pytest

from api.streams.long_poll import AwaitedObjectRef, LongPollHub, open_long_poll_hub
from schemas import ids
from tests.api.conftest import poll
from tests.waiting import PATIENCE_S

ORG = ids.new_uuid7()


class FakeJobs:
    """Versions of jobs that a test changes, and the polls."""

    def __init__(self) -> None:
        self.versions: dict[UUID, int] = {}
        self.looks: list[Sequence[AwaitedObjectRef]] = []
        self.failing = False

    async def look(self, refs: Sequence[AwaitedObjectRef]) -> list[int | None]:
        self.looks.append(refs)
        if self.failing:
            raise OSError("Postgres is away")
        return [self.versions.get(job_id) for _, job_id in refs]

    def add(self) -> AwaitedObjectRef:
        job_id = ids.new_uuid7()
        self.versions[job_id] = 1
        return ORG, job_id


@pytest.fixture
def ledger() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def watcher(ledger: FakeJobs) -> LongPollHub[int]:
    return LongPollHub(ledger.look, interval_s=0.01, per_organization=3, in_total=5)


def is_second_version(seen: int) -> bool:
    return seen >= 2


async def wait_for_job(watcher: LongPollHub[int], ref: AwaitedObjectRef, *, within: float = 5) -> int | None:
    with watcher.subscribe(ref) as seat:
        return await seat.await_wanted_state_or_none(is_second_version, within=within)


async def test_waiting_requests_share_one_poll(ledger: FakeJobs, watcher: LongPollHub[int]) -> None:
    refs = [ledger.add() for _ in range(2)]
    waiting = [asyncio.create_task(wait_for_job(watcher, ref)) for ref in (*refs, refs[0])]
    await poll(lambda: len(ledger.looks) >= 2)
    assert [sorted(look) for look in ledger.looks] == [sorted(refs)] * len(ledger.looks)
    for _, job_id in refs:
        ledger.versions[job_id] = 2
    found = await asyncio.gather(*waiting)
    assert found == [2, 2, 2]


async def test_no_poll_without_waiting_requests(ledger: FakeJobs, watcher: LongPollHub[int]) -> None:
    assert await wait_for_job(watcher, ledger.add(), within=0.02) is None
    before = asyncio.all_tasks()
    await poll(lambda: is_idle(before))
    looks = len(ledger.looks)
    ref = ledger.add()
    ledger.versions[ref[1]] = 2
    assert await wait_for_job(watcher, ref) is not None
    assert len(ledger.looks) > looks


def is_idle(before: set[asyncio.Task[None]]) -> bool:
    """Return whether the polling task has ended by itself."""
    return all(task.done() for task in before if task is not asyncio.current_task())


async def test_failed_poll_is_repeated(ledger: FakeJobs, watcher: LongPollHub[int]) -> None:
    ref = ledger.add()
    ledger.failing = True
    waiting = asyncio.create_task(wait_for_job(watcher, ref))
    await poll(lambda: len(ledger.looks) >= 2)
    ledger.versions[ref[1]], ledger.failing = 2, False
    assert await waiting is not None


async def test_deleted_job_ends_the_wait(watcher: LongPollHub[int]) -> None:
    assert await wait_for_job(watcher, (ORG, ids.new_uuid7()), within=30) is None


async def test_subscribers_are_limited_per_organization(ledger: FakeJobs, watcher: LongPollHub[int]) -> None:
    ref = ledger.add()
    waiting = [asyncio.create_task(wait_for_job(watcher, ref)) for _ in range(3)]
    await poll(lambda: len(ledger.looks) >= 1)
    with watcher.subscribe(ref) as crowded, watcher.subscribe((ids.new_uuid7(), ref[1])) as other:
        assert (crowded.closed, other.closed) == (True, False)
        assert await crowded.await_wanted_state_or_none(is_second_version, within=30) is None
        assert watcher.is_full_for_organization(ids.new_uuid7())
        with watcher.subscribe((ids.new_uuid7(), ref[1])) as beyond_all:
            assert beyond_all.closed
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert watcher.waiting_count == 0
    with watcher.subscribe(ref) as seat:
        assert not seat.closed


async def test_signal_releases_all_waits_and_calls_its_handler(ledger: FakeJobs) -> None:
    heard: list[int] = []

    def server(number: int, _: FrameType | None) -> None:
        heard.append(number)

    before = signal.signal(signal.SIGTERM, server)
    try:
        async with open_long_poll_hub(ledger.look) as watcher:
            waiting = asyncio.create_task(wait_for_job(watcher, ledger.add(), within=30))
            await poll(lambda: len(ledger.looks) >= 1)
            signal.raise_signal(signal.SIGTERM)
            assert await asyncio.wait_for(waiting, PATIENCE_S) is None
            assert await wait_for_job(watcher, ledger.add(), within=30) is None
        assert heard == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGTERM) is server
    finally:
        signal.signal(signal.SIGTERM, before)
