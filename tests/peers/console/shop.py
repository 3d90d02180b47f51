"""A partner's project with data on each screen, hostile names and texts, and optionally 10,000 posts."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx

from db.pool import Conn, open_postgres_pool
from schemas import ids
from tests import seeds
from tests.media import picture
from tests.peers.chromium import BrowserTab
from tests.peers.own_api import OwnApi, own_api

HOSTILE = '<img src=x onerror="window.ran = 1"><script>window.ran = 1</script> javascript:window.ran=1'
LONG = "Sehrlangerzusammengesetztername" * 4
ZONE = "America/New_York"

#: Posts in the past, so that this month's calendar and earlier ones have some.
POSTS = """
insert into scheduled_post (organization_id, project_id, id, content_id, social_account_id, platform, mode,
                            status, job_id, scheduled_for, fingerprint, published_at, external_id,
                            external_url)
select $1, $2, gen_random_uuid(), $3, $4, 'bluesky', 'direct', 'published', gen_random_uuid(),
       now() - n * interval '4 minutes', sha256(n::text::bytea), now() - n * interval '4 minutes', n::text, $5
  from generate_series(1, 10000) n
"""

FIELDS = {
    "tagline": {
        "value": f"Kaffee {HOSTILE}", "confidence": 0.9, "rule": "html.h1", "url": "https://shop.example/",
        "alternatives": [
            {"value": "Roasted by the water", "confidence": 0.6, "rule": "html.hero", "url": "https://shop.example/"}
        ],
    },
    "audience": {
        "value": "home baristas", "confidence": 0.7, "rule": "text.audience", "url": f"https://shop.example/{LONG}",
        "evidence": [f"Made for home baristas who like it slow. {HOSTILE}"],
    },
}  # fmt: skip


class FilledShop(NamedTuple):
    """A project with content that awaits approval, an account and a webhook endpoint."""

    api: OwnApi
    project: str
    contents: list[str]
    account: str
    endpoint: str
    post: str

    def open(self, page: BrowserTab, address: str, ready: str) -> None:
        """Open a screen in a tab that has the key; fills the shop's ids into the address."""
        self.api.open(page, self.at(address), ready)

    def at(self, address: str) -> str:
        return address.format(
            project=self.project,
            content=self.contents[0],
            film=self.contents[-1],
            endpoint=self.endpoint,
            post=self.post,
        )

    def schedule(self, client: httpx.Client, content: str, *, days: int) -> dict[str, Any]:
        """Schedule a post at noon in `days` days; return it as the API shows it."""
        day = datetime.now(UTC).date() + timedelta(days=days)
        body = {"localTime": f"{day}T12:00", "targets": [{"socialAccountId": self.account}]}
        created = client.post(f"/content/{content}/schedule", json=body | {"allowDuplicate": True})
        assert created.status_code == 202, created.text
        post: dict[str, Any] = created.json()["scheduledPosts"][0]
        return post


@contextmanager
def shop(folder: Path, *, posts: bool) -> Iterator[FilledShop]:
    with own_api(folder) as api, api.client() as client:
        created = client.post("/projects", json={"name": f"{HOSTILE}{LONG}"[:128], "timezone": ZONE})
        assert created.is_success, created.text
        project = str(created.json()["id"])
        policy = {"requiresApproval": True}
        assert client.patch(f"/projects/{project}/approval-policy", json=policy).is_success
        contents = [upload_content(client, project) for _ in range(3)]
        account = asyncio.run(_filled(api.database_url, project, contents[0], posts=posts))
        app = {"name": HOSTILE, "platform": "web", "webDomain": "shop.example"}
        assert client.post(f"/projects/{project}/sdk-apps", json=app).is_success
        hook = {"url": f"https://hooks.example.com/{LONG}", "events": ["*"], "description": HOSTILE}
        endpoint = client.post("/webhook-endpoints", json=hook)
        assert endpoint.is_success, endpoint.text
        made_of = FilledShop(api, project, contents, account, endpoint.json()["id"], "")
        yield made_of._replace(post=made_of.schedule(client, contents[1], days=2)["id"])


def upload_content(client: httpx.Client, project: str) -> str:
    """Upload content of two images with a hostile caption that each platform cuts."""
    file = ("file", ("shop.jpg", picture("JPEG", (40, 50)), "image/jpeg"))
    words = f"{HOSTILE} {LONG}"[:290]
    parts: list[Any] = [file, file, ("caption", (None, words)), ("hook", (None, words))]
    created = client.post(f"/projects/{project}/content/upload", files=parts)
    assert created.status_code == 201, created.text
    return str(created.json()["id"])


async def _filled(url: str, project: str, content: str, *, posts: bool) -> str:
    """Fill the project; return the id of one of its accounts."""
    project_id, content_id = (
        seeds.parse_id(ids.PROJECT_ID_PREFIX, project),
        seeds.parse_id(ids.CONTENT_ID_PREFIX, content),
    )
    async with open_postgres_pool(url, name="test") as pool, pool.acquire() as conn:
        org = await conn.fetchval("select organization_id from project where id = $1", project_id)
        account = await seeds.account(conn, org, project_id, platform="bluesky", handle=HOSTILE)
        await seeds.account(conn, org, project_id, platform="mastodon", handle=LONG)
        await conn.execute("update social_account set status = 'reauth_required' where handle = $1", LONG)
        await _insert_brand(conn, org, project_id)
        if posts:
            await conn.execute(POSTS, org, project_id, content_id, account, f"https://shop.example/{LONG}")
    return ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account)


async def _insert_brand(conn: Conn, org: UUID, project: UUID) -> None:
    await conn.execute(
        """insert into brand_source (organization_id, project_id, source, fields, media, url)
           values ($1, $2, 'website', $3::text::jsonb, '[]', 'https://shop.example/')""",
        org,
        project,
        json.dumps(FIELDS),
    )
