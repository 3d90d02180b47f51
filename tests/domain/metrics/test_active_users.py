"""Active users are the distinct people of the events, in every window, folded or not."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from db.pool import Conn
from domain.events import rollups
from domain.events.event import NewEventRow
from domain.metrics import active_users
from domain.metrics.active_users import ActiveUserCountCache
from domain.metrics.windows import QUARTER_HOUR, TimeWindow
from tests.domain.events.sending import PROJECT, event, fold_all, send

NOW = datetime.now(UTC)
FIRST = NOW.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=7)
QUARTERS = 8 * 96


def at_random(dice: random.Random, numbers: range, project_id: UUID = PROJECT) -> list[NewEventRow]:
    """Return events of a few people, by a user id or an equal anonymous id, or of no person."""
    return [
        event(
            number,
            occurred_at=FIRST + timedelta(seconds=dice.randrange(QUARTERS * 900)),
            user_id=dice.choice((None, "ana", "béa", "cy")),
            anonymous_id=dice.choice((None, "ana", "dan")),
            project_id=project_id,
        )
        for number in numbers
    ]


def true(events: Sequence[NewEventRow], window: TimeWindow) -> int:
    return len(
        {
            (event.user_id is None, event.user_id or event.anonymous_id)
            for event in events
            if window.since <= event.occurred_at < window.until and (event.user_id or event.anonymous_id)
        }
    )


def windows(dice: random.Random, number: int) -> list[TimeWindow]:
    found = []
    for _ in range(number):
        since = FIRST + QUARTER_HOUR * dice.randrange(QUARTERS)
        found.append(TimeWindow(since, since + QUARTER_HOUR * dice.choice((1, 7, 96, dice.randrange(1, 700)))))
    return [*dict.fromkeys(found)]


async def counted(conn: Conn, asked: Sequence[TimeWindow]) -> list[int]:
    events = dict.fromkeys(asked, 0)
    return await active_users.count_active_users(
        conn, ActiveUserCountCache(), project_id=PROJECT, events=events, now=NOW
    )


async def test_each_window_has_its_people_each_once(conn: Conn) -> None:
    """Also of people that are folded twice; and again after a rebuild of all."""
    dice = random.Random(41)
    events: list[NewEventRow] = []
    asked = windows(dice, 60)
    for turn in range(3):
        more = at_random(dice, range(turn * 20, turn * 20 + 20))
        await send(conn, more)
        await send(conn, at_random(dice, range(turn * 20, turn * 20 + 20), project_id=UUID(int=8)))
        events += more
        await fold_all(conn)
        assert await counted(conn, asked) == [true(events, window) for window in asked]
    await conn.execute("update event_person set am = 0")
    await conn.execute("update event_person_month set days = 0")
    await fold_all(conn)
    for day in {sent.occurred_at.date() for sent in events}:
        await rollups.rebuild_event_counts(conn, project_id=PROJECT, day=day)
    assert await counted(conn, asked) == [true(events, window) for window in asked]


async def test_a_window_without_another_event_is_counted_once_in_ten_minutes(conn: Conn) -> None:
    counted, window = ActiveUserCountCache(most=1), TimeWindow(FIRST, FIRST + timedelta(days=1))

    async def asked(events: int, now: datetime = NOW) -> int:
        [n] = await active_users.count_active_users(conn, counted, project_id=PROJECT, events={window: events}, now=now)
        return n

    assert await asked(0) == 0
    await send(conn, [event(1, occurred_at=FIRST, user_id="ana")])
    await fold_all(conn)
    assert [await asked(events) for events in (0, 1)] == [0, 1]
    await conn.execute("delete from event_person")
    assert [await asked(1), await asked(1, NOW + active_users.ACTIVE_USER_CACHE_TIME)] == [1, 0]
