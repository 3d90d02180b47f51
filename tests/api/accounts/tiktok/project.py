"""A whole product with a simulated TikTok: an API that TikTok can reach, a worker, people with accounts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from db.pool import Pool
from jobs.kinds import CONNECT_ACCOUNT_KIND, PUBLISH_POST_KIND, RECONCILE_POST_KIND, REFRESH_TOKEN_KIND
from schemas.settings import Settings
from tests.api.accounts.project import LinkedProject
from tests.api.conftest import read_answer
from tests.api.participants import new_project, open_participants, status
from tests.media import film, picture
from tests.peers.simulators.client import Sim
from tests.peers.simulators.routing import Request, SimReply
from tests.peers.simulators.serving import served
from tests.peers.simulators.simulator import Simulator
from tests.peers.simulators.tiktok import TikTok
from tests.peers.simulators.tiktok_people import TikTokApp
from tests.waiting import eventually
from tests.workers.runtime.workers import at_work
from workers.tasks import connect_account, publish_post, reconcile_post, refresh_token

CAPTION = "Fresh bread"
HOOK = "/v1/social/webhooks/tiktok"
TASKS = {
    CONNECT_ACCOUNT_KIND: connect_account.build_job_task_with_resources,
    REFRESH_TOKEN_KIND: refresh_token.build_job_task_with_resources,
    PUBLISH_POST_KIND: publish_post.build_job_task_with_resources,
    RECONCILE_POST_KIND: reconcile_post.build_job_task_with_resources,
}


class ApiFront(Simulator):
    """Our public address: passes each request to the API, in its event loop."""

    def __init__(self) -> None:
        super().__init__()
        self._home = asyncio.get_running_loop()
        self.api: httpx.AsyncClient

    async def answer(self, request: Request) -> SimReply:
        sent = {"headers": dict(request.headers), "content": request.body, "params": dict(request.query)}
        asked = self.api.request(request.method, request.path, **sent)  # type: ignore[arg-type]
        told = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked, self._home))
        return SimReply(told.status_code, told.content, dict(told.headers))


@dataclass
class TikTokProject(LinkedProject):
    """Acme's project; `ada` and `eve` have accounts at TikTok."""

    sim: Sim
    settings: Settings

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        async with at_work(self.settings, self.pool, TASKS):
            yield

    # Connecting

    async def create_link(self) -> dict[str, Any]:
        return await self.post_link("oauth-url", platform="tiktok")

    async def create_reauth_link(self, account_id: str) -> dict[str, Any]:
        return await self.post_link("reauth-url", socialAccountId=account_id)

    async def consent_page(self, made: dict[str, Any]) -> str:
        answer = await self.browser.get(made["authorizeUrl"])
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])

    async def consent_and_return(self, made: dict[str, Any], person: str = "ada", **choice: Any) -> str:
        """Follow TikTok's consent page and return; return the resulting status."""
        location = await self.sim.consent(await self.consent_page(made), person, **choice)
        return status(await self.browser.get(location), made["state"])

    async def connect(self, person: str = "ada") -> str:
        link = await self.create_link()
        assert await self.consent_and_return(link, person) == "connected"
        return str((await self.flow_status(link))["socialAccountId"])

    async def account(self, account_id: str) -> dict[str, Any]:
        return read_answer(await self.acme.http.get(f"/v1/social-accounts/{account_id}"))

    # Posting

    async def content(self, *files: bytes) -> str:
        """Upload images, or else a video; return the content's id."""
        sent = list(files) or [film(ms=4000)]
        parts = [("file", (str(number), content, None)) for number, content in enumerate(sent)]
        url = f"/v1/projects/{self.id}/content/upload"
        created = await self.acme.http.post(url, files=[("caption", (None, CAPTION)), *parts])
        return str(read_answer(created, 201)["id"])

    async def ask(self, account_id: str, content_id: str, **target: Any) -> httpx.Response:
        """Schedule a public post, unless `target` sets another level or a draft."""
        level = {} if target.get("mode") == "draft" else {"privacyLevel": "public"}
        body = {"targets": [{"socialAccountId": account_id, **level, **target}], "allowDuplicate": True}
        return await self.acme.http.post(f"/v1/content/{content_id}/publish", json=body)

    async def send(self, account_id: str, content_id: str | None = None, **target: Any) -> str:
        """Schedule a post that is due now."""
        answer = await self.ask(account_id, content_id or await self.content(), **target)
        assert answer.status_code in {200, 201, 202}, answer.text
        return str(answer.json()["scheduledPosts"][0]["id"])

    async def send_photos(self, account_id: str, count: int = 2, **target: Any) -> str:
        images = [picture("JPEG", (8, 8 + number)) for number in range(count)]
        return await self.send(account_id, await self.content(*images), **target)

    async def post(self, post_id: str) -> dict[str, Any]:
        return read_answer(await self.acme.http.get(f"/v1/scheduled-posts/{post_id}"))

    async def wait_for_status(self, post_id: str, status: str, *, waits: bool = False) -> dict[str, Any]:
        """Wait until the post has a status, and return it; `waits`: skip all of its waiting times."""

        async def is_so() -> dict[str, Any] | None:
            if waits:
                await self.skip_waits()
            found = await self.post(post_id)
            return found if found["status"] == status else None

        found = await eventually(is_so)
        assert found is not None
        return found

    async def wait_until_processing(self, count: int = 1) -> None:
        """Wait until TikTok is processing so many posts."""
        are = "select count(*) = $1 from scheduled_post where phase in ('accepted', 'confirming')"
        await eventually(lambda: self.pool.fetchval(are, count))

    async def wait_until_quiet(self) -> None:
        """Wait until no job runs, of the kinds with a worker here."""
        quiet = """select not exists (
                     select from job where kind = any($1) and finished_at is null
                        and (attempt_started_at is not null or run_at <= now()))"""
        await eventually(lambda: self.pool.fetchval(quiet, [kind.name for kind in TASKS]))

    async def skip_waits(self) -> None:
        await self.pool.execute(
            "update job set run_at = now(), stage = 'queued' where state = 'queued' and run_at > now()"
        )
        await self.pool.execute("update social_account set cooldown_until = null")
        await self.pool.execute("update scheduled_post set not_before = null where not_before is not null")

    async def expire_tokens(self) -> None:
        """Let our access tokens expire, in our own records."""
        await self.pool.execute("update account_credential set expires_at = now() - interval '1 minute'")

    async def count_refreshes(self) -> int:
        """Count the token calls except the exchange of one code."""
        return (await self.sim.requests())["POST /v2/oauth/token/"] - 1

    async def deliver_events(self, order: str = "due", copies: int = 1) -> list[int]:
        """Deliver TikTok's events, and return the status of each of our answers."""
        told = await self.sim.call("POST", "/webhooks/deliver", order=order, copies=copies)
        return [sent["status"] for sent in told["sent"]]


@asynccontextmanager
async def open_project(settings: Settings, pool: Pool, **changes: Any) -> AsyncIterator[TikTokProject]:
    """Open a project; `changes` override settings."""
    front = ApiFront()
    async with AsyncExitStack() as stack:
        home = stack.enter_context(served(front))
        app = TikTokApp()
        base = stack.enter_context(served(TikTok(rate=0, redirect_uris=[f"{home}/v1/social/callback/tiktok"])))
        ours = {"tiktok_client_key": app.client_key, "tiktok_client_secret": app.client_secret}
        scope = {"public_url": home, "tiktok_url": base, "tiktok_api_url": base}
        mine = msgspec.structs.replace(settings, **{**ours, **scope, "fetch_allow": urlsplit(base).netloc, **changes})
        participants = await stack.enter_async_context(open_participants(mine, pool))
        front.api = participants.browser
        sim = await stack.enter_async_context(Sim(base))
        await sim.call("POST", "/app", callback_url=home + HOOK, verified_prefixes=[f"{home}/media/"])
        await sim.account("ada")
        await sim.account("eve")
        project = await new_project(participants.acme)
        yield TikTokProject(**vars(participants), sim=sim, settings=mine, id=project)
