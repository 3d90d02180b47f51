"""Publishing to Bluesky's own server: exactly once, with its errors for refused accounts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platforms.bluesky import api
from platforms.bluesky.api import PdsApi, PdsSession
from platforms.bluesky.publish import BlueskyAdapter
from schemas.errors import AccessTokenExpired, PlatformRefusal, PlatformThrottled, PostOutcomeUnknown
from tests.media import film, picture
from tests.peers.pds import Pds, account_of, signed_in
from tests.peers.proxy import Loss, between, first_of_each
from tests.peers.publishing import TIMEOUT_S, deliver, outbound, post, publish
from tests.platforms.scripted import draft, file
from workers.platforms.contract import AbsentPost, PostInquiry

pytestmark = pytest.mark.peers

PUT = "/xrpc/com.atproto.repo.putRecord"
POSTS = 50


async def test_a_text_with_a_link_a_tag_and_a_mention_is_posted(pds: Pds) -> None:
    person, friend = pds.person(), pds.person()
    text = f"Grüße 🎉 to @{friend.handle}: https://example.com/a?b=c #launch"
    async with outbound(pds.base) as client:
        live = await publish(
            BlueskyAdapter(client), account_of(await signed_in(client, pds, person), pds.base), post(text)
        )
    (record,) = pds.records(person)
    assert live.external_id == record["uri"]
    assert record["value"]["text"] == text
    features = [facet["features"][0]["$type"] for facet in record["value"]["facets"]]
    assert features == [f"app.bsky.richtext.facet#{name}" for name in ("mention", "link", "tag")]
    assert record["value"]["facets"][0]["features"][0]["did"] == friend.did


async def test_images_and_a_video_are_posted(pds: Pds) -> None:
    person = pds.person()
    async with outbound(pds.base) as client:
        adapter, mine = BlueskyAdapter(client), account_of(await signed_in(client, pds, person), pds.base)
        await publish(adapter, mine, post("four", images=4))
        movie = file(film(), kind="video", mime_type="video/mp4", width=64, height=36)
        await publish(adapter, mine, draft("a film", movie, created_at=datetime.now(UTC)))
    film_record, images_record = (record["value"] for record in pds.records(person))
    assert len(images_record["embed"]["images"]) == 4
    assert images_record["embed"]["images"][0]["image"]["size"] == len(picture())
    assert film_record["embed"]["video"]["mimeType"] == "video/mp4"


async def test_too_long_text_is_the_partners_error(pds: Pds) -> None:
    person = pds.person()
    async with outbound(pds.base) as client:
        with pytest.raises(PlatformRefusal, match="300") as caught:
            await publish(
                BlueskyAdapter(client), account_of(await signed_in(client, pds, person), pds.base), post("x" * 301)
            )
    assert (caught.value.category, pds.records(person)) == ("user_content", [])


@pytest.mark.parametrize("losses", [[Loss.REQUEST], [Loss.ANSWER, Loss.ANSWER, Loss.REQUEST]])
async def test_lost_calls_publish_each_post_once(pds: Pds, losses: list[Loss]) -> None:
    person = pds.person()
    async with between(pds.port, first_of_each(PUT, *losses)) as proxy, outbound(pds.base, proxy.base) as client:
        adapter, mine = BlueskyAdapter(client), account_of(await signed_in(client, pds, person), proxy.base)
        for number in range(POSTS):
            await publish(adapter, mine, post(f"post {number}"))
    assert pds.texts(person) == sorted(f"post {number}" for number in range(POSTS))
    assert proxy.lost == POSTS * len(losses)


async def test_looking_finds_a_post_or_proves_its_absence(pds: Pds) -> None:
    person, now = pds.person(), datetime.now(UTC)
    async with outbound(pds.base) as client:
        adapter, mine = BlueskyAdapter(client), account_of(await signed_in(client, pds, person), pds.base)
        prepared = await adapter.prepare(mine, post("looked for", images=1))
        late = now + timedelta(minutes=2)
        assert await adapter.reconcile(mine, PostInquiry(prepared, now, late)) == AbsentPost()
        live = await deliver(adapter, mine, prepared)
        assert await adapter.reconcile(mine, PostInquiry(prepared, now, now)) == live


async def test_foreign_post_with_the_same_key_is_not_matched(pds: Pds) -> None:
    person, post_id = pds.person(), post("").post_id
    async with outbound(pds.base) as client:
        adapter, mine = BlueskyAdapter(client), account_of(await signed_in(client, pds, person), pds.base)
        moment = datetime.now(UTC)
        await publish(adapter, mine, draft("one", post_id=post_id, created_at=moment))
        other = await adapter.prepare(mine, draft("another", post_id=post_id, created_at=moment))
        with pytest.raises(PostOutcomeUnknown) as caught:
            await adapter.send(mine, other, draft(), timeout_s=TIMEOUT_S)
    assert (caught.value.code, pds.texts(person)) == ("KEY_TAKEN", ["one"])


async def test_refresh_with_a_lost_response_can_be_repeated(pds: Pds) -> None:
    person = pds.person()
    async with outbound(pds.base) as client:
        session = await signed_in(client, pds, person)
        lost = await api.refresh_pds_session(client, pds.base, refresh_token=session.refresh_jwt)
        again = await api.refresh_pds_session(client, pds.base, refresh_token=session.refresh_jwt)
        assert again.refresh_jwt != session.refresh_jwt
        assert lost.did == again.did
        await publish(BlueskyAdapter(client), account_of(again, pds.base), post("with the new token"))
    assert pds.texts(person) == ["with the new token"]


@pytest.mark.parametrize("token", ["garbage", "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln"])
async def test_invalid_token_requires_a_refresh(pds: Pds, token: str) -> None:
    person = pds.person()
    session = PdsSession(did=person.did, handle=person.handle, access_jwt=token, refresh_jwt="")
    mine = account_of(session, pds.base)
    async with outbound(pds.base) as client:
        with pytest.raises(AccessTokenExpired):
            await publish(BlueskyAdapter(client), mine, post("x"))


async def test_rate_limit_has_its_end(pds: Pds) -> None:
    """The server's limit is 30 sessions in 5 minutes for each account."""
    person = pds.person()
    async with outbound(pds.base) as client:
        for _ in range(30):
            await signed_in(client, pds, person)
        with pytest.raises(PlatformThrottled) as caught:
            await signed_in(client, pds, person)
    assert caught.value.after_s is not None
    assert 0 < caught.value.after_s <= 300


async def test_avatar_is_found_if_the_account_has_one(pds: Pds) -> None:
    person = pds.person()
    async with outbound(pds.base) as client:
        session = await signed_in(client, pds, person)
        server = PdsApi(client=client, base=pds.base, token=session.access_jwt)
        assert await api.get_bluesky_avatar_url(server, person.did) is None
        async with file(picture()).read() as content:
            blob = await api.upload_pds_blob(server, content, mime_type="image/png", size_bytes=len(picture()))
        profile = {"$type": "app.bsky.actor.profile", "avatar": blob}
        where: dict[str, Any] = {"repo": person.did, "collection": "app.bsky.actor.profile", "rkey": "self"}
        pds.call("com.atproto.repo.putRecord", token=session.access_jwt, record=profile, **where)
        url = await api.get_bluesky_avatar_url(server, person.did)
    assert url is not None
    assert pds.file(url) == picture()
