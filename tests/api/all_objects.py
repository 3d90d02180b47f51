"""One object of each kind, a caller with all rights, and the contents of all tables."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx

from db.pool import Pool
from schemas import ids
from tests import seeds
from tests.api.documented_routes import DocumentedRoute
from tests.generation.looks.templates import TEMPLATE
from tests.media import picture

WEBHOOK = {"url": "https://hooks.example.com/", "events": ["*"]}
CLAIM = {
    "text": "Lunch from 9.90 euros",
    "source": "https://shop.example/menu",
    "validUntil": f"{datetime.now(UTC) + timedelta(days=300):%Y-%m-%d}",
    "approvedBy": "Dana Reyes",
}
APP = {"name": "Shop", "platform": "web", "webDomain": "shop.example"}


class AllRightsCaller(NamedTuple):
    """A caller with all rights, so that only the input can be wrong; `ids` names an object of each kind."""

    key: str
    http: httpx.AsyncClient
    ids: dict[str, str]
    routes: list[DocumentedRoute]

    async def send(self, route: DocumentedRoute, **given: Any) -> httpx.Response:
        return await self.http.request(route.method, route.at(self.ids), **given)

    @property
    def writes(self) -> list[DocumentedRoute]:
        """The routes that write JSON; tests/api/content has the forms."""
        return [route for route in self.routes if route.method != "GET" and route.parts is None]

    @property
    def bodies(self) -> list[DocumentedRoute]:
        return [route for route in self.routes if route.body is not None]

    @property
    def lists(self) -> list[DocumentedRoute]:
        return [route for route in self.routes if "cursor" in route.query]


async def create_one_of_each(http: httpx.AsyncClient, pool: Pool) -> dict[str, str]:
    """Create one object of each kind, and return the ids by their names in paths."""
    project = (await http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})).json()["id"]
    content = await http.post(f"/v1/projects/{project}/content/upload", files={"caption": (None, "Hello")})
    job = await http.post(f"/v1/projects/{project}/ingest/website", json={"url": "https://example.com"})
    key = await http.post("/v1/api-keys", json={"name": "CI", "scopes": ["jobs:read"]})
    account = await an_account(http, pool, project)
    at = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    body = {"targets": [{"socialAccountId": account}], "scheduledFor": at}
    scheduled = await http.post(f"/v1/content/{content.json()['id']}/schedule", json=body)
    async with pool.acquire() as conn:
        other = await seeds.organization(conn)
    endpoint = (await http.post("/v1/webhook-endpoints", json=WEBHOOK)).json()["id"]
    delivery = await http.post(f"/v1/webhook-endpoints/{endpoint}/test")
    asked = f"/v1/projects/{project}/leased-accounts/request"
    return {
        "projectId": project,
        "jobId": job.json()["jobId"],
        "apiKeyId": key.json()["id"],
        "socialAccountId": account,
        "oauthState": "A" * 43,
        "contentId": content.json()["id"],
        "scheduledPostId": scheduled.json()["scheduledPosts"][0]["id"],
        "appId": (await http.post(f"/v1/projects/{project}/sdk-apps", json=APP)).json()["appId"],
        "influencerId": (await http.post(f"/v1/projects/{project}/influencers")).json()["influencerId"],
        "claimId": (await http.post(f"/v1/projects/{project}/claims", json=CLAIM)).json()["claimId"],
        "templateId": await create_templates(http, project),
        "assetId": await create_app_media(http, project),
        "leaseRequestId": (await http.post(asked, json={"count": 1, "niche": "x"})).json()["requestId"],
        "webhookEndpointId": endpoint,
        "webhookDeliveryId": delivery.json()["id"],
        "webhookEventId": delivery.json()["eventId"],
        "name": "default",
        "organizationId": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, other),
    }


async def create_templates(http: httpx.AsyncClient, project: str) -> str:
    """Create a template of the organization and one of the project, and return the latter's id."""
    look = {"name": f"harbour-{project[-8:]}", "html": TEMPLATE}
    await http.post("/v1/templates", json=look)
    return str((await http.post(f"/v1/projects/{project}/templates", json=look)).json()["templateId"])


async def create_app_media(http: httpx.AsyncClient, project: str) -> str:
    file = {"file": ("logo.png", picture(size=(64, 64)))}
    created = await http.post(f"/v1/projects/{project}/app-media", data={"kind": "logo"}, files=file)
    return str(created.json()["assetId"])


async def an_account(http: httpx.AsyncClient, pool: Pool, project: str) -> str:
    """Connect an account without a worker."""
    org = seeds.parse_id(ids.ORGANIZATION_ID_PREFIX, (await http.get("/v1/whoami")).json()["organizationId"])
    project_id = seeds.parse_id(ids.PROJECT_ID_PREFIX, project)
    async with pool.acquire() as conn:
        return ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, await seeds.account(conn, org, project_id))


async def table_digests(pool: Pool) -> dict[str, str]:
    """Return a digest of each table's contents."""
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    digests = " union all ".join(
        f"""select '{name}' as name, coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as digest
              from {name} t"""
        for [name] in tables
    )
    return {row["name"]: row["digest"] for row in await pool.fetch(digests)}


@asynccontextmanager
async def no_change(pool: Pool) -> AsyncIterator[None]:
    """Fail if the block changes a row."""
    before = await table_digests(pool)
    yield
    assert await table_digests(pool) == before
