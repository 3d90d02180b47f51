"""Lists over all projects equal the union of the lists of each project of the organization."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import chain, product
from typing import Any
from uuid import UUID

import pytest_asyncio
from litestar import Litestar

from db.pool import Conn, Pool
from schemas import ids
from tests import seeds
from tests.api.conftest import ApiCaller, list_pages, open_caller, uuid_of
from tests.api.participants import new_project

#: Each list: its path, the name of its items' ids, and its filters.
LISTS: dict[str, tuple[str, dict[str, list[str]]]] = {
    "scheduled-posts": ("id", {"status": ["queued", "blocked", "failed", "canceled", "failed,queued"]}),
    "content": ("id", {"approvalStatus": ["pending", "approved"], "status": ["completed", "failed"]}),
    "social-accounts": (
        "socialAccountId",
        {"status": ["connected", "reauth_required"], "platform": ["bluesky", "mastodon"]},
    ),
}


#: Combined filters of posts by time.
PERIODS: list[dict[str, str]] = [
    {"since": "2030-01-02T00:00:00Z"},
    {"until": "2030-01-02T00:00:00Z"},
    {"since": "2030-01-02T00:00:00Z", "until": "2030-01-03T00:00:00Z"},
    {"since": "2030-01-02T00:00:00Z", "status": "failed"},
]


@pytest_asyncio.fixture
async def acme(app: Litestar, pool: Pool) -> AsyncIterator[ApiCaller]:
    """Acme with a tier that allows frequent lists."""
    async with open_caller(app, pool, "Acme", tier="partner") as created:
        yield created


@pytest_asyncio.fixture
async def projects(acme: ApiCaller, rival: ApiCaller, pool: Pool, conn: Conn) -> list[str]:
    """Three projects with posts of several statuses, the last one archived. The rival has one, too."""
    created = [await new_project(acme) for _ in range(3)]
    for shown in created:
        await _insert_posts(conn, pool, acme.organization_id, uuid_of(shown))
    await _insert_posts(conn, pool, rival.organization_id, uuid_of(await new_project(rival)))
    assert (await acme.http.delete(f"/v1/projects/{created[2]}")).status_code == 200
    return created


async def _insert_posts(conn: Conn, pool: Pool, org: UUID, project: UUID) -> None:
    """Insert accounts, content and posts of each status that the filters distinguish, each on another day."""
    for (day, status), approval, platform in product(
        enumerate(("queued", "blocked", "failed"), 1), ("pending", "approved"), ("bluesky", "mastodon")
    ):
        account = await seeds.account(conn, org, project, handle=f"{status}{approval}{platform}", platform=platform)
        content = await seeds.content(conn, org, project)
        await pool.execute("update content_item set approval_status = $1 where id = $2", approval, content)
        if status == "failed":
            await pool.execute("update social_account set status = 'reauth_required' where id = $1", account)
            await pool.execute("update content_item set status = 'failed' where id = $1", content)
        await pool.execute(
            """insert into scheduled_post (organization_id, project_id, id, content_id, social_account_id,
                                           platform, mode, status, job_id, scheduled_for, fingerprint)
               values ($1, $2, $3, $4, $5, $6, 'direct', $7,
                       case $7 when 'queued' then gen_random_uuid() end, $8, sha256(''))""",
            org,
            project,
            ids.new_uuid7(),
            content,
            account,
            platform,
            status,
            datetime(2030, 1, day, tzinfo=UTC),
        )


async def test_list_equals_the_union_of_project_lists(acme: ApiCaller, projects: list[str]) -> None:
    """For all filters, page by page, newest first; an archived project is listed only by its id."""
    for noun, (key, filters) in LISTS.items():
        asked: list[dict[str, str]] = [{}, *({name: one} for name, some in filters.items() for one in some)]
        asked += PERIODS if noun == "scheduled-posts" else []
        for params in asked:
            each = {project: await _list_all(acme, f"/v1/projects/{project}/{noun}", params) for project in projects}
            *active, _ = each.values()
            newest = sorted(chain(*active), key=lambda item: str(item[key]), reverse=True)
            assert await _list_all(acme, f"/v1/{noun}", params) == newest, (noun, params)
            for project in projects:
                of_one = await _list_all(acme, f"/v1/{noun}", {**params, "projectId": project})
                assert of_one == each[project]
    assert await _list_all(acme, f"/v1/projects/{projects[2]}/scheduled-posts", {})
    [post, *_] = await _list_all(acme, "/v1/scheduled-posts", {})
    of_account = {"socialAccountId": post["socialAccountId"]}
    assert await _list_all(acme, "/v1/scheduled-posts", of_account) == [post]
    assert await _list_all(acme, "/v1/scheduled-posts", of_account | {"until": "2030-01-01T00:00:00Z"}) == []


async def _list_all(caller: ApiCaller, path: str, params: dict[str, str]) -> list[dict[str, Any]]:
    """Return the items of all pages, of seven each."""
    return await list_pages(caller.http, path, **params, limit="7")
