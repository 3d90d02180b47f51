"""Collectors: each platform's figures become metrics, and missing ones are left out."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio
from msgspec.structs import replace

from domain.collection.collection_runs import PostDueForMetricPolling
from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.bluesky.collect import BlueskyCollector
from platforms.instagram.collect import InstagramCollector
from platforms.mastodon.collect import MastodonCollector
from platforms.tiktok.collect import TikTokCollector
from schemas import ids
from schemas.errors import (
    AccessTokenExpired,
    AccountReauthRequired,
    PlatformError,
    PlatformRefusal,
    PlatformThrottled,
    PostNotSent,
)
from tests.peers.simulators import instagram_user, tiktok_user
from tests.peers.simulators.client import visiting
from tests.peers.simulators.faults import SimFault
from tests.peers.simulators.instagram_state import INSIGHTS
from tests.platforms import instagram_account, tiktok_account
from tests.platforms.instagram_account import InstagramAccount
from tests.platforms.scripted import AT, account, client_for, drop, json_response, server, xrpc_error
from tests.platforms.tiktok_account import TikTokAccount
from workers.platforms.collecting import CollectedMetricValues, PlatformMetricsCollector
from workers.platforms.fakes.collect import SandboxCollector


async def figures(
    collector: PlatformMetricsCollector, of: PostingAccountWithAccessToken, *names: str, video: bool = False
) -> dict[str, CollectedMetricValues]:
    """Collect the figures, by the posts' external ids."""
    posts = {name: PostDueForMetricPolling(ids.new_uuid7(), name, AT, video, None) for name in names}
    found = await collector.read_post_metrics(of, [*posts.values()])
    return {name: found[post.id] for name, post in posts.items() if post.id in found}


# Bluesky

VIEW = {"uri": "at://1", "likeCount": 4, "replyCount": 3, "repostCount": 2, "quoteCount": 1}


async def test_bluesky_returns_many_posts_in_one_call() -> None:
    views = [VIEW, {"uri": "at://2", "likeCount": 0, "bookmarkCount": 9}, {"uri": "at://other"}]
    answers = {"app.bsky.feed.getPosts": json_response({"posts": views})}
    async with server(**answers) as served, client_for(served) as client:
        found = await figures(BlueskyCollector(client), account(served, "bluesky"), *"at://1 at://2 at://3".split())
    assert found == {"at://1": {"likes": 4, "comments": 3, "shares": 3}, "at://2": {"likes": 0, "saves": 9}}
    [asked] = served.asked
    assert asked.target.endswith("?uris=at%3A%2F%2F1&uris=at%3A%2F%2F2&uris=at%3A%2F%2F3")
    assert asked.token == "secret-token"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (xrpc_error("ExpiredToken"), AccessTokenExpired),
        (xrpc_error("AuthenticationRequired", 401), AccountReauthRequired),
        (xrpc_error("RateLimitExceeded", 429), PlatformThrottled),
        (xrpc_error("UpstreamFailure", 502), PostNotSent),
        (json_response({"posts": [{"likeCount": 1}]}), PostNotSent),
        (drop, PostNotSent),
    ],
)
async def test_bluesky_raises_the_errors_of_posting(answer: Any, error: type[PlatformError]) -> None:
    answers = {"app.bsky.feed.getPosts": answer}
    async with server(**answers) as served, client_for(served) as client:
        with pytest.raises(error):
            await figures(BlueskyCollector(client), account(served, "bluesky"), "at://1")


async def test_both_servers_return_followers() -> None:
    answers = {"app.bsky.actor.getProfile": json_response({"did": "did:plc:me", "followersCount": 7})}
    async with server(**answers) as served, client_for(served) as client:
        assert await BlueskyCollector(client).read_follower_count(account(served, "bluesky")) == 7
    person = json_response({"id": "7", "username": "me", "followers_count": 8})
    async with server(verify_credentials=person) as served, client_for(served) as client:
        assert await MastodonCollector(client).read_follower_count(account(served, "mastodon")) == 8


# Mastodon

COUNTED = {"id": "1", "favourites_count": 4, "replies_count": 3, "reblogs_count": 2}


