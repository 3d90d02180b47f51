"""Ada's account on the simulated TikTok, with its adapter."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec

from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.tiktok.publish import TikTokAdapter
from tests.media import film
from tests.peers.publishing import outbound
from tests.peers.simulators import tiktok_user
from tests.peers.simulators.client import Sim, visiting
from tests.peers.simulators.serving import served
from tests.peers.simulators.tiktok import TikTok as Simulator
from tests.platforms.scripted import AT, draft, file
from workers.platforms.contract import (
    PostFile,
    PostInquiry,
    PostPrepareResult,
    PostToPublish,
    ReconcileResult,
    SendResult,
)

MIB = 1 << 20
FILM = film(ms=4000)
#: A video of three chunks.
LONG = film(ms=4000, frames=25 * MIB)
CAPTION = "Fresh bread"
TIMEOUT_S = 60.0


class TikTokAccount(NamedTuple):
    sim: Sim
    adapter: TikTokAdapter
    account: PostingAccountWithAccessToken

    async def prepare(self, what: PostToPublish, so_far: PostPrepareResult | None = None) -> PostPrepareResult:
        """Run all the steps of one attempt."""
        while so_far is None or not so_far.complete:
            so_far = await self.adapter.prepare(self.account, what, so_far)
        return so_far

    async def send(self, prepared: PostPrepareResult, what: PostToPublish) -> SendResult:
        return await self.adapter.send(self.account, prepared, what, timeout_s=TIMEOUT_S)

    async def sent(self, what: PostToPublish) -> PostPrepareResult:
        """Send the post; return its accepted state."""
        prepared = await self.prepare(what)
        taken = await self.send(prepared, what)
        return prepared_with(prepared, taken)

    async def look(
        self, prepared: PostPrepareResult, *, after_s: float = 0, fetched: bool | None = None
    ) -> ReconcileResult:
        return await self.adapter.reconcile(self.account, self.about(prepared, after_s, fetched))

    async def poll(self, prepared: PostPrepareResult, *, after_s: float = 0) -> SendResult:
        return await self.adapter.poll(self.account, self.about(prepared, after_s))

    def about(self, prepared: PostPrepareResult, after_s: float, fetched: bool | None = None) -> PostInquiry:
        return PostInquiry(prepared, AT, AT + timedelta(seconds=after_s), fetched)

    async def counts(self) -> dict[str, int]:
        return await self.sim.counts("ada", CAPTION)

    async def asked(self, path: str) -> int:
        """Return the number of calls of one of the API's methods."""
        return (await self.sim.requests()).get(f"POST /v2/post/publish/{path}/", 0)


def prepared_with(prepared: PostPrepareResult, taken: Any) -> PostPrepareResult:
    return PostPrepareResult(handle=taken.handle, request=prepared.request, secret=prepared.secret)


@asynccontextmanager
async def ada(**settings: Any) -> AsyncIterator[TikTokAccount]:
    """Connect her account; `settings` are her account's at TikTok."""
    with served(Simulator(rate=0, redirect_uris=[tiktok_user.CALLBACK])) as base:
        async with Sim(base) as sim, visiting(base) as http, outbound(base) as client:
            await sim.account("ada", **settings)
            scopes = f"{tiktok_user.SCOPES},user.info.profile"
            person = await tiktok_user.connected(sim, http, scope=scopes)
            account = PostingAccountWithAccessToken(
                platform="tiktok",
                service_url=base,
                external_id="-000ada",
                handle="ada",
                traits={},
                access_token=person.access,
            )
            yield TikTokAccount(sim, TikTokAdapter(client, base), account)


def video(content: bytes = FILM, *, duration_ms: int = 4000) -> PostFile:
    return file(content, kind="video", mime_type="video/mp4", duration_ms=duration_ms)


def post(*files: PostFile, **changes: Any) -> PostToPublish:
    """Return a public post by default: TikTok has no default level."""
    return draft(CAPTION, *files, **{"privacy_level": "public"} | changes)


def later(what: PostToPublish, seconds: float) -> PostToPublish:
    """Return the draft of another attempt, `seconds` later."""
    return msgspec.structs.replace(what, now=AT + timedelta(seconds=seconds))
