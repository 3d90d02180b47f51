"""Top performers: ranked by the window's figures, ties by id, without other projects."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from api.http import time_window
from db.pool import Conn, Pool
from domain.collection import snapshots
from domain.collection.snapshots import MetricSubject, ReportedMetricsOfSubject
from schemas import ids
from schemas.metrics import CollectedMetric
from tests import seeds
from tests.api.conftest import ApiCaller, read_answer, uuid_of
from tests.api.participants import new_project
from tests.api.refusals import assert_refused

NOW = datetime.now(UTC)
Values = Mapping[CollectedMetric, int]


@pytest_asyncio.fixture
async def project(acme: ApiCaller) -> str:
    return await new_project(acme)


async def create_posts_with_figures(
    conn: Conn, acme: ApiCaller, project: str, *of_posts: Values, days: float = 1
) -> list[str]:
    """Create posts on a new account with these figures so many days ago, and return their ids."""
    org, project_id = acme.organization_id, uuid_of(project)
    account = await seeds.account(conn, org, project_id, handle=str(ids.new_uuid7()))
    content = await seeds.content(conn, org, project_id)
    posts = [(await seeds.post(conn, org, content, account), values) for values in of_posts]
    at = NOW - timedelta(days=days)
    await snapshots.store_metric_snapshots(
        conn,
        organization_id=org,
        account_id=account,
        told=[ReportedMetricsOfSubject(MetricSubject(post, at), values) for post, values in posts],
        at=at,
    )
    return [ids.format_prefixed_id(ids.POST_ID_PREFIX, post) for post, _ in posts]


async def read_top_performers(acme: ApiCaller, project: str, **params: str) -> Any:
    return read_answer(await acme.http.get(f"/v1/projects/{project}/top-performers", params=params))["items"]


async def read_ranking(acme: ApiCaller, project: str, **params: str) -> list[tuple[str, Any]]:
    items = await read_top_performers(acme, project, **params)
    assert [item["rank"] for item in items] == [*range(1, len(items) + 1)]
    assert all((item["organic"], item["paid"]) == (item["metricValue"], None) for item in items)
    return [(item["sourceId"], item["metricValue"]) for item in items]


async def test_posts_are_ranked_by_what_came_in_the_window(acme: ApiCaller, project: str, conn: Conn) -> None:
    """A post without views has no rank; of equal ones the older comes first."""
    one, two, _, four = await create_posts_with_figures(
        conn, acme, project, {"views": 5}, {"views": 9}, {"likes": 99}, {"views": 5}
    )
    [old] = await create_posts_with_figures(conn, acme, project, {"views": 1000}, days=20)
    await create_posts_with_figures(conn, acme, await new_project(acme), {"views": 50})
    best = [(two, 9), (one, 5), (four, 5)]
    assert await read_ranking(acme, project, window="7d") == best
    assert await read_ranking(acme, project) == [(old, 1000), *best]
    assert await read_ranking(acme, project, limit="1") == [(old, 1000)]
    assert await read_ranking(acme, project, platform="tiktok") == []


async def test_a_rate_of_few_views_has_no_rank(acme: ApiCaller, project: str, conn: Conn) -> None:
    _, many = await create_posts_with_figures(
        conn, acme, project, {"views": 99, "likes": 99}, {"views": 100, "likes": 2, "shares": 1}
    )
    assert await read_ranking(acme, project, metric="engagement_rate") == [(many, 0.03)]


async def test_contents_have_all_their_posts_on_a_platform(acme: ApiCaller, project: str, conn: Conn) -> None:
    """Uploaded content is `manual`; none was generated here."""
    await create_posts_with_figures(conn, acme, project, {"views": 5}, {"views": 9})
    [(source, views)] = await read_ranking(acme, project, sourceType="manual")
    assert (source[:4], views) == ("cnt_", 14)
    assert await read_ranking(acme, project, sourceType="content_container") == []


def build_ad(number: int, **fields: Any) -> dict[str, Any]:
    """Build a row of yesterday's ad; `fields` name the source."""
    return {
        "platform": "meta_ads", "adAccountId": "act_1", "campaignId": "c1", "adsetId": "s1",
        "adId": f"a{number}", "date": f"{NOW - timedelta(days=1):%Y-%m-%d}", "currency": "EUR",
        "spendMicros": 1_000_000, "impressions": 10, "clicks": 1,
    } | fields  # fmt: skip


async def import_ads(acme: ApiCaller, project: str, *rows: dict[str, Any]) -> None:
    read_answer(await acme.http.post(f"/v1/projects/{project}/ads-metrics/rows", json={"rows": rows}))


async def read_ranking_by_ads(acme: ApiCaller, project: str, **params: str) -> list[tuple[str, str, Any]]:
    items = await read_top_performers(acme, project, **params)
    assert all((item["organic"], item["paid"]) == (None, item["metricValue"]) for item in items)
    return [(item["sourceId"], item["platform"], item["metricValue"]) for item in items]


