"""Posting to two servers of Mastodon's API: one keeps our keys, the other has to be asked what it has."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.accounts.client_registrations import Client
from schemas.errors import ReauthRequired
from tests.peers.members import Member, behind, unique
from tests.peers.proxy import Loss
from tests.peers.publishing import deliver, post, publish
from workers.platforms.contract import Absent, Inquiry, Live
from workers.platforms.mastodon import api

pytestmark = pytest.mark.peers

POSTS = 40


async def test_what_each_says_of_itself(member: Member) -> None:
    """Of the two only one keeps an Idempotency-Key, and its version doesn't say otherwise."""
    told = member.account.traits
    assert told["tokenExact"] is (member.instance.name == "mock")
    assert told["captionMax"] in {500, 100_000}
    assert told["imageBytesMax"] > 1 << 20


async def test_images_are_posted(member: Member) -> None:
    live = await publish(member.adapter, member.account, post(unique("four"), images=4))
    newest = await member.newest()
    assert (newest.id, len(newest.media_attachments)) == (live.external_id, 4)


@pytest.mark.parametrize("losses", [[Loss.ANSWER], [Loss.REQUEST], [Loss.ANSWER, Loss.REQUEST]])
async def test_lost_answers_and_requests_leave_each_post_there_once(
    member: Member, losses: list[Loss]
) -> None:
    captions = [unique(f"post {number}") for number in range(POSTS)]
    async with behind(member, *losses) as (adapter, account):
        for caption in captions:
            await publish(adapter, account, post(caption))
    assert member.shown(*captions) == sorted(captions)


async def test_looking_finds_a_post_or_proves_its_absence(member: Member) -> None:
    text = unique("Look: http://127.0.0.1:1/a_b?c=d&e=f #launch\n\n*two* <b>lines</b>")
    prepared = await member.adapter.prepare(member.account, post(text, images=1))
    now = datetime.now(UTC)

    async def look() -> Any:
        late = now + timedelta(minutes=2)
        return await member.adapter.reconcile(member.account, Inquiry(prepared, now, late))

    assert await look() == Absent()
    live = await deliver(member.adapter, member.account, prepared)
    assert await look() == live


async def test_the_same_text_again_is_another_post(member: Member) -> None:
    text = unique("twice")
    first = await publish(member.adapter, member.account, post(text))
    async with behind(member, Loss.ANSWER) as (adapter, account):
        second = await publish(adapter, account, post(text))
    assert first.external_id != second.external_id
    assert member.shown(text) == [text, text]


async def test_a_post_under_forty_newer_ones_is_found(member: Member) -> None:
    text = unique("deep")
    prepared = await member.adapter.prepare(member.account, post(text))
    sent = await deliver(member.adapter, member.account, prepared)
    for number in range(45):
        await publish(member.adapter, member.account, post(unique(f"newer {number}")))
    now = datetime.now(UTC)
    found = await member.adapter.reconcile(member.account, Inquiry(prepared, now, now))
    assert isinstance(found, Live)
    assert found == sent


async def test_a_token_that_was_revoked_asks_for_a_new_connection(member: Member) -> None:
    prepared = await member.adapter.prepare(member.account, post("refused"))
    us = Client(member.app.client_id, member.app.client_secret)
    await api.revoke(member.client, member.instance.base, us, member.account.access_token)
    with pytest.raises(ReauthRequired):
        await member.adapter.send(member.account, prepared, post(""), timeout_s=10)
    with pytest.raises(ReauthRequired):
        await api.verify_credentials(member.api)


async def test_a_key_brings_back_the_same_post_where_it_is_kept(member: Member) -> None:
    """What `tokenExact` says of each of them is so."""
    prepared = await member.adapter.prepare(member.account, post(unique("keyed"), images=1))
    first, second = [
        await member.adapter.send(member.account, prepared, post(""), timeout_s=10) for _ in range(2)
    ]
    assert (first == second) is member.account.traits["tokenExact"]
