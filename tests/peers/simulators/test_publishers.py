"""What every platform's adapter has to do, done to the simulated TikTok and Instagram.

The same as to the servers that others wrote: tests/peers/test_mastodons.py, tests/peers/test_bluesky_pds.py.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from domain.publishing.outgoing import Account
from schemas import ids
from schemas.errors import ReauthRequired, TokenExpired
from tests.media import film
from tests.peers.publishing import LATER, Clock, deliver, outbound, prepare, publish
from tests.peers.simulators import instagram_user, tiktok_user
from tests.peers.simulators.client import Sim
from tests.peers.simulators.faults import Fault
from tests.peers.simulators.instagram import Instagram as SimulatedInstagram
from tests.peers.simulators.serving import served
from tests.peers.simulators.simulator import Simulator
from tests.peers.simulators.tiktok import TikTok as SimulatedTikTok
from tests.workers.platforms.scripted import draft, file
from workers.platforms.contract import Absent, Adapter, Draft, Inquiry, Live
from workers.platforms.instagram.publish import Instagram
from workers.platforms.tiktok.publish import TikTok

FILM = film(ms=4000, size=(640, 360))
POSTS = 8

AccountOf = Callable[[Sim], Awaitable[Account]]
AdapterOf = Callable[[httpx.AsyncClient, str], Adapter]
ANSWER, REQUEST = Fault.ACCEPT_THEN_DROP, Fault.DROP_BEFORE


@dataclass
class Member(Clock):
    """An account, in its platform's time; `call` can't be taken back, `url` is where a file lies."""

    adapter: Adapter
    account: Account
    sim: Sim
    call: str
    url: str

    async def now(self) -> datetime:
        return datetime.fromtimestamp(await self.sim.now(), UTC)

    async def advance(self, seconds: float) -> None:
        await self.sim.advance(seconds)

    async def post(self, caption: str) -> Draft:
        now = await self.now()
        if self.account.platform == "tiktok":
            media = file(FILM, kind="video", mime_type="video/mp4", duration_ms=4000)
        else:
            media = file(instagram_user.JPEG, mime_type="image/jpeg", url=self.url)
        return draft(caption, media, post_id=ids.new(), created_at=now, now=now)

    async def publish(self, caption: str) -> Live:
        return await publish(self.adapter, self.account, await self.post(caption), self)

    async def shown(self, *captions: str) -> list[str]:
        """Of these, those that are live, as often as they are."""
        posts = await self.sim.posts(self.account.handle)
        return sorted(
            post["caption"] for post in posts if post["state"] == "live" and post["caption"] in captions
        )


@pytest_asyncio.fixture
async def member(request: pytest.FixtureRequest, files: str) -> AsyncIterator[Member]:
    kinds: dict[str, tuple[type[Simulator], AccountOf, AdapterOf, str]] = {
        "tiktok": (SimulatedTikTok, on_tiktok, TikTok, "last_chunk"),
        "instagram": (SimulatedInstagram, on_instagram, Instagram, "publish"),
    }
    simulated, account_of, adapter, call = kinds[request.param]
    with served(simulated(rate=0, redirect_uris=[tiktok_user.CALLBACK])) as base:
        async with Sim(base) as sim, outbound(base) as client:
            account = await account_of(sim)
            yield Member(adapter(client, base), account, sim, call, f"{files}/a.jpg")


pytestmark = pytest.mark.parametrize("member", ["tiktok", "instagram"], indirect=True)


async def on_tiktok(sim: Sim) -> Account:
    person = await sim.account("ada", posts_per_day=100)
    async with httpx.AsyncClient(base_url=sim.base, trust_env=False, timeout=10) as http:
        user = await tiktok_user.connected(sim, http)
    return account_for("tiktok", sim, person["open_id"], user.access)


async def on_instagram(sim: Sim) -> Account:
    person = await sim.account("ada")
    async with httpx.AsyncClient(base_url=sim.base, trust_env=False, timeout=10) as http:
        token = await instagram_user.long_lived(sim, http)
    return account_for("instagram", sim, person["user_id"], token)


def account_for(platform: str, sim: Sim, external_id: str, token: str) -> Account:
    return Account(
        platform=platform,
        service_url=sim.base,
        external_id=external_id,
        handle="ada",
        traits={},
        access_token=token,
    )


async def test_a_post_is_published_under_its_name(member: Member) -> None:
    live = await member.publish("Grüße 🎉 & more")
    [post] = await member.sim.posts("ada", "Grüße 🎉 & more")
    assert (post["state"], post["external_id"]) == ("live", live.external_id)
    assert live.external_url


@pytest.mark.parametrize("losses", [[ANSWER], [REQUEST], [REQUEST, ANSWER]])
async def test_lost_answers_and_requests_leave_each_post_there_once(
    member: Member, losses: Sequence[Fault]
) -> None:
    captions = [f"post {number}" for number in range(POSTS)]
    for caption in captions:
        for fault in losses:
            await member.sim.fault(member.call, fault)
        await member.publish(caption)
        await member.sim.advance(60)
    assert await member.shown(*captions) == captions
    assert await member.sim.struck() == dict.fromkeys(losses, POSTS)


async def test_looking_finds_a_post_or_proves_its_absence(member: Member) -> None:
    what = await member.post("Look")
    prepared = await prepare(member.adapter, member.account, what, member)
    now = await member.now()

    async def look() -> Any:
        return await member.adapter.reconcile(member.account, Inquiry(prepared, now, now + LATER))

    assert await look() == Absent()
    live = await deliver(member.adapter, member.account, prepared, what, member)
    assert await look() == live


async def test_the_same_text_again_is_another_post(member: Member) -> None:
    first = await member.publish("twice")
    await member.sim.fault(member.call, ANSWER)
    await member.sim.advance(600)
    second = await member.publish("twice")
    assert first.external_id != second.external_id
    assert await member.shown("twice") == ["twice", "twice"]


async def test_a_token_that_was_taken_back_posts_nothing(member: Member) -> None:
    what = await member.post("refused")
    if member.account.platform == "tiktok":
        await member.sim.call("POST", "/remove_access", username="ada")
    else:
        await member.sim.call("POST", "/tokens", username="ada", error="app_removed")
    with pytest.raises((ReauthRequired, TokenExpired)):
        await prepare(member.adapter, member.account, what, member)
    assert await member.shown("refused") == []
