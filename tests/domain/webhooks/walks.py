"""Scenarios that cause a webhook event of each type, in a sandbox with its workers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import httpx

from schemas.webhooks import WebhookEventType
from tests import media

#: Function that connects an account under a handle and returns its id.
Connect: TypeAlias = Callable[..., Awaitable[str]]


class Walker:
    """Sandbox of an organization, by its API alone."""

    def __init__(self, http: httpx.AsyncClient, project: str, connect: Connect, gone: str) -> None:
        self.http, self.project, self.connect, self.gone = http, project, connect, gone

    async def ask(self, path: str, **given: Any) -> Any:
        answer = await self.http.post(f"/v1/{path}", **given)
        assert answer.is_success, answer.text
        return answer.json()

    async def post(self, handle: str, *, mode: str = "direct", platform: str = "mastodon") -> None:
        """Post a picture to an account with a handle that determines the outcome."""
        account = await self.connect(handle, platform=platform)
        files = {"caption": (None, "Bread"), "file": ("bread.jpg", media.picture("JPEG", (600, 600)))}
        content = (await self.ask(f"projects/{self.project}/content/upload", files=files))["id"]
        target = {"socialAccountId": account, "mode": mode}
        await self.ask(f"content/{content}/publish", json={"targets": [target]})


async def job_failed(walker: Walker) -> None:
    blocked = {"url": "https://example.test/blocked"}
    await walker.ask(f"projects/{walker.project}/ingest/website", json=blocked)


async def post_failed(walker: Walker) -> None:
    await walker.post("fail_content")


async def draft_in_inbox(walker: Walker) -> None:
    await walker.post("shop", mode="draft", platform="tiktok")


async def needs_reauth(walker: Walker) -> None:
    await walker.post("fail_auth")


async def endpoint_disabled(walker: Walker) -> None:
    """Disable an endpoint: its receiver responds as gone."""
    made = await walker.ask("webhook-endpoints", json={"url": walker.gone, "events": ["job.failed"]})
    await walker.ask(f"webhook-endpoints/{made['id']}/test")


#: Types outside the story of the examples (`tests/api/examples`).
WALKS: Mapping[WebhookEventType, Callable[[Walker], Awaitable[None]]] = {
    "job.failed": job_failed,
    "post.failed": post_failed,
    "post.draft_in_inbox": draft_in_inbox,
    "social_account.needs_reauth": needs_reauth,
    "webhook_endpoint.disabled": endpoint_disabled,
}
