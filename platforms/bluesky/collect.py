"""Collector for Bluesky: the network's counts, through the account's own server.

Lexicons `app.bsky.feed.getPosts` (25 URIs a call) and `app.bsky.actor.getProfile`, November 2026. The server
forwards both to Bluesky's AppView in the account's name. The response omits deleted posts. Bluesky doesn't
count views.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

import httpx
import msgspec

from domain.collection.collection_runs import PostDueForMetricPolling
from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.bluesky.api import PdsApi, parse_xrpc_error
from workers.platforms import http
from workers.platforms.collecting import (
    MAX_METRICS_CALL_S,
    CollectedMetricValues,
    MetricsPostLimitsPerCallAndRun,
    PlatformMetricsCollector,
    select_int_post_metrics,
)


class BlueskyPostView(msgspec.Struct, rename="camel"):
    """A post with the AppView's counts; a count that doesn't exist yet is missing."""

    uri: str
    like_count: int | None = None
    reply_count: int | None = None
    repost_count: int | None = None
    quote_count: int | None = None
    bookmark_count: int | None = None

    @property
    def collected_metric_values(self) -> CollectedMetricValues:
        shares = [count for count in (self.repost_count, self.quote_count) if count is not None]
        return select_int_post_metrics(
            likes=self.like_count,
            comments=self.reply_count,
            shares=sum(shares) if shares else None,
            saves=self.bookmark_count,
        )


class BlueskyPostViews(msgspec.Struct):
    posts: list[BlueskyPostView]


class BlueskyFollowerCount(msgspec.Struct, rename="camel"):
    followers_count: int | None = None


@dataclass(frozen=True)
class BlueskyCollector(PlatformMetricsCollector):
    """Collector of Bluesky; `client` is that of `workers.web.fetch.open_ssrf_guarded_client`."""

    client: httpx.AsyncClient
    limits: ClassVar[MetricsPostLimitsPerCallAndRun] = MetricsPostLimitsPerCallAndRun(batch=25, most=500)

    async def read_post_metrics(
        self, account: PostingAccountWithAccessToken, posts: Sequence[PostDueForMetricPolling]
    ) -> Mapping[UUID, CollectedMetricValues]:
        server = PdsApi.for_account(account, self.client)
        query = urlencode([("uris", post.external_id) for post in posts])
        answer = await server.send_request(
            "GET", f"{server.build_xrpc_url('app.bsky.feed.getPosts')}?{query}", timeout_s=MAX_METRICS_CALL_S
        )
        figures_by_uri = {
            view.uri: view.collected_metric_values
            for view in http.decode_platform_response(answer.require_success(parse_xrpc_error), BlueskyPostViews).posts
        }
        return {post.id: figures_by_uri[post.external_id] for post in posts if post.external_id in figures_by_uri}

    async def read_follower_count(self, account: PostingAccountWithAccessToken) -> int | None:
        server = PdsApi.for_account(account, self.client)
        url = server.build_xrpc_url("app.bsky.actor.getProfile", actor=account.external_id)
        answer = await server.send_request("GET", url, timeout_s=MAX_METRICS_CALL_S)
        return http.decode_platform_response(
            answer.require_success(parse_xrpc_error), BlueskyFollowerCount
        ).followers_count
