"""Figures of posts on third-party servers: Bluesky's own, and two of Mastodon's API."""

import pytest

from domain.collection.collection_runs import PostDueForMetricPolling
from platforms.bluesky.collect import BlueskyCollector
from platforms.mastodon.collect import MastodonCollector
from schemas import ids
from tests import http_server
from tests.http_server import HttpRequest, HttpResponse
from tests.peers.mastodon_account import MastodonAccount, unique
from tests.peers.pds import Pds, account_of, signed_in
from tests.peers.publishing import outbound, patiently, post, publish
from tests.platforms.scripted import AT

pytestmark = pytest.mark.peers


def due(name: str | None) -> PostDueForMetricPolling:
    assert name
    return PostDueForMetricPolling(ids.new_uuid7(), name, AT, video=False, due_at=None)


async def test_reactions_to_a_post_are_counted(mastodon: MastodonAccount) -> None:
    """The account favourites its own post, which both servers count; a missing post is omitted."""
    live = await publish(mastodon.adapter, mastodon.account, post(unique("counted")))
    collector, shown = MastodonCollector(mastodon.client), due(live.external_id)
    before = await patiently(lambda: collector.read_post_metrics(mastodon.account, [shown]))
    assert before[shown.id] == {"likes": 0, "comments": 0, "shares": 0}
    url = mastodon.api.build_url(f"/api/v1/statuses/{live.external_id}/favourite")
    await patiently(lambda: mastodon.api.send_request("POST", url))
    after = await patiently(lambda: collector.read_post_metrics(mastodon.account, [shown, due("999999999")]))
    assert after == {shown.id: {"likes": 1, "comments": 0, "shares": 0}}
    assert await patiently(lambda: collector.read_follower_count(mastodon.account)) in {0, None}


async def test_account_server_proxies_requests_for_the_account(pds: Pds) -> None:
    """The server forwards requests with its own service token, and returns the responses unchanged."""
    asked = list[HttpRequest]()

    async def reply(request: HttpRequest) -> HttpResponse:
        asked.append(request)
        if request.path.endswith("getProfile"):
            return HttpResponse(200, {"did": person.did, "handle": person.handle, "followersCount": 12})
        author = {"did": person.did, "handle": person.handle}
        said = {"uri": uri, "cid": "bafyreib", "author": author, "record": {}, "indexedAt": "2026-11-27T00:00:00Z"}
        return HttpResponse(200, {"posts": [{**said, "likeCount": 5, "replyCount": 1, "repostCount": 2}]})

    person = pds.person()
    uri = f"at://{person.did}/app.bsky.feed.post/3k"
    async with http_server.listening(reply, port=pds.appview), outbound(pds.base) as client:
        session = await signed_in(client, pds, person)
        account = account_of(session, pds.base)
        collector, shown = BlueskyCollector(client), due(uri)
        assert await collector.read_post_metrics(account, [shown, due(f"{uri}2")]) == {
            shown.id: {"likes": 5, "comments": 1, "shares": 2}
        }
        assert await collector.read_follower_count(account) == 12
    assert all(request.token and request.token != session.access_jwt for request in asked)
