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

from domain.collection.collection_runs import PostDueForMetricPolling
from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.mastodon.api import MastodonApi, build_mastodon_error
from workers.platforms import http
from workers.platforms.collecting import (
    MAX_METRICS_CALL_S,
    CollectedMetricValues,
    MetricsPostLimitsPerCallAndRun,
    PlatformMetricsCollector,
    select_int_post_metrics,
)

#: Statuses of a deleted post, or of one that the account may not see any more.
GONE_POST_HTTP_STATUSES = frozenset({403, 404, 410})


class MastodonStatusCounts(msgspec.Struct):
    """A post's counts. Mastodon has quotes since 4.5."""

    favourites_count: int | None = None
    replies_count: int | None = None
    reblogs_count: int | None = None
    quotes_count: int | None = None

    @property
    def figures(self) -> CollectedMetricValues:
        reblogs = self.reblogs_count
        shares = None if reblogs is None else reblogs + (self.quotes_count or 0)
        return select_int_post_metrics(likes=self.favourites_count, comments=self.replies_count, shares=shares)


class MastodonFollowerCount(msgspec.Struct):
    followers_count: int | None = None


@dataclass(frozen=True)
class MastodonCollector(PlatformMetricsCollector):
    """Collector of Mastodon; `client` is that of `workers.web.fetch.open_ssrf_guarded_client`."""

    client: httpx.AsyncClient
    limits: ClassVar[MetricsPostLimitsPerCallAndRun] = MetricsPostLimitsPerCallAndRun(batch=1, most=60)

    async def read_post_metrics(
        self, account: PostingAccountWithAccessToken, posts: Sequence[PostDueForMetricPolling]
    ) -> Mapping[UUID, CollectedMetricValues]:
        server, figures = MastodonApi.for_account(account, self.client), dict[UUID, CollectedMetricValues]()
        for post in posts:
            url = server.build_url(f"/api/v1/statuses/{quote(post.external_id, safe='')}")
            answer = await server.send_request("GET", url, timeout_s=MAX_METRICS_CALL_S)
            if answer.status not in GONE_POST_HTTP_STATUSES:
                figures[post.id] = http.decode_platform_response(
                    answer.require_success(build_mastodon_error), MastodonStatusCounts
                ).figures
        return figures

    async def read_follower_count(self, account: PostingAccountWithAccessToken) -> int | None:
        server = MastodonApi.for_account(account, self.client)
        answer = await server.send_request(
            "GET", server.build_url("/api/v1/accounts/verify_credentials"), timeout_s=MAX_METRICS_CALL_S
        )
        return http.decode_platform_response(
            answer.require_success(build_mastodon_error), MastodonFollowerCount
        ).followers_count
