"""Publishing to two servers of Mastodon's API: one stores idempotency keys, the other must be searched."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.accounts.client_registrations import OAuthClient
from domain.accounts.credentials import TokenGrant
from platforms.mastodon import api
from platforms.mastodon.collect import MastodonCollector
from schemas.errors import AccountReauthRequired
from tests import seeds
from tests.peers.bluesky_project import all_published, at_work
from tests.peers.mastodon_account import MastodonAccount, behind, unique
from tests.peers.proxy import Loss
from tests.peers.publishing import TIMEOUT_S, deliver, post, publish
from tests.workers.runtime.workers import Workers
from workers.platforms.contract import AbsentPost, LivePost, PostInquiry
from workers.publishing import phases

pytestmark = pytest.mark.peers

#: Posts by the adapter alone, and through a worker.
POSTS, FEW = 40, 10


@pytest.mark.parametrize("losses", [[Loss.REQUEST], [Loss.ANSWER, Loss.REQUEST]])
async def test_lost_calls_publish_each_post_once(mastodon: MastodonAccount, losses: list[Loss]) -> None:
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
        return await mastodon.adapter.reconcile(mastodon.account, PostInquiry(prepared, now, late))

    assert await look() == AbsentPost()
    live = await deliver(mastodon.adapter, mastodon.account, prepared)
    assert await look() == live


async def test_repeated_text_is_a_new_post(mastodon: MastodonAccount) -> None:
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
    found = await mastodon.adapter.reconcile(mastodon.account, PostInquiry(prepared, now, now))
    assert isinstance(found, LivePost)
    assert found == sent


async def test_revoked_token_requires_a_new_connection(mastodon: MastodonAccount) -> None:
    prepared = await mastodon.adapter.prepare(mastodon.account, post("refused"))
    us = OAuthClient(mastodon.app.client_id, mastodon.app.client_secret)
    await api.revoke_mastodon_token(mastodon.client, mastodon.instance.base, us, mastodon.account.access_token)
    with pytest.raises(AccountReauthRequired):
        await mastodon.adapter.send(mastodon.account, prepared, post(""), timeout_s=TIMEOUT_S)
    with pytest.raises(AccountReauthRequired):
        await api.get_mastodon_user(mastodon.api)
    with pytest.raises(AccountReauthRequired):
        await MastodonCollector(mastodon.client).read_follower_count(mastodon.account)


async def test_idempotency_key_returns_the_same_post_if_supported(mastodon: MastodonAccount) -> None:
    """`tokenExact` is right for each of them."""
    prepared = await mastodon.adapter.prepare(mastodon.account, post(unique("keyed"), images=1))
    first, second = [
        await mastodon.adapter.send(mastodon.account, prepared, post(""), timeout_s=TIMEOUT_S) for _ in range(2)
    ]
    told = mastodon.account.traits
    assert (first == second) is told["tokenExact"] is (mastodon.instance.name == "mock")
    assert told["captionMax"] in {500, 100_000}
    assert told["imageBytesMax"] > 1 << 20


async def test_posts_with_lost_responses_are_published_once(
    mastodon: MastodonAccount, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phases, "POST_RESEND_PAUSE_S", 0.0)
    captions = [unique(f"post {number}") for number in range(FEW)]
    async with mastodon.losing(Loss.ANSWER) as proxy:
        await send(workers, mastodon, proxy.base, captions)
        host = proxy.base.removeprefix("http://")
        async with at_work(workers, fetch_allow=host):
            await all_published(workers.pool, FEW)
    assert mastodon.shown(*captions) == sorted(captions)
    assert proxy.lost == FEW


async def send(workers: Workers, mastodon: MastodonAccount, base: str, captions: list[str]) -> None:
    """Schedule posts for now, to the account at this address."""
    account, grant = mastodon.account, TokenGrant(access_token=mastodon.account.access_token)
    found: dict[str, Any] = {"external_id": account.external_id, "traits": account.traits}
    async with workers.pool.acquire() as conn:
        project_id = await seeds.project(conn, workers.org)
        account_id = await seeds.account(conn, workers.org, project_id, grant=grant, service_url=base, **found)
        for caption in captions:
            content_id = await seeds.content(conn, workers.org, project_id, caption=caption)
            await seeds.post(conn, workers.org, content_id, account_id)
