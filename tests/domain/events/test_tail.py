"""Tail: each event once, in any order of transactions."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from asyncpg.transaction import Transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from db.pool import Conn, Pool
from domain.events import group_commit, tail
from domain.events.tail import EventTail, EventTailFilter
from tests.domain.events.sending import NAMES, NOW, PROJECT, event, send

FOLLOWED = EventTailFilter(PROJECT, back=timedelta(days=1))


async def begun(conn: Conn, wanted: EventTailFilter = FOLLOWED) -> EventTail:
    followed = EventTail(wanted)
    await followed.start_after_committed_app_events(conn)
    return followed


async def seen(conn: Conn, followed: EventTail) -> list[int]:
    """Return the numbers of one poll's events."""
    return sorted(kept.event_key.int for kept in await followed.poll_event_store(conn))


class Writers:
    """Four writers, each with a transaction of its own between its first write and its end."""

    def __init__(self, conns: list[Conn]) -> None:
        self.conns = conns
        self.open: dict[int, tuple[Transaction, list[int]]] = {}

    async def write(self, turn: int, number: int) -> None:
        if turn not in self.open:
            self.open[turn] = self.conns[turn].transaction(), []
            await self.open[turn][0].start()
        await group_commit.store_new_events(self.conns[turn], [event(number)])
        self.open[turn][1].append(number)

    async def end(self, turn: int, *, commit: bool) -> list[int]:
        """End a transaction; return the numbers that it commits."""
        if turn not in self.open:
            return []
        transaction, written = self.open.pop(turn)
        await (transaction.commit if commit else transaction.rollback)()
        return written if commit else []


async def rest(conn: Conn, followed: EventTail) -> list[int]:
    """Return the events of all polls in a row."""
    shown = await seen(conn, followed)
    while followed.more:
        shown += await seen(conn, followed)
    return shown


DEEDS = st.tuples(st.sampled_from(["look", "write", "write", "commit", "undo"]), st.integers(0, 3))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(DEEDS, min_size=1, max_size=24), limit=st.sampled_from([1, 3, 1_000]))
@example(deeds=[*[("write", 0)] * 3, ("write", 1), ("commit", 1), ("look", 0)], limit=3)
async def test_each_event_is_in_the_first_poll_after_its_commit(
    pool: Pool, conn: Conn, deeds: list[tuple[str, int]], limit: int
) -> None:
    """Also of a transaction that was open during many polls: a `MAX_TRANSACTION_LISTING_DELAY` above 0 would hide it.

    If polls end at their limit, no event is returned twice, and `may_have_missed_events` reports missed ones.
    """
    await conn.execute("delete from event; delete from event_seen; delete from event_delta")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "MAX_TRANSACTION_LISTING_DELAY", timedelta(0))
        patch.setattr(tail, "MAX_EVENTS_PER_TAIL_POLL", limit)
        async with AsyncExitStack() as stack:
            writers = Writers([await stack.enter_async_context(pool.acquire()) for _ in range(4)])
            waiting, shown, followed = list[int](), list[int](), await begun(conn)
            for number, (deed, turn) in enumerate(deeds):
                if deed == "look":
                    shown += await seen(conn, followed)
                    assert followed.more or followed.may_have_missed_events or sorted(shown) == sorted(waiting)
                elif deed == "write":
                    await writers.write(turn, number)
                else:
                    waiting += await writers.end(turn, commit=deed == "commit")
            for turn in range(4):
                waiting += await writers.end(turn, commit=True)
            shown += await rest(conn, followed)
    assert len({*shown}) == len(shown)
    assert {*shown} <= {*waiting}
    assert followed.may_have_missed_events or sorted(shown) == sorted(waiting)
    assert not (followed.may_have_missed_events and limit == 1_000)


async def test_dump_does_not_delay_the_tail(pool: Pool, conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Returned events aren't read again during another long transaction."""
    for name, value in {
        "MAX_TRANSACTION_LISTING_DELAY": timedelta(0),
        "MAX_TAIL_WAIT_FOR_COMMIT": timedelta(0),
        "MAX_EVENTS_PER_TAIL_POLL": 2,
    }.items():
        monkeypatch.setattr(tail, name, value)
    async with pool.acquire() as other, other.transaction():
        await other.execute("select count(*) from event")
        followed = await begun(conn)
        for number in range(5):
            await send(conn, [event(number)])
            assert await seen(conn, followed) == [number]
        assert not followed.may_have_missed_events


async def test_tail_applies_its_filter_from_begin_on(conn: Conn) -> None:
    await send(conn, [event(0)])
    wanted = [
        FOLLOWED,
        FOLLOWED._replace(app_no=2),
        FOLLOWED._replace(name=NAMES[1]),
        FOLLOWED._replace(back=timedelta(hours=30)),
    ]
    tails = [await begun(conn, filter_) for filter_ in wanted]
    old = event(4, occurred_at=NOW - timedelta(hours=25))
    await send(conn, [event(1), event(2), event(3, app_no=2), old, event(5, project_id=uuid4())])
    assert [await seen(conn, followed) for followed in tails] == [[1, 2, 3], [3], [1], [1, 2, 3, 4]]
    assert [await seen(conn, followed) for followed in tails] == [[]] * 4


async def test_an_event_is_shown_as_it_is_stored(conn: Conn) -> None:
    followed = await begun(conn)
    more: dict[str, Any] = {"properties": '{"a":"\\\\\\u00e9"}', "context": '{"b":"\\n"}'}
    sent = event(5, event_id="é|\t\\N", user_id="u", anonymous_id="a", **more)
    await send(conn, [sent])
    [kept] = await followed.poll_event_store(conn)
    assert {name: getattr(kept, name) for name in sent._fields} == sent._asdict()
