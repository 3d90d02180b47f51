"""Publishing to a third-party mock of TikTok and Instagram, as far as it goes.

posthole publishes a video at the first status query, even without its bytes, and publishes an image on each
call: the tests check that our calls don't repeat.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio

from domain.accounts.credentials import AccountTokens
from platforms.instagram import connect as instagram
from platforms.instagram.publish import InstagramAdapter
from platforms.tiktok import connect as tiktok
from platforms.tiktok.publish import TikTokAdapter
from schemas import ids
from schemas.errors import PlatformError, PostOutcomeUnknown
from tests.media import film
from tests.peers import posthole as peer
from tests.peers.mastodon_account import unique
from tests.peers.posthole import CREATOR, Posthole
from tests.peers.proxy import Loss, between, first_of_each
from tests.peers.publishing import LATER, TIMEOUT_S, prepare, publish
from tests.peers.pypi import NoPython
from tests.peers.simulators.instagram_user import JPEG
from tests.platforms.scripted import draft, file
from tests.servers import settings_for
from workers.platforms.connecting import OutgoingNetwork
from workers.platforms.contract import PostDraft, PostInquiry

pytestmark = pytest.mark.peers

POSTS = 10


@pytest.fixture(scope="module")
def posthole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posthole]:
    try:
        with peer.serve(tmp_path_factory.mktemp("posthole")) as served:
            yield served
    except NoPython as error:
        pytest.skip(f"posthole needs a newer Python: {error}")


@pytest_asyncio.fixture
async def client(posthole: Posthole) -> AsyncIterator[httpx.AsyncClient]:
    async with peer.client(posthole.base) as opened:
        yield opened


def video(caption: str) -> PostDraft:
    now = datetime.now(UTC)
    clip = file(film(ms=4000), kind="video", mime_type="video/mp4", duration_ms=4000)
    return draft(caption, clip, post_id=ids.new_uuid7(), created_at=now, now=now)


def image(caption: str) -> PostDraft:
    now = datetime.now(UTC)
    return draft(caption, file(JPEG, mime_type="image/jpeg"), post_id=ids.new_uuid7(), created_at=now, now=now)


async def test_a_video_is_published_under_its_name(posthole: Posthole, client: httpx.AsyncClient) -> None:
    caption, account = unique("Grüße 🎉"), posthole.account("tiktok")
    live = await publish(TikTokAdapter(client, posthole.base), account, video(caption))
    assert posthole.published(caption) == 1
    assert (live.external_id or "").isdecimal()


@pytest.mark.parametrize("losses", [[Loss.ANSWER], [Loss.REQUEST]])
async def test_lost_calls_publish_each_video_once(posthole: Posthole, losses: Sequence[Loss]) -> None:
    account, captions = posthole.account("tiktok"), [unique(f"video {number}") for number in range(POSTS)]
    async with (
        between(posthole.port, first_of_each("/upload/", *losses, method="PUT")) as proxy,
        peer.client(proxy.base) as client,
    ):
        for caption in captions:
            await publish(TikTokAdapter(client, proxy.base), account, video(caption))
        assert proxy.lost == POSTS
    assert [posthole.published(caption) for caption in captions] == [1] * POSTS


async def test_image_with_a_lost_publish_call_stays_unknown(posthole: Posthole) -> None:
    """Its containers never become PUBLISHED and it lists no media: the post must never be sent again."""
    caption, account = unique("lost"), posthole.account("instagram")
    async with (
        between(posthole.port, lambda line, _: Loss.ANSWER if "media_publish" in line else Loss.NOTHING) as proxy,
        peer.client(proxy.base) as client,
    ):
        adapter, what = InstagramAdapter(client, proxy.base), image(caption)
        prepared, now = await prepare(adapter, account, what), datetime.now(UTC)
        with pytest.raises(PostOutcomeUnknown):
            await adapter.send(account, prepared, what, timeout_s=TIMEOUT_S)
        with pytest.raises(PlatformError):
            await adapter.reconcile(account, PostInquiry(prepared, now, now + 2 * LATER))
    assert posthole.published(caption) == 1


async def test_tokens_are_refreshed(posthole: Posthole, client: httpx.AsyncClient) -> None:
    ours = {"tiktok_client_key": "key", "tiktok_client_secret": "secret"}
    urls = {"tiktok_api_url": posthole.base, "instagram_api_url": posthole.base}
    net = OutgoingNetwork(client, {}, settings_for("postgresql://nowhere/", "redis://nowhere", **ours, **urls))
    ends = datetime.now(UTC) + timedelta(days=30)
    tokens = posthole.tiktok()
    assert tokens["open_id"] == CREATOR
    pair = await tiktok.refresh_tiktok_tokens(
        net, AccountTokens(tokens["access_token"], tokens["refresh_token"], ends, 1, None)
    )
    assert pair.access_token != tokens["access_token"]
    assert pair.refresh_token != tokens["refresh_token"]
    long = (await client.get(f"{posthole.base}/access_token?access_token={posthole.instagram()}")).json()
    longer = await instagram.refresh_instagram_token(net, AccountTokens(long["access_token"], None, ends, 1, None))
    assert longer.access_token != long["access_token"]