async def test_posts_are_ranked_by_their_ads(acme: ApiCaller, project: str, conn: Conn) -> None:
    """Any id field of a row may name the post. Two currencies, and a ratio without spend, have no rank."""
    one, two, mixed, free = await create_posts_with_figures(conn, acme, project, {"views": 1}, {}, {}, {})
    [platform] = {item["platform"] for item in (await read_top_performers(acme, project))}
    await import_ads(
        acme,
        project,
        build_ad(1, adId=one, conversions=2, revenueMicros=3_000_000),
        build_ad(2, adsetId=one, conversions=3, revenueMicros=1_000_000),
        build_ad(3, campaignId=two, conversions=4, revenueMicros=9_000_000),
        build_ad(4, adsetId=mixed, conversions=1, revenueMicros=9_000_000),
        build_ad(5, adsetId=mixed, conversions=0, revenueMicros=9_000_000, currency="USD"),
        build_ad(6, adsetId=free, conversions=1, spendMicros=0, revenueMicros=9_000_000),
        build_ad(7, adsetId=two, conversions=99, attributionWindow="7d_click"),
        build_ad(8, adsetId=two, conversions=99, date=f"{NOW - timedelta(days=40):%Y-%m-%d}"),
        build_ad(9, conversions=99),
    )
    by_count = [(one, platform, 5), (two, platform, 4), *sorted((each, platform, 1) for each in (mixed, free))]
    assert await read_ranking_by_ads(acme, project, metric="conversions") == by_count
    assert await read_ranking_by_ads(acme, project, metric="conversions", limit="1") == by_count[:1]
    assert await read_ranking_by_ads(acme, project, metric="conversions", platform="bluesky") == []
    assert await read_ranking_by_ads(acme, project, metric="conversions", window="90d") == [
        (two, platform, 103), (one, platform, 5), *by_count[2:]
    ]  # fmt: skip
    assert await read_ranking_by_ads(acme, project, metric="roas") == [(two, platform, 9.0), (one, platform, 2.0)]


async def test_contents_have_the_ads_of_their_posts_and_their_own(acme: ApiCaller, project: str, conn: Conn) -> None:
    """An ad of content counts on the platforms where its ad network shows ads; Apple's network has none."""
    [post] = await create_posts_with_figures(conn, acme, project, {"views": 1})
    [(content, _)] = await read_ranking(acme, project, sourceType="manual")
    [platform] = {item["platform"] for item in (await read_top_performers(acme, project))}
    await import_ads(
        acme,
        project,
        build_ad(1, adsetId=post, conversions=2),
        build_ad(2, adsetId=content, conversions=3),
        build_ad(3, adsetId=content, conversions=4, platform="apple_ads"),
        build_ad(4, adsetId=content, conversions=9, platform="tiktok_ads"),
    )
    found = await read_ranking_by_ads(acme, project, metric="conversions", sourceType="manual")
    wanted = {("instagram", 3), ("tiktok", 9)}
    wanted = {(name, count + (2 if name == platform else 0)) for name, count in wanted}
    wanted |= {(platform, 2)} if platform not in {"instagram", "tiktok"} else set()
    assert {(name, count) for _, name, count in found} == wanted
    assert {source for source, *_ in found} == {content}
    assert await read_ranking_by_ads(acme, project, metric="conversions") == [(post, platform, 2)]
    assert await read_ranking_by_ads(acme, project, metric="conversions", sourceType="content_container") == []


async def test_ads_without_a_matching_source_are_a_422(acme: ApiCaller, project: str, conn: Conn) -> None:
    """Another project's post and an unknown id don't belong to it."""
    [foreign] = await create_posts_with_figures(conn, acme, await new_project(acme), {"views": 1})
    for rows in ([], [build_ad(1), build_ad(2, adsetId=foreign), build_ad(3, adsetId=f"sp_{UUID(int=1)}")]):
        if rows:
            await import_ads(acme, project, *rows)
        for metric in ("conversions", "roas"):
            answer = await acme.http.get(f"/v1/projects/{project}/top-performers", params={"metric": metric})
            assert_refused(answer, 422, "VALIDATION", "metric")
            assert "adId, adsetId or campaignId" in answer.json()["error"]["message"]


async def test_an_answer_that_takes_too_long_is_ended(
    acme: ApiCaller, project: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_window, "LIST_PAGE_READ_TIMEOUT_S", 0.05)
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("lock table metric_snapshot in access exclusive mode")
        answer = await acme.http.get(f"/v1/projects/{project}/top-performers")
    assert_refused(answer, 503, "UNAVAILABLE")
    assert "shorter window" in answer.json()["error"]["message"]