async def test_mastodon_returns_an_existing_post() -> None:
    answers = {
        "1": json_response(COUNTED),
        "2": json_response({**COUNTED, "quotes_count": 1}),
        "3": json_response({"error": "Gone"}, 404),
    }
    async with server(**answers) as served, client_for(served) as client:
        found = await figures(MastodonCollector(client), account(served, "mastodon"), "1", "2", "3")
    expected = {"likes": 4, "comments": 3, "shares": 2}
    assert found == {"1": expected, "2": {**expected, "shares": 3}}


# Instagram


class InsightsAccount(NamedTuple):
    insta: InstagramAccount
    account: PostingAccountWithAccessToken
    collector: InstagramCollector

    async def post(self, *, kind: str = "IMAGE", viewers: int = 100, **figures: int) -> str:
        made = await self.insta.sim.call("POST", "/posts", username="ada", kind=kind)
        await self.see(made["id"], viewers=viewers, **figures)
        return str(made["id"])

    async def see(self, post: str, *, viewers: int = 100, **figures: int) -> None:
        await self.insta.sim.call("POST", "/figures", id=post, viewers=viewers, figures=figures)

    async def told(self, post: str, *, video: bool = False) -> CollectedMetricValues | None:
        return (await figures(self.collector, self.account, post, video=video)).get(post)


@pytest_asyncio.fixture
async def insta() -> AsyncIterator[InsightsAccount]:
    """Connect ada's account with permission to read insights."""
    async with instagram_account.instagram_account() as found:
        async with visiting(found.sim.base) as http:
            token = await instagram_user.long_lived(found.sim, http, scope=f"{instagram_user.SCOPES},{INSIGHTS}")
        collector = InstagramCollector(found.adapter.client, found.sim.base)
        yield InsightsAccount(found, replace(found.account, access_token=token), collector)


async def test_instagram_returns_pictures_and_reels(insta: InsightsAccount) -> None:
    post = await insta.post(views=9, reach=8, likes=4, comments=3, saved=2, shares=1)
    expected = {"views": 9, "reach": 8, "likes": 4, "comments": 3, "saves": 2, "shares": 1}
    assert await insta.told(post) == expected
    reel = await insta.post(kind="REELS", views=9, ig_reels_video_view_total_time=12_000)
    shown = await insta.told(reel, video=True)
    assert shown is not None
    assert (shown["views"], shown["watch_time_ms"]) == (9, 12_000)


async def test_late_insights_are_not_zero(insta: InsightsAccount) -> None:
    """Until then the post's own fields have likes and comments."""
    await insta.insta.sim.account("ada", insights_s=48 * 3600)
    post = await insta.post(views=9, likes=4)
    assert await insta.told(post) == {"likes": 4, "comments": 0}
    await insta.insta.sim.advance(49 * 3600)
    shown = await insta.told(post)
    assert shown is not None
    assert shown["views"] == 9


async def test_below_five_viewers_there_are_no_insights(insta: InsightsAccount) -> None:
    post = await insta.post(viewers=4, views=4, likes=1)
    assert await insta.told(post) == {"likes": 1, "comments": 0}
    await insta.see(post, viewers=5, views=5, likes=1)
    shown = await insta.told(post)
    assert shown is not None
    assert shown["views"] == 5


async def test_missing_insights_permission_requires_no_reconnection(insta: InsightsAccount) -> None:
    """The token works anyway, and followers need no such permission."""
    await insta.insta.sim.account("ada", followers=70)
    post = await insta.post(views=9, likes=4)
    without = insta._replace(account=insta.insta.account)
    assert await without.told(post) == {"likes": 4, "comments": 0}
    assert await without.collector.read_follower_count(without.account) == 70


async def test_a_deleted_post_is_left_out(insta: InsightsAccount) -> None:
    post = await insta.post(views=9)
    await insta.insta.sim.call("POST", "/posts/delete", id=post)
    assert await insta.told(post) is None


