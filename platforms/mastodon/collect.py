"""Collector for servers of Mastodon's API: one post a call, with a fifth of the 300 requests in five minutes.

docs.joinmastodon.org, "Statuses: View a single status" and "Accounts: Verify credentials", November 2026. Its
counts cover only the account's own server. Mastodon doesn't count views.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote
from uuid import UUID

import httpx
import msgspec

from domain.collection.collection_runs import DuePost
from domain.publishing.outgoing import PostingAccount
from platforms.mastodon.api import MastodonApi, check_response
from workers.platforms import http
from workers.platforms.collecting import CALL_S, CollectLimits, Collector, Figures, select_figures

#: Statuses of a deleted post, or of one that the account may not see any more.
GONE_STATUSES = frozenset({403, 404, 410})


class StatusCounts(msgspec.Struct):
    """A post's counts. Mastodon has quotes since 4.5."""

    favourites_count: int | None = None
    replies_count: int | None = None
    reblogs_count: int | None = None
    quotes_count: int | None = None

    @property
    def figures(self) -> Figures:
        reblogs = self.reblogs_count
        shares = None if reblogs is None else reblogs + (self.quotes_count or 0)
        return select_figures(likes=self.favourites_count, comments=self.replies_count, shares=shares)


class MastodonProfile(msgspec.Struct):
    followers_count: int | None = None


@dataclass(frozen=True)
class MastodonCollector(Collector):
    """Collector of Mastodon; `client` is that of `workers.web.fetch.open_client`."""

    client: httpx.AsyncClient
    limits: ClassVar[CollectLimits] = CollectLimits(batch=1, most=60)

    async def posts(self, account: PostingAccount, posts: Sequence[DuePost]) -> Mapping[UUID, Figures]:
        server, figures = MastodonApi.of(account, self.client), dict[UUID, Figures]()
        for post in posts:
            url = server.url(f"/api/v1/statuses/{quote(post.external_id, safe='')}")
            answer = await server.ask("GET", url, timeout_s=CALL_S)
            if answer.status not in GONE_STATUSES:
                figures[post.id] = http.decode(check_response(answer), StatusCounts).figures
        return figures

    async def followers(self, account: PostingAccount) -> int | None:
        server = MastodonApi.of(account, self.client)
        answer = await server.ask("GET", server.url("/api/v1/accounts/verify_credentials"), timeout_s=CALL_S)
        return http.decode(check_response(answer), MastodonProfile).followers_count
