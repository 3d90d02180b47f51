"""Intake: queueing, fairness, and requests with a failing commit."""

import asyncio
import random
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest

from db.move import freezing
from db.pool import Conn, Pool
from domain.events import intake as intakes
from domain.events.event import NewEventRow
from domain.events.intake import EventIntake, EventIntakeResult, EventWriteFailed, open_event_intake
from domain.events.round_robin import FairRequestQueue
from schemas.errors import ServiceUnavailable
from tests.domain.events.sending import NOW, event, fold_all, keyed, new_budgets, stored, take, wrong_counts
from tests.jobs import scene
from tests.waiting import eventually

A, B, C = (uuid4() for _ in range(3))


def sent(numbers: range, project_id: UUID = A) -> list[NewEventRow]:
    return [event(number, project_id=project_id) for number in numbers]


@pytest.fixture
def one_committer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intakes, "MAX_CONCURRENT_EVENT_COMMITS", 1)


@asynccontextmanager
async def held_up(pool: Pool, intake: EventIntake) -> AsyncIterator[None]:
    """Block the intake's one committer by a rotation until the block ends."""
    async with pool.acquire() as other, pool.acquire() as observer:
        await other.execute("select pg_advisory_lock(7203)")
        first = send(intake, sent(range(900_000, 900_001), C))
        await eventually(lambda: scene.waits_for_lock(observer))
        yield
        await other.execute("select pg_advisory_unlock(7203)")
        await first


def send(intake: EventIntake, events: list[NewEventRow]) -> "asyncio.Task[EventIntakeResult]":
    return asyncio.create_task(take(intake, events))


def send_of(intake: EventIntake, organization_id: UUID, events: list[NewEventRow]) -> "asyncio.Task[EventIntakeResult]":
    """Send events of one of an organization's projects."""
    app = keyed(events[0].project_id, 1, organization_id)
    return asyncio.create_task(intake.commit_request_events(app, events, size=0))


async def test_requests_of_one_moment_are_one_commit(pool: Pool, conn: Conn) -> None:
    async with open_event_intake(pool, new_budgets()) as intake:
        first, second = sent(range(300)), sent(range(200, 500))
        taken = await asyncio.gather(*[take(intake, one) for one in (first, second, first)])
        assert await take(intake, first) == EventIntakeResult(0, 300)
        assert await take(intake, []) == EventIntakeResult(0, 0)
        twice = [event(500), event(501), event(500, name="other")]
        assert await take(intake, twice) == EventIntakeResult(2, 1)
    assert sum(one.accepted for one in taken) == 500
    assert sum(one.duplicates for one in taken) == 400
    assert await stored(conn) == [*range(502)]
    await fold_all(conn)
    assert await wrong_counts(conn) == []


@pytest.mark.usefixtures("one_committer")
async def test_events_of_a_moving_project_fail_alone(pool: Pool, conn: Conn) -> None:
    """A request that passed before the pause shares its commit with those of other organizations."""
    await freezing.freeze_event_tables(conn, "tenantry_move_test", [A])
    async with open_event_intake(pool, new_budgets()) as intake:
        async with held_up(pool, intake):
            tasks = [send(intake, sent(range(2), project_id)) for project_id in (A, B)]
            await asyncio.sleep(0)
        refused, taken = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(refused, ServiceUnavailable)
    assert taken == EventIntakeResult(2, 0)


@pytest.mark.usefixtures("one_committer")
async def test_flooding_organization_leaves_room_for_others(pool: Pool) -> None:
    """Each may hold as much as is free then: half, a quarter, an eighth; also over many projects."""
    tasks = []
    async with open_event_intake(pool, new_budgets()) as intake:
        async with held_up(pool, intake):
            for organization_id in (A, B, uuid4()):
                for start in range(0, 20_000, 500):
                    tasks.append(send_of(intake, organization_id, sent(range(start, start + 500), uuid4())))
                    await asyncio.sleep(0)
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, ServiceUnavailable)]
    taken = [answers[turn : turn + 40].count(EventIntakeResult(500, 0)) * 500 for turn in (0, 40, 80)]
    assert taken == [9_500, 5_000, 2_500]
    assert len(refused) == 120 - sum(taken) // 500
    assert {one.retry_after for one in refused} == {1}