async def test_instagram_raises_the_errors_of_posting(insta: InsightsAccount) -> None:
    post = await insta.post(views=9)
    errors: dict[str, type[PlatformError]] = {
        "user_limit": PlatformThrottled,
        "business_limit": PlatformThrottled,
        "expired": AccountReauthRequired,
        "restricted": PlatformRefusal,
        "unavailable": PostNotSent,
    }
    for refusal, error in errors.items():
        await insta.insta.order(refusal, "insights")
        with pytest.raises(error):
            await insta.told(post)


# TikTok

FIGURES = {"view_count": 9, "like_count": 4, "comment_count": 3, "share_count": 2}
SHOWN = {"views": 9, "likes": 4, "comments": 3, "shares": 2}
ALL = f"{tiktok_user.SCOPES},user.info.profile,video.list,user.info.stats"


class CountsAccount(NamedTuple):
    tok: TikTokAccount
    account: PostingAccountWithAccessToken
    collector: TikTokCollector

    async def post(self, **counts: int) -> tuple[str, str]:
        """Return its publish_id, and its id once it is public."""
        made = await self.tok.prepare(tiktok_account.post(tiktok_account.video()))
        await self.tok.send(made, tiktok_account.post(tiktok_account.video()))
        await self.tok.sim.advance(120)
        [entry] = await self.tok.sim.posts("ada")
        await self.tok.sim.call("POST", "/figures", publish_id=entry["key"], figures=counts)
        return str(entry["key"]), str(entry["external_id"])


@pytest_asyncio.fixture
async def tok() -> AsyncIterator[CountsAccount]:
    """Connect ada's account with permission to read counts."""
    async with tiktok_account.ada(followers=70) as found:
        async with visiting(found.sim.base) as http:
            person = await tiktok_user.connected(found.sim, http, scope=ALL)
        collector = TikTokCollector(found.adapter.client, found.sim.base)
        yield CountsAccount(found, replace(found.account, access_token=person.access), collector)


async def test_tiktok_returns_public_posts(tok: CountsAccount) -> None:
    """Falling numbers, and a deleted post."""
    key, name = await tok.post(**FIGURES)
    assert await figures(tok.collector, tok.account, name, "7300000000000009999") == {name: SHOWN}
    await tok.tok.sim.call("POST", "/figures", publish_id=key, figures={**FIGURES, "view_count": 1})
    assert (await figures(tok.collector, tok.account, name))[name]["views"] == 1
    await tok.tok.sim.call("POST", "/posts", publish_id=key, deed="delete")
    assert await figures(tok.collector, tok.account, name) == {}
    assert await tok.collector.read_follower_count(tok.account) == 70


async def test_tiktok_returns_nothing_without_the_scopes(tok: CountsAccount) -> None:
    _, name = await tok.post(**FIGURES)
    assert await figures(tok.collector, tok.tok.account, name) == {}
    assert await tok.collector.read_follower_count(tok.tok.account) is None


async def test_tiktok_raises_the_errors_of_posting(tok: CountsAccount) -> None:
    _, name = await tok.post(**FIGURES)
    errors: dict[SimFault, type[PlatformError]] = {
        SimFault.REFUSE_429: PlatformThrottled,
        SimFault.REFUSE_500: PostNotSent,
        SimFault.DROP_BEFORE: PostNotSent,
        SimFault.TRUNCATED_200: PostNotSent,
    }
    for fault, error in errors.items():
        await tok.tok.sim.fault("/v2/video/query/", fault)
        with pytest.raises(error):
            await figures(tok.collector, tok.account, name)


# A sandbox


async def test_a_sandboxs_figures_grow_for_a_week_and_are_always_the_same() -> None:
    post = PostDueForMetricPolling(UUID(int=5), "x", AT, video=False, due_at=None)
    collector, shop = SandboxCollector(AT), account(None, "mastodon")
    told_at = [
        (await SandboxCollector(AT + timedelta(days=days)).read_post_metrics(shop, [post]))[post.id]["views"]
        for days in range(6)
    ]
    assert told_at == sorted(told_at)
    assert told_at[0] == 0
    assert len(set(told_at)) == 6
    assert await collector.read_follower_count(shop) == 700
