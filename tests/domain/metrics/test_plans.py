"""Counts are read from few rows of large tables, also by plans for empty ones."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn
from domain.apps.app_numbers import AppWithEventStoreNumber, ProjectAppsByEventStoreNumber
from domain.events import folds
from domain.metrics import event_list, rollup_counts, top_performers
from domain.metrics.event_list import EventCursor, EventListFilter
from domain.tenancy import organizations
from schemas.top_performers import TopPerformers
from tests import plans, seeds
from tests.domain.events.sending import NOW, PROJECT

pytestmark = pytest.mark.fresh

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
#: Days of the project, as many before the queried ones as after them; its names; other projects.
DAYS, NAMES, OTHERS = 60, 20, 5
ASKED = 10


def counted(names: list[str], start: timedelta, each: timedelta) -> Callable[[Conn], Awaitable[Any]]:
    """Query ten days from the 25th on, in periods."""
    bounds = [FIRST + 25 * DAY + start + each * number for number in range(ASKED * DAY // each + 1)]

    async def count(conn: Conn) -> Any:
        assert await folds.fold_project_for_read(conn, project_id=PROJECT) == timedelta(0)
        return await rollup_counts.count_rolled_up_events(conn, project_id=PROJECT, names=names, bounds=bounds)

    return count


#: Days of whole hours; days that split hours, as in India; hours that do.
BY_DAYS = counted(["name-1", "name-2"], timedelta(0), DAY)
BY_SPLIT_DAYS = counted(["name-1", "name-2"], HOUR / 2, DAY)
BY_SPLIT_HOURS = counted(["name-1", "name-2"], HOUR / 2, HOUR)


@pytest_asyncio.fixture
async def full(conn: Conn) -> Conn:
    """Insert a count for each hour, and one for each quarter; the queries were planned before."""
    for use in (BY_DAYS, BY_SPLIT_DAYS, BY_SPLIT_HOURS):
        for _ in range(plans.TIMES):
            await use(conn)
    for table, step in (("event_rollup", "15 minutes"), ("event_rollup_hour", "1 hour")):
        await conn.execute(
            f"""insert into {table}
                select case when p = 0 then $1::uuid else gen_random_uuid() end, 'name-' || n, at, 1, '', 1, 0
                  from generate_series(0, $2::int) p, generate_series(1, $3::int) n,
                       generate_series($4::timestamptz, $4 + $5 - interval '1 s', interval '{step}') at
                 where p = 0 or n = 1""",
            PROJECT, OTHERS, NAMES, FIRST, DAYS * DAY,
        )  # fmt: skip
    await conn.execute(
        """insert into event_delta (project_id, app_no, bucket, name, currency, n, value_micros)
           select gen_random_uuid(), 1, $1, 'name-1', '', 1, 0 from generate_series(1, 5000)""",
        FIRST + 30 * DAY,
    )
    return conn


async def test_whole_hours_are_read_before_quarters(full: Conn) -> None:
    """Except where a bound splits an hour, and if bounds split most hours. Others' deltas are not read."""
    for count, hours_read, quarters_read in (
        (BY_DAYS, 2 * ASKED * 24 + 10, 0),
        (BY_SPLIT_DAYS, 2 * ASKED * 24 + 10, 2 * (ASKED + 1) * 4),
        (BY_SPLIT_HOURS, 0, 2 * ASKED * 96 + 10),
    ):
        async with (
            plans.reading(full, "event_rollup_hour") as hours,
            plans.reading(full, "event_rollup") as quarters,
            plans.reading(full, "event_delta") as deltas,
        ):
            await count(full)
        assert (hours.scans, quarters.scans, deltas.scans, deltas.rows) == (0, 0, 0, 0)
        assert hours.rows <= hours_read
        assert quarters.rows <= quarters_read


async def test_a_page_of_events_is_read_by_their_index(conn: Conn) -> None:
    """In a project with many events of the day, by plans for an empty table."""
    found = ProjectAppsByEventStoreNumber(PROJECT, {1: AppWithEventStoreNumber(PROJECT, 1, "web")}, None)
    wanted = EventListFilter(None, None, None, None, pii=True)
    behind = EventCursor(NOW, UUID(int=2**127), 1)
    for before in (None, behind):
        for _ in range(plans.TIMES):
            await event_list.list_event_page(conn, found, wanted, before=before, limit=26)
    await conn.execute(
        """insert into event (project_id, app_no, event_key, name, occurred_at, properties, context)
           select $1, 1, gen_random_uuid(), 'open', $2::timestamptz - i * interval '1 ms', '{}', '{}'
             from generate_series(-20000, 20000) i""",
        PROJECT, NOW,
    )  # fmt: skip
    for before in (None, behind):
        async with plans.reading(conn, f"event_{NOW:%Y%m%d}") as events:
            assert len(await event_list.list_event_page(conn, found, wanted, before=before, limit=26)) == 26
        assert events.scans == 0
        assert events.rows <= 40


async def test_the_best_are_ranked_by_the_snapshots_of_the_window(conn: Conn) -> None:
    """From the project's own accounts, by a plan for an empty table."""
    org = (await organizations.insert_organization_pair(conn, name="shop", tier="pilot")).live
    accounts = []
    for number in range(2):
        project = await seeds.project(conn, org)
        accounts.append((project, await seeds.account(conn, org, project, handle=f"shop-{number}")))

    async def rank() -> TopPerformers:
        asked = top_performers.TopPerformersQuery(org, accounts[0][0], "views", "7d", "platform_post", None, 10)
        return await top_performers.rank_posts_or_contents_by_organic_metric(conn, asked, now=NOW)

    for _ in range(plans.TIMES):
        await rank()
    for _, account in accounts:
        await conn.execute(
            """insert into metric_snapshot (organization_id, account_id, subject_id, metric, at, value, delta)
               select $1, $2, gen_random_uuid(), metric, $3::timestamptz - i * interval '1 hour', i, 1
                 from generate_series(1, 2000) i, unnest(array['views', 'likes', 'reach']) metric""",
            org, account, NOW,
        )  # fmt: skip
    async with plans.reading(conn, "metric_snapshot") as snapshots:
        await rank()
    assert snapshots.scans == 0
    assert snapshots.rows <= 7 * 24 + 10