@pytest.mark.usefixtures("one_committer")
async def test_a_large_body_counts_as_many_events(pool: Pool) -> None:
    async with open_event_intake(pool, new_budgets()) as intake:
        async with held_up(pool, intake):
            large = [asyncio.create_task(take(intake, [event(n)], size=8_000_000)) for n in range(3)]
            await asyncio.sleep(0)
            assert [task.done() for task in large] == [False, False, True]
        answers = await asyncio.gather(*large, return_exceptions=True)
    assert answers[:2] == [EventIntakeResult(1, 0)] * 2
    assert isinstance(answers[2], ServiceUnavailable)


@pytest.mark.usefixtures("one_committer")
async def test_organizations_take_turns_and_so_do_their_projects(pool: Pool) -> None:
    """A small request goes with the next commit, despite any number of other requests before it."""
    async with open_event_intake(pool, new_budgets()) as intake:
        async with held_up(pool, intake):
            parts = [range(start, start + 500) for start in range(0, 9_000, 500)]
            flood = [send_of(intake, A, sent(part, A if part.start < 8_000 else uuid4())) for part in parts]
            little = [send_of(intake, A, sent(range(10), B)), send(intake, sent(range(10), uuid4()))]
            await asyncio.sleep(0)
        assert await asyncio.gather(*little) == [EventIntakeResult(10, 0)] * 2
        assert sum(task.done() for task in flood) <= 8
        await asyncio.gather(*flood)


def test_turns_are_fair_by_organization_and_then_by_project() -> None:
    """Property: no organization has a second turn before another's first."""
    for seed in range(200):
        dice, turns = random.Random(seed), FairRequestQueue[Waiting]()
        waiting = [Waiting(dice.choice((A, B, C)), UUID(int=dice.randrange(3)), n) for n in range(20)]
        for one in waiting:
            turns.add(one)
        gone = dice.sample(waiting, 5)
        assert [turns.remove(one) for one in gone * 2] == [True] * 5 + [False] * 5
        order = []
        while turns:
            order.append(turns.peek_next_request())
            assert turns.take() == order[-1]
        assert sorted(order) == sorted(set(waiting) - set(gone))
        check_fair([one.organization_id for one in order])
        for organization_id in (A, B, C):
            own = [one for one in order if one.organization_id == organization_id]
            check_fair([one.project_id for one in own])
            for project_id in {one.project_id for one in own}:
                numbers = [one.number for one in own if one.project_id == project_id]
                assert numbers == sorted(numbers)


class Waiting(NamedTuple):
    organization_id: UUID
    project_id: UUID
    number: int


def check_fair(order: list[UUID]) -> None:
    """Check that between two turns of one, each other waiting one has a turn."""
    for place, one in enumerate(order):
        later = order[place + 1 :]
        if one in later:
            again = later.index(one)
            assert set(later[again:]) <= {one, *later[:again]}


@pytest.mark.usefixtures("one_committer")
async def test_request_canceled_while_queued_is_not_written(pool: Pool, conn: Conn) -> None:
    """Its place is free at once."""
    async with open_event_intake(pool, new_budgets()) as intake:
        async with held_up(pool, intake):
            gone = [send(intake, sent(range(start, start + 500))) for start in range(0, 9_500, 500)]
            await asyncio.sleep(0)
            with pytest.raises(ServiceUnavailable):
                await take(intake, sent(range(500)))
            for task in gone:
                task.cancel()
            await asyncio.gather(*gone, return_exceptions=True)
            stays = send(intake, sent(range(20_000, 20_500)))
        assert await stays == EventIntakeResult(500, 0)
    assert await stored(conn) == [*range(20_000, 20_500), 900_000]


@pytest.mark.usefixtures("one_committer")
async def test_unwritable_request_does_not_affect_others(pool: Pool, conn: Conn) -> None:
    """An event of a day without a table is refused for now."""
    bad = event(1, project_id=B, name=None, properties='{"email": "ada@example.com"}')
    early = event(1, project_id=uuid4(), occurred_at=NOW - timedelta(days=3))
    await conn.execute(f"drop table event_{early.occurred_at:%Y%m%d}")
    each = (sent(range(10)), [bad], [early], sent(range(10, 20), C))
    async with open_event_intake(pool, new_budgets()) as intake:
        async with held_up(pool, intake):
            tasks = [send(intake, events) for events in each]
            await asyncio.sleep(0)
        first, failed, refused, last = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, last) == (EventIntakeResult(10, 0), EventIntakeResult(10, 0))
    assert isinstance(failed, EventWriteFailed)
    assert "ada@example.com" not in "".join(traceback.format_exception(failed))
    assert isinstance(refused, ServiceUnavailable)
    assert "no table" in str(refused)
    assert await stored(conn) == [*range(20), 900_000]
