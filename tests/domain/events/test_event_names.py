"""Names beyond a project's limit are counted together, in folds, rebuilds and reads."""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from datetime import timedelta

from db.pool import Conn, Pool
from db.reach import convert_postgres_away_errors
from domain.events import folds, group_commit, rollups
from domain.events.event import NewEventRow
from domain.events.event_names import ALWAYS_COUNTED_EVENT_NAMES, MAX_COUNTED_EVENT_NAMES, OTHER_EVENTS_NAME
from domain.metrics import rollup_counts
from domain.metrics.rollup_counts import EventCountGrouping
from schemas.errors import ServiceUnavailable
from tests.domain.events import racing
from tests.domain.events.sending import NOW, PROJECT, event, fold_all, send

HOUR = NOW.replace(minute=0)

#: More names than places, and some that need none.
NAMES = [f"name {number}" for number in range(MAX_COUNTED_EVENT_NAMES + 150)]


def named(numbers: range, names: list[str]) -> list[NewEventRow]:
    """Return an event of each number, with a name of these."""
    return [
        event(number, name=name, occurred_at=NOW, value_micros=1_000, currency="EUR")
        for number, name in zip(numbers, names, strict=True)
    ]


async def read(conn: Conn) -> Counter[str]:
    """Return the counts of the hour by name and for all names, folded or not."""
    await folds.fold_project_for_read(conn, project_id=PROJECT)
    rows = await rollup_counts.count_rolled_up_events(
        conn,
        project_id=PROJECT,
        names=[*NAMES, *ALWAYS_COUNTED_EVENT_NAMES, ""],
        bounds=[HOUR, HOUR + timedelta(hours=1)],
        by=EventCountGrouping(name=True),
    )
    return Counter({row.name: row.n for row in rows})


async def by_events(conn: Conn) -> Counter[str]:
    """Return the same counts from the events and the names with a place."""
    rows = await conn.fetch("select name, count(*) as n from event group by name")
    places = {row["name"] for row in await conn.fetch("select name from event_name")} | {*ALWAYS_COUNTED_EVENT_NAMES}
    counts = Counter[str]()
    for row in rows:
        counts[row["name"] if row["name"] in places else OTHER_EVENTS_NAME] += row["n"]
        counts[""] += row["n"]
    return counts


async def test_names_beyond_the_limit_are_counted_once_and_together(wide: Pool, conn: Conn) -> None:
    """Under concurrent writes, folds that may die, and rebuilds; reads before and after a fold agree."""
    dice, done = random.Random(5), asyncio.Event()

    async def write(first: int) -> None:
        names = dice.sample(NAMES, len(NAMES))
        for start in range(0, len(names), 500):
            some = names[start : start + 500]
            async with wide.acquire() as own, own.transaction():
                numbers = range(first + start, first + start + len(some))
                await group_commit.store_new_events(own, sorted(named(numbers, some)))

    async def fold() -> None:
        while not done.is_set():
            with suppress(ServiceUnavailable), convert_postgres_away_errors():
                async with wide.acquire() as own:
                    await racing.fold_or_die(own, dice)

    async def rebuild() -> None:
        while not done.is_set():
            async with wide.acquire() as own:
                await rollups.rebuild_event_counts(own, project_id=PROJECT, day=NOW.date())

    others = asyncio.gather(fold(), fold(), rebuild())
    await asyncio.gather(write(0), write(10_000))
    done.set()
    await others
    await fold_all(conn)
    assert await conn.fetchval("select count(*) from event_name") == MAX_COUNTED_EVENT_NAMES
    assert await conn.fetchval("select n from event_name_count") == MAX_COUNTED_EVENT_NAMES
    assert await read(conn) == await by_events(conn)

    late = ["never seen", *ALWAYS_COUNTED_EVENT_NAMES, *NAMES[:200]]
    await send(conn, named(range(20_000, 20_000 + len(late)), late))
    unfolded = await read(conn)
    await fold_all(conn)
    folded = await read(conn)
    await rollups.rebuild_event_counts(conn, project_id=PROJECT, day=NOW.date())
    assert unfolded == folded == await read(conn) == await by_events(conn)
    assert folded[OTHER_EVENTS_NAME] >= 2 * (len(NAMES) - MAX_COUNTED_EVENT_NAMES) + 2
