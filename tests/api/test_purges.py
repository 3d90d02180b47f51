"""A purge as callers see it: all routes to the project return 404, and its running work ends."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from db.pool import Pool
from domain.operations import purge
from jobs.kinds import ARCHIVE_PROJECT_KIND, INGEST_WEBSITE_KIND, PURGE_PROJECT_KIND
from schemas import ids
from schemas.api_keys import ApiKeyEnv
from schemas.settings import Settings
from tests import media, seeds
from tests.api.all_objects import create_one_of_each
from tests.api.conftest import EVERYTHING, client_of, new_key, open_caller, poll
from tests.api.documented_routes import routes
from tests.waiting import eventually
from tests.workers.runtime.workers import at_work
from workers.tasks import TASK_OPENER_BY_KIND

#: Names of path parameters that belong to the project.
ITS_OWN = {"projectId", "jobId", "socialAccountId", "contentId", "scheduledPostId", "leaseRequestId", "appId"}


class PurgeScene(NamedTuple):
    """A project with an object of each kind and an endless ingest; `other` is in its other environment."""

    http: httpx.AsyncClient
    anonymous: httpx.AsyncClient
    other: httpx.AsyncClient
    ids: dict[str, str]
    app: Litestar
    pool: Pool
    settings: Settings

    @property
    def at(self) -> str:
        return f"/v1/projects/{self.ids['projectId']}"

    @property
    def reads(self) -> list[str]:
        found = [route for route in routes(self.app) if route.method == "GET" and ITS_OWN & {*route.names}]
        return [route.at(self.ids) for route in found if not route.path.endswith("/events")]

    async def purge(self) -> httpx.Response:
        path = f"/v1/ops/projects/{self.ids['projectId']}/purge"
        return await self.http.post(path, json={"name": "Shop"}, headers={"Idempotency-Key": "purge"})

    async def ended(self, kind: str) -> None:
        has = "select not exists (select from job where kind = $1 and finished_at is null)"
        await eventually(lambda: self.pool.fetchval(has, kind))

    async def is_gone(self) -> None:
        """Wait until the project is archived and then purged by its job."""
        kinds = {kind: TASK_OPENER_BY_KIND[kind] for kind in (ARCHIVE_PROJECT_KIND, PURGE_PROJECT_KIND)}
        async with at_work(self.settings, self.pool, kinds):
            assert (await self.http.delete(self.at)).status_code == 200
            await self.ended(ARCHIVE_PROJECT_KIND.name)
            assert (await self.purge()).status_code == 202
            await self.ended(PURGE_PROJECT_KIND.name)


@pytest_asyncio.fixture(params=["live", "test"])
async def scene(
    request: pytest.FixtureRequest, app: Litestar, pool: Pool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PurgeScene]:
    monkeypatch.setattr(purge, "MAX_PURGE_WAIT_FOR_JOBS_S", 0)
    env: ApiKeyEnv = request.param
    async with open_caller(app, pool, "Acme", scopes=EVERYTHING, env=env) as acme, client_of(app) as anonymous:
        mine = await create_one_of_each(acme.http, pool)
        async with pool.acquire() as conn:
            assert len(await seeds.claims(conn, INGEST_WEBSITE_KIND)) == 1
            pair = "select id from organization where $1 in (id, live_organization_id) and env <> $2"
            twin = await conn.fetchval(pair, acme.organization_id, env) or await conn.fetchval(
                "select live_organization_id from organization where id = $1", acme.organization_id
            )
        key = await new_key(pool, twin, env="live" if env == "test" else "test")
        async with client_of(app, key) as other:
            yield PurgeScene(acme.http, anonymous, other, mine, app, pool, settings)


async def read_statuses(http: httpx.AsyncClient, paths: list[str]) -> dict[str, int]:
    return {path: (await http.get(path)).status_code for path in paths}


async def test_every_route_to_the_project_is_a_404_and_streams_end(scene: PurgeScene) -> None:
    picture = ("bread.png", media.picture("PNG", (4, 4)), "image/png")
    item = await scene.http.post(f"{scene.at}/content/upload", files={"file": picture})
    asset = item.json()["assets"][0]
    link, small = (httpx.URL(asset[name]).path for name in ("url", "thumbnailUrl"))
    brand = {"brandContext": {"appName": "Shop", "tagline": "Fresh bread in the morning"}}
    assert (await scene.http.patch(scene.at, json=brand)).is_success
    ticket, post_id = secrets.token_urlsafe(32), ids.parse_prefixed_id(ids.POST_ID_PREFIX, scene.ids["scheduledPostId"])
    await scene.pool.execute(
        "update scheduled_post set content_id = $1", ids.parse_prefixed_id(ids.CONTENT_ID_PREFIX, item.json()["id"])
    )
    await scene.pool.execute(
        "insert into media_ticket (organization_id, post_id, ticket)"
        " select organization_id, id, $2 from scheduled_post where id = $1",
        post_id,
        ticket,
    )
    links = [link, small, f"{link}/{ticket}"]
    of_content = f"/v1/content/{item.json()['id']}/assets/{asset['assetId']}"
    # Operators read only jobs of live organizations.
    mine = [path for path in scene.reads if not path.startswith("/v1/ops/")]
    reads = [of_content if "/assets/" in path else path for path in mine]
    assert len(reads) >= 10
    assert {*(await read_statuses(scene.http, reads)).values()} == {200}
    assert {*(await read_statuses(scene.anonymous, links)).values()} == {200}
    # The streamed job still runs when the purge begins.
    job = f"/v1/jobs/{scene.ids['jobId']}"
    streaming = asyncio.create_task(scene.http.get(f"{job}/events"))
    waiting = asyncio.create_task(scene.http.get(f"{job}?wait=30"))
    await poll(lambda: scene.app.state.services.job_hub.waiting_count == 2)
    await scene.is_gone()
    assert {*(await read_statuses(scene.http, reads)).values()} == {404}
    assert {*(await read_statuses(scene.anonymous, links)).values()} == {404}
    assert (await scene.purge()).status_code == 404
    streamed = await streaming
    assert streamed.status_code == 200
    assert '"status":"completed"' not in streamed.text
    assert (await waiting).status_code == 404
    assert (await scene.http.get(f"{job}/events", headers={"Last-Event-ID": "1"})).status_code == 404


async def test_no_answer_of_it_is_replayed_and_the_organizations_keys_stay(scene: PurgeScene) -> None:
    """A key that was shown once is gone; the answers with the organization's own keys stay."""
    apps = f"{scene.at}/sdk-apps"
    body: dict[str, object] = {"name": "Bread", "platform": "ios", "bundleId": "com.example.bread"}
    created = await scene.http.post(apps, json=body, headers={"Idempotency-Key": apps})
    writes: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("POST", f"{scene.at}/leased-accounts/request", {"count": 1, "niche": "bread"}),
        ("POST", apps, body),
        ("PATCH", f"{apps}/{created.json()['appId']}", {"rotateKey": True}),
        ("POST", "/v1/api-keys", {"name": "CI", "scopes": ["jobs:read"]}),
    )

    async def asked() -> list[tuple[int, bytes]]:
        answers = [
            await scene.http.request(method, path, json=sent, headers={"Idempotency-Key": path})
            for method, path, sent in writes
        ]
        return [(answer.status_code, answer.content) for answer in answers]

    before = await asked()
    assert [status for status, _ in before] == [201, 201, 200, 201]
    assert await asked() == before
    await scene.is_gone()
    after = await asked()
    assert [status for status, _ in after] == [404, 404, 404, 201]
    assert after[3] == before[3]
    kept = "select count(*) from idempotency_key where position($1::bytea in body) > 0"
    assert await scene.pool.fetchval(kept, scene.ids["projectId"].encode()) == 0
    for http in (scene.http, scene.other):
        assert (await http.get("/v1/whoami")).status_code == 200
        assert (await http.get("/v1/projects?status=all")).json()["items"] == []
    log = (await scene.http.get("/v1/audit-log")).json()["items"]
    assert [one["action"] for one in log][:2] == ["project.purged", "project.purge_started"]
    assert {one["projectId"] for one in log[:2]} == {scene.ids["projectId"]}
