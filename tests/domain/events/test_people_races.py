"""People match the events at each moment under concurrent writes, folds and rebuilds."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from db.pool import Conn, Pool, open_postgres_pool
from db.reach import convert_postgres_away_errors
from domain.events import folds, people
from domain.events.event import NewEventRow
from domain.events.intake import EventIntake, open_event_intake
from domain.metrics import active_users
from domain.metrics.active_users import ActiveUserCountCache
from domain.metrics.windows import QUARTER_HOUR, TimeWindow
from schemas.errors import ServiceUnavailable
from schemas.settings import Settings
from tests.domain.events.sending import PROJECT, event, fold_all, new_budgets, take

MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)

#: Consecutive days with people at their borders, and quarter-hours at the borders.
BORDERS = [MIDNIGHT + n * DAY for n in range(-2, 2)]
WINDOWS = [
    *(TimeWindow(border - QUARTER_HOUR, border) for border in BORDERS),
    *(TimeWindow(border, border + QUARTER_HOUR) for border in BORDERS),
    *(TimeWindow(border, border + DAY) for border in BORDERS),
    TimeWindow(BORDERS[0], BORDERS[-1]),
    TimeWindow(BORDERS[0] - DAY, BORDERS[-1] + DAY),
]


class Did(NamedTuple):
    """Columns of an event that determine its person."""

    occurred_at: datetime
    user_id: str | None
    anonymous_id: str | None

    @property
    def who(self) -> tuple[bool, str | None]:
        """Return the person; a signed-in user counts as another person from then on."""
        return self.user_id is None, self.user_id or self.anonymous_id


def visits(dice: random.Random, number: int) -> list[NewEventRow]:
    """Return events of a few people around midnights, some with a user id."""
    return [
        event(
            dice.randrange(2_000),
            name=dice.choice(("open", "$identify")),
            occurred_at=dice.choice(BORDERS) + dice.choice((-QUARTER_HOUR, -INSTANT, 0 * QUARTER_HOUR, QUARTER_HOUR)),
            user_id=dice.choice((None, "ana", "bea", f"u{dice.randrange(30)}")),
            anonymous_id=dice.choice((None, "ana", f"a{dice.randrange(30)}")),
        )
        for _ in range(number)
    ]


def true(did: Sequence[Did], window: TimeWindow) -> int:
    return len(
        {one.who for one in did if window.since <= one.occurred_at < window.until and (one.user_id or one.anonymous_id)}
    )


async def look(conn: Conn) -> int:
    """Compare events and people in one snapshot: equal, or fewer and not cached. Return the number of events."""
    cache = ActiveUserCountCache()
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        asked = dict.fromkeys(WINDOWS, 0)
        found = await active_users.count_active_users(conn, cache, project_id=PROJECT, events=asked, now=MIDNIGHT)
        rows = await conn.fetch("select occurred_at, user_id, anonymous_id from event")
    did = [Did(*row) for row in rows]
    for window, n in zip(WINDOWS, found, strict=True):
        cached = cache.find_valid_cached_user_count(PROJECT, window, 0, MIDNIGHT)
        assert n <= true(did, window)
        assert cached in {None, true(did, window)}
    return len(did)


async def write(intake: EventIntake, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(25):
        await take(intake, visits(dice, 40))


async def fold_or_die(conn: Conn, dice: random.Random) -> None:
    with suppress(ServiceUnavailable), convert_postgres_away_errors():
        async with conn.transaction():
            await folds.DeltaFoldRunner().fold_each_waiting_shard(conn)
            if dice.random() < 0.2:
                await conn.execute("select pg_terminate_backend(pg_backend_pid())")


async def rebuild(conn: Conn, dice: random.Random) -> None:
    await people.rebuild_active_users(conn, project_id=PROJECT, day=dice.choice(BORDERS).date())


async def watch(conn: Conn, _: random.Random) -> None:
    await look(conn)


async def test_people_match_the_events_at_each_moment(settings: Settings, wide: Pool, conn: Conn) -> None:
    """Two processes take events of the same people, partly the same events; folds die."""
    dice, done = random.Random(3), asyncio.Event()

    async def repeat(one: Callable[[Conn, random.Random], Awaitable[object]]) -> None:
        while not done.is_set():
            async with wide.acquire() as own:
                await one(own, dice)

    async with AsyncExitStack() as stack:
        pools = [
            await stack.enter_async_context(open_postgres_pool(settings.database_url, name="writer", size=2))
            for _ in range(2)
        ]
        intakes = [await stack.enter_async_context(open_event_intake(pool, new_budgets())) for pool in pools]
        group = await stack.enter_async_context(asyncio.TaskGroup())
        for one in (fold_or_die, fold_or_die, rebuild, watch):
            group.create_task(repeat(one))
        try:
            await asyncio.gather(*[write(intakes[seed % 2], seed) for seed in range(4)])
        finally:
            done.set()
    assert await look(conn) > 1_000
    await fold_all(conn)
    assert await look(conn) > 1_000
    assert await conn.fetchval("select not exists (select from event_person_delta)")
