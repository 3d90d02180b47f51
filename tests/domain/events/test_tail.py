"""The tail: each event once, whatever transactions begin and end in which order."""

from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import uuid4

import pytest
from asyncpg.transaction import Transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn, Pool
from domain.events import group_commit, tail
from domain.events.tail import Tail, Wanted
from tests.domain.events.sending import NAMES, NOW, PROJECT, event, send

FOLLOWED = Wanted(PROJECT, back=timedelta(days=1))


async def begun(conn: Conn, wanted: Wanted = FOLLOWED) -> Tail:
    followed = Tail(wanted)
    await followed.begin(conn)
    return followed


async def seen(conn: Conn, followed: Tail) -> list[int]:
    """The numbers of what one look shows."""
    return sorted([kept.event_key.int async for kept in followed.look(conn)])


class Writers:
    """Four writers, each with a transaction of its own while it has written and not ended."""

    def __init__(self, conns: list[Conn]) -> None:
        self.conns = conns
        self.open: dict[int, tuple[Transaction, list[int]]] = {}

    async def write(self, turn: int, number: int) -> None:
        if turn not in self.open:
            self.open[turn] = self.conns[turn].transaction(), []
            await self.open[turn][0].start()
        await group_commit.keep(self.conns[turn], [event(number)])
        self.open[turn][1].append(number)

    async def end(self, turn: int, *, commit: bool) -> list[int]:
        """The numbers that are committed by it."""
        if turn not in self.open:
            return []
        transaction, written = self.open.pop(turn)
        await (transaction.commit if commit else transaction.rollback)()
        return written if commit else []


DEEDS = st.tuples(st.sampled_from(["look", "write", "write", "commit", "undo"]), st.integers(0, 3))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(DEEDS, min_size=1, max_size=24), page=st.integers(1, 4))
async def test_each_event_is_shown_at_the_first_look_after_its_commit(
    pool: Pool, conn: Conn, deeds: list[tuple[str, int]], page: int
) -> None:
    """Also of a transaction that was open at many looks; without a second to spare, which would hide it."""
    await conn.execute("truncate event, event_seen, event_delta")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "SPARE", timedelta(0))
        patch.setattr(tail, "LIMIT", page)
        async with AsyncExitStack() as stack:
            writers = Writers([await stack.enter_async_context(pool.acquire()) for _ in range(4)])
            waiting, followed = list[int](), await begun(conn)
            for number, (deed, turn) in enumerate(deeds):
                if deed == "look":
                    assert await seen(conn, followed) == sorted(waiting)
                    waiting = []
                elif deed == "write":
                    await writers.write(turn, number)
                else:
                    waiting += await writers.end(turn, commit=deed == "commit")
            for turn in range(4):
                waiting += await writers.end(turn, commit=True)
            assert await seen(conn, followed) == sorted(waiting)
            assert await seen(conn, followed) == []


async def test_it_shows_what_is_wanted_from_its_begin_on(conn: Conn) -> None:
    await send(conn, [event(0)])
    wanted = [
        FOLLOWED,
        FOLLOWED._replace(app_no=2),
        FOLLOWED._replace(name=NAMES[1]),
        FOLLOWED._replace(back=timedelta(hours=30)),
    ]
    tails = [await begun(conn, one) for one in wanted]
    old = event(4, occurred_at=NOW - timedelta(hours=25))
    await send(conn, [event(1), event(2), event(3, app_no=2), old, event(5, project_id=uuid4())])
    assert [await seen(conn, one) for one in tails] == [[1, 2, 3], [3], [1], [1, 2, 3, 4]]
    assert [await seen(conn, one) for one in tails] == [[]] * 4


async def test_an_event_is_shown_as_it_is_stored(conn: Conn) -> None:
    followed = await begun(conn)
    sent = event(5, event_id="e-5", user_id="u", anonymous_id="a", properties='{"a":1}')
    await send(conn, [sent])
    [kept] = [kept async for kept in followed.look(conn)]
    assert {name: getattr(kept, name) for name in sent._fields} == sent._asdict()
