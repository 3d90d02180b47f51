"""A person on the simulated Instagram with a connected adapter; times are the simulator's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.instagram.publish import InstagramAdapter
from tests.peers.publishing import outbound
from tests.peers.simulators.client import Sim, visiting
from tests.peers.simulators.instagram import Instagram as Simulated
from tests.peers.simulators.instagram_user import CALLBACK, MediaHost, long_lived
from tests.peers.simulators.serving import served
from tests.platforms.scripted import draft, file
from workers.platforms.contract import (
    PostFile,
    PostInquiry,
    PostPrepareResult,
    PostToPublish,
    ReconcileResult,
    SendResult,
)

#: Timeout of the irreversible call, in seconds.
SEND_S = 60.0


@dataclass
class InstagramAccount:
    """Ada's account, `files` by their names in `instagram_user.FILES`."""

    sim: Sim
    adapter: InstagramAdapter
    account: PostingAccountWithAccessToken
    files: str

    async def now(self) -> datetime:
        return datetime.fromtimestamp(await self.sim.now(), UTC)

    async def post(self, *names: str, caption: str = "Hello") -> PostToPublish:
        files = [self.file(name, number) for number, name in enumerate(names or ("a.jpg",))]
        return draft(caption, *files, now=await self.now())

    def file(self, name: str, number: int = 0) -> PostFile:
        film = name.endswith(".mp4")
        kind, mime_type = ("video", "video/mp4") if film else ("image", "image/jpeg")
        fields: dict[str, Any] = {"id": UUID(int=number), "url": f"{self.files}/{name}"}
        return file(kind=kind, mime_type=mime_type, duration_ms=4000 if film else None, **fields)

    async def step(self, post: PostToPublish, so_far: PostPrepareResult | None = None) -> PostPrepareResult:
        """Run one step, after the previous one's wait."""
        if so_far is not None:
            await self.sim.advance(so_far.after_s)
        return await self.adapter.prepare(self.account, post, so_far)

    async def prepared(self, post: PostToPublish, so_far: PostPrepareResult | None = None) -> PostPrepareResult:
        so_far = await self.step(post, so_far)
        while not so_far.complete:
            so_far = await self.step(post, so_far)
        return so_far

    async def send(self, prepared: PostPrepareResult, post: PostToPublish, *, timeout_s: float = SEND_S) -> SendResult:
        return await self.adapter.send(self.account, prepared, post, timeout_s=timeout_s)

    async def ask(self, prepared: PostPrepareResult, *, sent_at: datetime) -> ReconcileResult:
        """Return the post's state, as of now."""
        return await self.adapter.reconcile(self.account, PostInquiry(prepared, sent_at, await self.now()))

    async def later(self, prepared: PostPrepareResult, *, sent_at: datetime, after: timedelta) -> ReconcileResult:
        await self.sim.advance((sent_at + after - await self.now()).total_seconds())
        return await self.ask(prepared, sent_at=sent_at)

    async def order(self, error: str, path: str, **asked: Any) -> None:
        """Order a refusal of `instagram_errors.REFUSALS` for the next call of that name."""
        await self.sim.call("POST", "/errors", path=path, error=error, **asked)

    async def calls(self, end: str) -> int:
        """Return the number of requests with this end of the path."""
        return sum(count for path, count in (await self.sim.requests()).items() if path.endswith(end))

    async def by_hand(self, caption: str, *, ago_s: float = 0) -> str:
        made = await self.sim.call("POST", "/posts", username="ada", caption=caption, ago_s=ago_s)
        found: str = made["id"]
        return found


@asynccontextmanager
async def instagram_account() -> AsyncIterator[InstagramAccount]:
    with served(Simulated(rate=0, redirect_uris=[CALLBACK])) as base, served(MediaHost()) as files:
        async with Sim(base) as sim, visiting(base) as person, outbound(base) as client:
            made = await sim.account("ada")
            account = PostingAccountWithAccessToken(
                platform="instagram",
                service_url=base,
                external_id=made["user_id"],
                handle="ada",
                traits={},
                access_token=await long_lived(sim, person),
            )
            yield InstagramAccount(sim, InstagramAdapter(client, base), account, files)
