"""Top performers: ranked by what came in the window, ties by their ids, and nothing of other projects."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from api import spans
from db.pool import Conn, Pool
from domain.collection import snapshots
from domain.collection.snapshots import Subject, Told
from schemas import ids
from schemas.metrics import Collected
from tests import seeds
from tests.api.conftest import Caller
from tests.api.parties import new_project
from tests.api.refusals import refused

NOW = datetime.now(UTC)
Values = Mapping[Collected, int]


@pytest_asyncio.fixture
async def project(acme: Caller) -> str:
    return await new_project(acme)


async def told(conn: Conn, acme: Caller, project: str, *of_posts: Values, days: float = 1) -> list[str]:
    """Posts on an account of their own, of which so much was told so long ago: their ids."""
    org, project_id = acme.organization_id, ids.read(ids.PROJECT, project)
    assert project_id
    account = await seeds.account(conn, org, project_id, handle=str(ids.new()))
    content = await seeds.content(conn, org, project_id)
    posts = [(await seeds.post(conn, org, content, account), values) for values in of_posts]
    at = NOW - timedelta(days=days)
    await snapshots.keep(
        conn,
        organization_id=org,
        account_id=account,
        told=[Told(Subject(post, at), values) for post, values in posts],
        at=at,
    )
    return [ids.show(ids.POST, post) for post, _ in posts]


async def ranked(acme: Caller, project: str, **params: str) -> list[tuple[str, Any]]:
    answer = await acme.http.get(f"/v1/projects/{project}/top-performers", params=params)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [item["rank"] for item in items] == [*range(1, len(items) + 1)]
    assert all((item["organic"], item["paid"]) == (item["metricValue"], None) for item in items)
    return [(item["sourceId"], item["metricValue"]) for item in items]


async def test_posts_are_ranked_by_what_came_in_the_window(acme: Caller, project: str, conn: Conn) -> None:
    """One of which no views are told has no rank; of two alike the older one goes first."""
    one, two, _, four = await told(
        conn, acme, project, {"views": 5}, {"views": 9}, {"likes": 99}, {"views": 5}
    )
    [old] = await told(conn, acme, project, {"views": 1000}, days=20)
    await told(conn, acme, await new_project(acme), {"views": 50})
    best = [(two, 9), (one, 5), (four, 5)]
    assert await ranked(acme, project, window="7d") == best
    assert await ranked(acme, project) == [(old, 1000), *best]
    assert await ranked(acme, project, limit="1") == [(old, 1000)]
    assert await ranked(acme, project, platform="tiktok") == []


async def test_a_rate_of_few_views_has_no_rank(acme: Caller, project: str, conn: Conn) -> None:
    _, many = await told(
        conn, acme, project, {"views": 99, "likes": 99}, {"views": 100, "likes": 2, "shares": 1}
    )
    assert await ranked(acme, project, metric="engagement_rate") == [(many, 0.03)]


async def test_contents_have_all_their_posts_on_a_platform(acme: Caller, project: str, conn: Conn) -> None:
    """Uploaded ones are `manual`; none was made here."""
    await told(conn, acme, project, {"views": 5}, {"views": 9})
    [(source, views)] = await ranked(acme, project, sourceType="manual")
    assert (source[:4], views) == ("cnt_", 14)
    assert await ranked(acme, project, sourceType="content_container") == []


@pytest.mark.parametrize("metric", ["conversions", "roas"])
async def test_what_is_not_known_by_post_is_refused(acme: Caller, project: str, metric: str) -> None:
    answer = await acme.http.get(f"/v1/projects/{project}/top-performers", params={"metric": metric})
    refused(answer, 422, "VALIDATION")
    assert answer.json()["error"]["details"]["issues"][0]["path"] == "metric"


async def test_a_project_of_nobody_is_not_found(acme: Caller) -> None:
    refused(await acme.http.get(f"/v1/projects/prj_{UUID(int=1)}/top-performers"), 404, "NOT_FOUND")


async def test_an_answer_that_takes_too_long_is_ended(
    acme: Caller, project: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans, "READ_S", 0.05)
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("lock table metric_snapshot in access exclusive mode")
        answer = await acme.http.get(f"/v1/projects/{project}/top-performers")
    refused(answer, 503, "UNAVAILABLE")
    assert "shorter time" in answer.json()["error"]["message"]
