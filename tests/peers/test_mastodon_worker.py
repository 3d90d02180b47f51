"""Posts of ours on servers of Mastodon's API, through a worker and a network that loses answers."""

from typing import Any

import pytest

from domain.accounts.credentials import Grant
from tests import seeds
from tests.peers.bluesky_project import all_published, at_work
from tests.peers.mastodon_account import MastodonAccount, unique
from tests.peers.proxy import Loss
from tests.workers.runtime.workers import Workers
from workers.publishing import phases

pytestmark = pytest.mark.peers

POSTS = 10


async def test_posts_whose_answers_are_lost_are_there_once(
    mastodon: MastodonAccount, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phases, "PAUSE_S", 0.0)
    captions = [unique(f"post {number}") for number in range(POSTS)]
    async with mastodon.losing(Loss.ANSWER) as proxy:
        await send(workers, mastodon, proxy.base, captions)
        host = proxy.base.removeprefix("http://")
        async with at_work(workers, fetch_allow=host):
            await all_published(workers.pool, POSTS)
    assert mastodon.shown(*captions) == sorted(captions)
    assert proxy.lost == POSTS


async def send(workers: Workers, mastodon: MastodonAccount, base: str, captions: list[str]) -> None:
    """Posts that are due now, to the account as it is reached there."""
    account, grant = mastodon.account, Grant(access_token=mastodon.account.access_token)
    found: dict[str, Any] = {"external_id": account.external_id, "traits": account.traits}
    async with workers.pool.acquire() as conn:
        project_id = await seeds.project(conn, workers.org)
        account_id = await seeds.account(
            conn, workers.org, project_id, grant=grant, service_url=base, **found
        )
        for caption in captions:
            content_id = await seeds.content(conn, workers.org, project_id, caption=caption)
            await seeds.post(conn, workers.org, content_id, account_id)
