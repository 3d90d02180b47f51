"""Posting to two servers of Mastodon's API: one keeps our keys, the other has to be asked what it has."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.accounts.client_registrations import Client
from schemas.errors import ReauthRequired
from tests.peers.mastodon_account import MastodonAccount, behind, unique
from tests.peers.proxy import Loss
from tests.peers.publishing import deliver, post, publish
from workers.platforms.contract import Absent, Inquiry, Live
from workers.platforms.mastodon import api

pytestmark = pytest.mark.peers

POSTS = 40


async def test_what_each_says_of_itself(mastodon: MastodonAccount) -> None:
    """Of the two only one keeps an Idempotency-Key, and its version doesn't say otherwise."""
    told = mastodon.account.traits
    assert told["tokenExact"] is (mastodon.instance.name == "mock")
    assert told["captionMax"] in {500, 100_000}
    assert told["imageBytesMax"] > 1 << 20


@pytest.mark.parametrize("losses", [[Loss.ANSWER], [Loss.REQUEST], [Loss.ANSWER, Loss.REQUEST]])
async def test_lost_calls_leave_each_post_there_once(mastodon: MastodonAccount, losses: list[Loss]) -> None:
    captions = [unique(f"post {number}") for number in range(POSTS)]
    async with behind(mastodon, *losses) as (adapter, account):
        for caption in captions:
            await publish(adapter, account, post(caption))
    assert mastodon.shown(*captions) == sorted(captions)


async def test_looking_finds_a_post_or_proves_its_absence(mastodon: MastodonAccount) -> None:
    text = unique("Look: http://127.0.0.1:1/a_b?c=d&e=f #launch\n\n*two* <b>lines</b>")
    prepared = await mastodon.adapter.prepare(mastodon.account, post(text, images=1))
    now = datetime.now(UTC)

    async def look() -> Any:
        late = now + timedelta(minutes=2)
        return await mastodon.adapter.reconcile(mastodon.account, Inquiry(prepared, now, late))

    assert await look() == Absent()
    live = await deliver(mastodon.adapter, mastodon.account, prepared)
    assert await look() == live


async def test_the_same_text_again_is_another_post(mastodon: MastodonAccount) -> None:
    text = unique("twice")
    first = await publish(mastodon.adapter, mastodon.account, post(text))
    async with behind(mastodon, Loss.ANSWER) as (adapter, account):
        second = await publish(adapter, account, post(text))
    assert first.external_id != second.external_id
    assert mastodon.shown(text) == [text, text]


async def test_a_post_under_forty_newer_ones_is_found(mastodon: MastodonAccount) -> None:
    text = unique("deep")
    prepared = await mastodon.adapter.prepare(mastodon.account, post(text))
    sent = await deliver(mastodon.adapter, mastodon.account, prepared)
    for number in range(45):
        await publish(mastodon.adapter, mastodon.account, post(unique(f"newer {number}")))
    now = datetime.now(UTC)
    found = await mastodon.adapter.reconcile(mastodon.account, Inquiry(prepared, now, now))
    assert isinstance(found, Live)
    assert found == sent


async def test_a_token_that_was_revoked_asks_for_a_new_connection(mastodon: MastodonAccount) -> None:
    prepared = await mastodon.adapter.prepare(mastodon.account, post("refused"))
    us = Client(mastodon.app.client_id, mastodon.app.client_secret)
    await api.revoke(mastodon.client, mastodon.instance.base, us, mastodon.account.access_token)
    with pytest.raises(ReauthRequired):
        await mastodon.adapter.send(mastodon.account, prepared, post(""), timeout_s=10)
    with pytest.raises(ReauthRequired):
        await api.verify_credentials(mastodon.api)


async def test_a_key_brings_back_the_same_post_where_it_is_kept(mastodon: MastodonAccount) -> None:
    """What `tokenExact` says of each of them is so."""
    prepared = await mastodon.adapter.prepare(mastodon.account, post(unique("keyed"), images=1))
    first, second = [
        await mastodon.adapter.send(mastodon.account, prepared, post(""), timeout_s=10) for _ in range(2)
    ]
    assert (first == second) is mastodon.account.traits["tokenExact"]
