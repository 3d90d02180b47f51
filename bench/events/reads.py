"""Query times over 90 days of 100,000,000 events of ten names, and of 10,000 people.

The counts are rollups of so many events; no event itself is stored or read.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bench.environment import Environment
from bench.figures import ProgressCallback, Result, spread
from db.pool import Conn, Pool, acquire
from domain.metrics import conversions, metrics
from domain.metrics.active_users import PeopleCache
from domain.metrics.metrics import MetricQuery, MetricSources
from domain.metrics.windows import TimeWindow
from domain.tenancy import organizations
from schemas import ids
from schemas.metrics import Metric


class Size(NamedTuple):
    """Days, active people on each day, and repetitions of each query."""

    days: int = 90
    people: int = 10_000
    times: int = 40


#: A size for tests: it checks that everything works.
TINY = Size(days=3, people=20, times=2)

NAMES, EVENTS = 10, 100_000_000

#: Zones with day boundaries on a UTC hour, and within one.
ZONES = {"whole hours": "Europe/Berlin", "split hours": "Asia/Kolkata"}

#: The queries of each figure: the slower zone counts.
FIGURES = {"reads_days_p95_ms": "ten names by day", "reads_people_p95_ms": "people by day, again"}

Question = Callable[[], Awaitable[Any]]


async def measure(environment: Environment, size: Size, tell: ProgressCallback) -> Result:
    """Time each query in two zones; the figures are the slower ones."""
    pool, now = environment.pool, datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    details: dict[str, dict[str, float]] = {}
    for shape, zone in ZONES.items():
        tell(f"{size.days} days in {zone}")
        for what, question in (await _questions(pool, zone, size, now)).items():
            details[f"{what}, {shape}"] = await _timed(question, 1 if "first" in what else size.times)
    figures = {
        figure: max(took["p95"] for what, took in details.items() if what.startswith(said))
        for figure, said in FIGURES.items()
    }
    return Result(figures, details)


async def _questions(pool: Pool, zone: str, size: Size, now: datetime) -> dict[str, Question]:
    """Return the queries of a new project with full rollups."""
    asked = await _project(pool, zone, TimeWindow(now - timedelta(days=size.days), now))
    await _fill(pool, asked, size)
    stores = MetricSources(lambda: _of(pool), lambda: _of(pool), PeopleCache())
    of_names = conversions.ConversionQuery(
        asked.organization_id, asked.project_id, asked.window, [f"name-{n}" for n in range(NAMES)], None,
        ("day", "eventName"),
    )  # fmt: skip

    def of(metric: Metric) -> Question:
        return lambda: metrics.read(stores, asked._replace(metrics=[metric]), now=now)

    return {
        "ten names by day": lambda: conversions.count(stores, of_names),
        "all events by day": of("events"),
        "people by day, first": of("active_users"),
        "people by day, again": of("active_users"),
    }


def _of(pool: Pool) -> AbstractAsyncContextManager[Conn]:
    return acquire(pool)


async def _project(pool: Pool, zone: str, window: TimeWindow) -> MetricQuery:
    async with pool.acquire() as conn:
        org, project = (await organizations.create(conn, name="bench", tier="partner")).live, ids.new()
        await conn.execute(
            """insert into project (organization_id, id, name, timezone, primary_language, metadata)
               values ($1, $2, 'bench', $3, 'en', '{}')""",
            org, project, zone,
        )  # fmt: skip
    return MetricQuery(org, project, "project", None, (), window, "day")


async def _fill(pool: Pool, asked: MetricQuery, size: Size) -> None:
    """Insert counts for all quarter-hours and hours, and every person on every day."""
    since, until = asked.window
    for table, step, of_day in (("event_rollup", "15 minutes", 96), ("event_rollup_hour", "1 hour", 24)):
        await pool.execute(
            f"""insert into {table}
                select $1::uuid, case when n < {NAMES} then 'name-' || n else '' end, at, 1, '',
                       $4::int / case when n < {NAMES} then {NAMES} else 1 end, 0
                  from generate_series(0, {NAMES}) n,
                       generate_series($2::timestamptz, $3::timestamptz, interval '{step}') at""",
            asked.project_id, since, until - timedelta(minutes=1), EVENTS // size.days // of_day,
        )  # fmt: skip
    await pool.execute(
        """insert into event_person
           select $1::uuid, day::date, md5(n::text)::uuid,
                  (random() * 2 ^ 47)::bigint, (random() * 2 ^ 47)::bigint
             from generate_series($2::date::timestamp, $3::date::timestamp, interval '1 day') day,
                  generate_series(1, $4::int) n""",
        asked.project_id, since, until, size.people,
    )  # fmt: skip
    await pool.execute(
        """insert into event_person_month
           select project_id, day - extract(day from day)::int + 1, person,
                  bit_or(1 << (extract(day from day)::int - 1))
             from event_person where project_id = $1 group by 1, 2, 3""",
        asked.project_id,
    )
    await pool.execute("vacuum analyze event_rollup, event_rollup_hour, event_person, event_person_month")


async def _timed(question: Question, times: int) -> dict[str, float]:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        await question()
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0)
    return spread(took)
