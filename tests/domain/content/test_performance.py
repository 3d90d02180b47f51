"""Performance: posts' figures by look, hook and picture, of one project and of its own days."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool
from domain.collection import snapshots
from domain.collection.snapshots import MetricSubject, ReportedMetricsOfSubject
from domain.content import performance
from domain.metrics import top_performers
from domain.metrics.top_performers import TopPerformersQuery
from schemas import ids
from schemas.content_performance import ContentPerformance, PerformanceAxis
from schemas.metrics import CollectedMetric
from tests import plans, seeds
from tests.domain.content import making
from tests.domain.project import Project

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
#: 00:30 in Berlin on 18 May, the first of three days.
FIRST_INSTANT = datetime(2026, 5, 17, 22, 30, tzinfo=UTC)


@pytest_asyncio.fixture
async def project(conn: Conn, project: Project) -> Project:
    await making.tell_brand(conn, project)
    await conn.execute("update project set timezone = 'Europe/Berlin'")
    return project


async def publish(
    conn: Conn, project: Project, content_id: UUID, values: Mapping[CollectedMetric, int], at: datetime = FIRST_INSTANT
) -> UUID:
    """Publish a post of an item on a new account, with these figures at a time."""
    account = await seeds.account(conn, project.org, project.id, handle=str(ids.new_uuid7()))
    post = await seeds.post(conn, project.org, content_id, account)
    await conn.execute(
        "update scheduled_post set status = 'published', published_at = $2, content_revision = 1 where id = $1",
        post,
        at,
    )
    told = [ReportedMetricsOfSubject(MetricSubject(post, at), values)]
    await snapshots.store_metric_snapshots(conn, organization_id=project.org, account_id=account, told=told, at=at)
    return post


async def make_item(pool: Pool, conn: Conn, project: Project, look: str) -> UUID:
    claim = await making.begun(conn, project)
    await making.finish(pool, claim, look=look)
    return UUID(claim.args["content_id"])


async def read(conn: Conn, project: Project, by: PerformanceAxis = "look", **more: Any) -> ContentPerformance:
    asked: dict[str, Any] = {"days": 3, "limit": 25, "now": NOW} | more
    return await performance.read_content_performance(
        conn, organization_id=project.org, project_id=project.id, by=by, **asked
    )


async def test_figures_are_sums_over_posts_in_the_days_of_the_project(pool: Pool, conn: Conn, project: Project) -> None:
    poster, quote = [await make_item(pool, conn, project, look) for look in ("poster", "quote")]
    for number in range(5):
        await publish(conn, project, poster, {"views": 100 + number, "likes": 2, "comments": 1, "saves": 1})
    await publish(conn, project, quote, {"views": 50, "shares": 5})
    await publish(conn, project, quote, {"views": 9, "likes": 9}, at=FIRST_INSTANT - timedelta(hours=1))
    await publish(conn, project, quote, {"views": 0, "likes": 3})
    shown = await read(conn, project)
    assert (shown.since, shown.until, shown.timezone) == ("2026-05-18", "2026-05-20", "Europe/Berlin")
    first, second = shown.items
    assert (first.value, first.pieces, first.posts, first.views, first.engagements) == ("poster", 1, 5, 510, 20)
    assert first.rate_low is not None
    assert first.rate_high is not None
    assert first.rate_low < first.engagement_rate == round(20 / 510, 6) < first.rate_high
    assert (second.value, second.posts, second.views, second.engagements) == ("quote", 1, 50, 5)
    assert second.rate_low is None
    assert [row.posts for row in (await read(conn, project, days=4)).items] == [5, 2]
    assert [row.value for row in (await read(conn, project, limit=1)).items] == ["poster"]


async def test_a_post_counts_for_the_revision_that_it_was_published_with(
    pool: Pool, conn: Conn, project: Project
) -> None:
    item = await make_item(pool, conn, project, "poster")
    await publish(conn, project, item, {"views": 100, "likes": 2})
    await making.finish(pool, await making.begun(conn, project, item), look="quote")
    post = await publish(conn, project, item, {"views": 70, "likes": 2})
    await conn.execute("update scheduled_post set content_revision = 2 where id = $1", post)
    assert {row.value: row.views for row in (await read(conn, project)).items} == {"poster": 100, "quote": 70}
    asked = TopPerformersQuery(project.org, project.id, "views", "7d", "platform_post", None, 25)
    best = await top_performers.rank_posts_or_contents_by_organic_metric(conn, asked, now=NOW)
    assert [(row.metric_value, row.look) for row in best.items] == [(100, "poster"), (70, "quote")]


async def test_figures_of_projects_and_organizations_never_mix(pool: Pool, conn: Conn, project: Project) -> None:
    others = [
        Project(project.org, await seeds.project(conn, project.org)),
        Project(other := await seeds.organization(conn), await seeds.project(conn, other)),
    ]
    for number, owner in enumerate([project, *others], 1):
        if owner is not project:
            await making.tell_brand(conn, owner)
        item = await make_item(pool, conn, owner, "poster")
        await publish(conn, owner, item, {"views": number})
    for number, owner in enumerate([project, *others], 1):
        assert [row.views for row in (await read(conn, owner)).items] == [number]
        at: dict[str, Any] = {"organization_id": owner.org, "project_id": owner.id}
        learned = await performance.read_learned_figures(conn, **at, now=NOW)
        assert [figures.views for figures in learned["look"]] == [number]
        assert [figures.views for figures in learned["hook"]] == [number]


@pytest.mark.fresh
async def test_a_request_learns_from_its_newest_posts_alone(pool: Pool, conn: Conn, project: Project) -> None:
    """Plans for empty tables, too, read no snapshots of other posts."""
    at: dict[str, Any] = {"organization_id": project.org, "project_id": project.id}
    async with pool.acquire() as session:
        for _ in range(plans.TIMES):
            assert not any((await performance.read_learned_figures(session, **at, now=NOW)).values())
        item = await make_item(pool, conn, project, "poster")
        post = await publish(conn, project, item, {"views": 100, "likes": 2})
        await conn.execute(
            """insert into metric_snapshot (organization_id, account_id, subject_id, metric, at, value, delta)
               select s.organization_id, s.account_id, gen_random_uuid(), 'views', $2, 1, 1
                 from metric_snapshot s, generate_series(1, 20000)
                where s.subject_id = $1
                  and s.metric = 'views'""",
            post,
            FIRST_INSTANT,
        )
        async with plans.reading(session, "metric_snapshot") as read_rows:
            learned = await performance.read_learned_figures(session, **at, now=NOW)
    assert [figures.views for figures in learned["look"]] == [100]
    assert read_rows.rows < 50
