"""Posting to two servers of Mastodon's API: one keeps our keys, the other has to be asked what it has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from schemas import ids
from schemas.errors import ReauthRequired
from tests.peers.mastodons import Instance
from tests.peers.proxy import Loss, between, first_of_each
from tests.peers.publishing import deliver, outbound, post, publish
from workers.platforms.contract import Absent, Account, Live
from workers.platforms.mastodon import api
from workers.platforms.mastodon.api import Api, App
from workers.platforms.mastodon.connect import traits
from workers.platforms.mastodon.publish import Mastodon

pytestmark = pytest.mark.peers

STATUSES = "/api/v1/statuses"
POSTS = 40
BACK = "http://localhost:1/back"
SCOPES = "read write"


class Place(msgspec.Struct, frozen=True):
    """A fresh way into the account of an instance."""

    instance: Instance
    client: httpx.AsyncClient
    app: App
    account: Account

    @property
    def adapter(self) -> Mastodon:
        return Mastodon(self.client)

    def shown(self, *captions: str) -> list[str]:
        """Of these, those that the account shows, as often as it does."""
        return sorted(text for text in self.instance.texts(self.account.external_id) if text in captions)


@pytest_asyncio.fixture
async def place(instance: Instance) -> AsyncIterator[Place]:
    async with outbound(instance.base) as client:
        app = await api.register_app(
            client, instance.base, name="Tenantry", redirect_uri=BACK, scopes=SCOPES, website=""
        )
        query = {"response_type": "code", "client_id": app.client_id, "redirect_uri": BACK, "scope": SCOPES}
        code = instance.code(str(httpx.URL(f"{instance.base}/oauth/authorize", params=query)))
        token = await api.exchange(
            client, instance.base, app=app, code=code, redirect_uri=BACK, verifier="v" * 43, scopes=SCOPES
        )
        me = await api.verify_credentials(Api(client=client, base=instance.base, token=token.access_token))
        account = Account(
            platform="mastodon",
            service_url=instance.base,
            external_id=me.id,
            handle=me.username,
            traits=traits(await api.instance(client, instance.base)),
            access_token=token.access_token,
        )
        yield Place(instance, client, app, account)


@asynccontextmanager
async def losing(place: Place, *losses: Loss) -> AsyncIterator[tuple[Mastodon, Account]]:
    """The same account, behind a proxy that loses so of each post's first requests."""
    async with (
        between(place.instance.port, first_of_each(STATUSES, *losses)) as proxy,
        outbound(proxy.base) as client,
    ):
        yield Mastodon(client), msgspec.structs.replace(place.account, service_url=proxy.base)


def unique(word: str) -> str:
    return f"{word} {ids.new()}"


async def test_what_each_says_of_itself(place: Place) -> None:
    """Of the two only one keeps an Idempotency-Key, and its version doesn't say otherwise."""
    told = place.account.traits
    assert told["tokenExact"] is (place.instance.name == "mock")
    assert told["captionMax"] in {500, 100_000}
    assert told["imageBytesMax"] > 1 << 20


async def test_a_text_is_posted(place: Place) -> None:
    text = unique("Grüße 🎉 & more")
    live = await publish(place.adapter, place.account, post(text))
    server = Api(client=place.client, base=place.instance.base, token=place.account.access_token)
    newest = (await api.statuses(server, place.account.external_id, limit=1))[0]
    assert (live.external_id, live.external_url) == (newest.id, newest.url)


async def test_images_are_posted(place: Place) -> None:
    live = await publish(place.adapter, place.account, post(unique("four"), images=4))
    server = Api(client=place.client, base=place.instance.base, token=place.account.access_token)
    newest = (await api.statuses(server, place.account.external_id, limit=1))[0]
    assert (newest.id, len(newest.media_attachments)) == (live.external_id, 4)


@pytest.mark.parametrize("losses", [[Loss.ANSWER], [Loss.REQUEST], [Loss.ANSWER, Loss.REQUEST]])
async def test_lost_answers_and_requests_leave_each_post_there_once(place: Place, losses: list[Loss]) -> None:
    captions = [unique(f"post {number}") for number in range(POSTS)]
    async with losing(place, *losses) as (adapter, account):
        for caption in captions:
            await publish(adapter, account, post(caption))
    assert place.shown(*captions) == sorted(captions)


async def test_looking_finds_a_post_or_proves_its_absence(place: Place) -> None:
    text = unique("Look: http://127.0.0.1:1/a_b?c=d&e=f #launch\n\n*two* <b>lines</b>")
    prepared = await place.adapter.prepare(place.account, post(text, images=1))
    now = datetime.now(UTC)

    async def look() -> Any:
        late = now + timedelta(minutes=2)
        return await place.adapter.reconcile(place.account, prepared, sent_at=now, now=late)

    assert await look() == Absent()
    live = await deliver(place.adapter, place.account, prepared)
    assert await look() == live


async def test_the_same_text_again_is_another_post(place: Place) -> None:
    text = unique("twice")
    first = await publish(place.adapter, place.account, post(text))
    async with losing(place, Loss.ANSWER) as (adapter, account):
        second = await publish(adapter, account, post(text))
    assert first.external_id != second.external_id
    assert place.shown(text) == [text, text]


async def test_a_post_under_forty_newer_ones_is_found(place: Place) -> None:
    text = unique("deep")
    prepared = await place.adapter.prepare(place.account, post(text))
    sent = await deliver(place.adapter, place.account, prepared)
    for number in range(45):
        await publish(place.adapter, place.account, post(unique(f"newer {number}")))
    now = datetime.now(UTC)
    found = await place.adapter.reconcile(place.account, prepared, sent_at=now, now=now)
    assert isinstance(found, Live)
    assert found == sent


async def test_a_token_that_was_revoked_asks_for_a_new_connection(place: Place) -> None:
    prepared = await place.adapter.prepare(place.account, post("refused"))
    await api.revoke(
        place.client, place.instance.base, app=place.app, access_token=place.account.access_token
    )
    with pytest.raises(ReauthRequired):
        await place.adapter.send(place.account, prepared, timeout_s=10)
    server = Api(client=place.client, base=place.instance.base, token=place.account.access_token)
    with pytest.raises(ReauthRequired):
        await api.verify_credentials(server)


async def test_a_key_brings_back_the_same_post_where_it_is_kept(place: Place) -> None:
    """What `tokenExact` says of each of them is so."""
    prepared = await place.adapter.prepare(place.account, post(unique("keyed"), images=1))
    first, second = [await place.adapter.send(place.account, prepared, timeout_s=10) for _ in range(2)]
    assert (first == second) is place.account.traits["tokenExact"]
