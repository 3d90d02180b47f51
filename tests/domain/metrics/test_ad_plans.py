"""Statements of ads read few rows of a large table, also by plans for an empty one."""

from datetime import UTC, datetime

import pytest

from db.pool import Conn, Pool, open_postgres_pool
from domain.events import purge
from domain.metrics import advertised, top_performers
from domain.metrics.active_users import ActiveUserCountCache
from domain.metrics.metrics import MetricDatabases
from domain.metrics.windows import TimeWindow
from schemas import ids
from schemas.settings import Settings
from schemas.top_performers import TopPerformers
from tests import plans, seeds
from tests.domain.metrics.ad_scene import FIRST, put, read, row
from tests.domain.project import Project

pytestmark = pytest.mark.fresh

#: Ads of a day, and days.
ADS, DAYS = 100, 300

#: The first two of them.
TWO_DAYS = TimeWindow(datetime(2026, 10, 26, tzinfo=UTC), datetime(2026, 10, 27, 20, tzinfo=UTC))


async def uses(pool: Pool, project: Project) -> None:
    async with pool.acquire() as conn:
        await put(conn, project, row())
    await read(pool, project, window=TWO_DAYS)
    await read(pool, project, scope="ad", subject_id="a1", window=TWO_DAYS)
    async with pool.acquire() as conn:
        await purge.purge_project_event_batch(conn, project_id=project.id)


async def rank(pool: Pool, project: Project) -> TopPerformers:
    """Rank by the ads of the last days, which end on the second one."""
    asked = top_performers.TopPerformersQuery(project.org, project.id, "conversions", "7d", "platform_post", None, 10)
    stores = MetricDatabases(pool.acquire, pool.acquire, ActiveUserCountCache())
    return await advertised.rank_posts_by_ads(stores, asked, now=datetime(2026, 10, 27, 20, tzinfo=UTC))


async def test_best_by_ads_are_read_from_their_days(settings: Settings, conn: Conn, project: Project) -> None:
    """And no more posts than the ads refer to, by their keys."""
    account = await seeds.account(conn, project.org, project.id, handle="shop")
    post = await seeds.post(conn, project.org, await seeds.content(conn, project.org, project.id), account)
    await put(conn, project, row(ad_id=ids.format_prefixed_id(ids.POST_ID_PREFIX, post), conversions=3))
    async with open_postgres_pool(settings.database_url, name="planned", size=1) as pool:
        for _ in range(plans.TIMES):
            assert [item.metric_value for item in (await rank(pool, project)).items] == [3]
        await fill(conn, project)
        await conn.execute(
            """with made as (
                 insert into content_item (organization_id, project_id, id, format, status, creative_type,
                                           caption, approval_status)
                 select organization_id, project_id, gen_random_uuid(), format, status, creative_type,
                        caption, approval_status
                   from content_item, generate_series(1, 300) returning id)
               insert into scheduled_post (organization_id, project_id, id, content_id, social_account_id,
                                           platform, mode, status, job_id, scheduled_for, fingerprint)
               select organization_id, project_id, gen_random_uuid(), made.id, social_account_id, platform,
                      mode, status, gen_random_uuid(), scheduled_for, sha256(made.id::text::bytea)
                 from made, scheduled_post"""
        )
        # As autovacuum does: among the equal costs of an empty table the planner picks any index.
        await conn.execute("analyze scheduled_post, content_item")
        async with pool.acquire() as planned:
            await planned.execute("select pg_stat_force_next_flush()")
        async with (
            plans.reading(conn, "ad_day") as days,
            plans.reading(conn, "scheduled_post") as posts,
            plans.reading(conn, "content_item") as contents,
        ):
            await rank(pool, project)
            async with pool.acquire() as planned:
                await planned.execute("select pg_stat_force_next_flush()")
    assert (days.scans, posts.scans, contents.scans) == (0, 0, 0)
    assert days.rows <= 2 * ADS + 10
    assert max(posts.rows, contents.rows) <= 5


async def fill(conn: Conn, project: Project) -> None:
    await conn.execute(
        """insert into ad_day (
                  project_id, attribution_window, day, platform, ad_account_id, ad_id, campaign_id, adset_id,
                  currency, spend_micros, impressions, clicks, conversions, revenue_micros)
           select case when owner = 0 then $1 else gen_random_uuid() end, 'default', $2::date + day,
                  'meta_ads', 'act_1', 'a' || ad, 'c1', 's1', 'EUR', 1, 1, 1, 1, 1
             from generate_series(0, $3 - 1) day, generate_series(1, $4) ad, generate_series(0, 1) owner""",
        project.id, FIRST, DAYS, ADS,
    )  # fmt: skip


async def test_each_query_reads_only_its_days(settings: Settings, conn: Conn, project: Project) -> None:
    async with open_postgres_pool(settings.database_url, name="planned", size=1) as pool:
        for _ in range(plans.TIMES):
            await uses(pool, project)
        await fill(conn, project)
        async with pool.acquire() as planned, plans.reading(planned, "ad_day") as putting:
            await put(planned, project, row(), row(date=FIRST.replace(day=27)))
        async with plans.reading(conn, "ad_day") as reading:
            await read(pool, project, window=TWO_DAYS)
            await read(pool, project, scope="ad", subject_id="a1", window=TWO_DAYS)
            async with pool.acquire() as planned:
                await planned.execute("select pg_stat_force_next_flush()")
        async with pool.acquire() as planned, plans.reading(planned, "ad_day") as purging:
            assert await purge.purge_project_event_batch(planned, project_id=project.id) == ADS
    assert (putting.scans, reading.scans, purging.scans) == (0, 0, 0)
    assert putting.rows <= 2 * ADS + 10
    assert reading.rows <= 4 * ADS + 10
    assert purging.rows <= 2 * ADS + 10
