"""Collector for Instagram: insights of a post with the owner's permission, else likes and comments alone.

"Instagram Platform: Media Insights", November 2026. Figures come up to 48 hours late: until then they are
missing, or the list is empty, which is no 0. A post with fewer than five viewers has none: error 10, the same
as for a missing permission. A reel's own metrics are refused for a picture. `impressions` no longer exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import httpx
import msgspec

from domain.collection.collection_runs import PostDueForMetricPolling
from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.instagram import api
from schemas.errors import PlatformRefusal, PostPreparationExpired
from schemas.metrics import CollectedMetric
from workers.platforms import http
from workers.platforms.collecting import (
    MAX_METRICS_CALL_S,
    CollectedMetricValues,
    MetricsPostLimitsPerCallAndRun,
    PlatformMetricsCollector,
    select_int_post_metrics,
    skip_metric_without_permission,
)
from workers.platforms.http import PlatformApi

#: Instagram's names of the metrics: of each post, and the additional one of a reel.
METRIC_BY_INSTAGRAM_NAME: Mapping[str, CollectedMetric] = {
    "views": "views",
    "reach": "reach",
    "likes": "likes",
    "comments": "comments",
    "saved": "saves",
    "shares": "shares",
}
METRIC_BY_INSTAGRAM_REEL_NAME: Mapping[str, CollectedMetric] = {"ig_reels_video_view_total_time": "watch_time_ms"}


class InstagramPostInsight(msgspec.Struct):
    """A metric of a post: its value is in a list of one, or by itself."""

    name: str
    values: list[dict[str, Any]] = []
    total_value: dict[str, Any] = {}

    @property
    def value(self) -> Any:
        first = self.values[0] if self.values else self.total_value
        return first.get("value")


class InstagramPostInsights(msgspec.Struct):
    data: list[InstagramPostInsight] = []


class InstagramPostCounts(msgspec.Struct):
    """The figures of a post that need no additional permission."""

    like_count: int | None = None
    comments_count: int | None = None


class InstagramFollowerCount(msgspec.Struct):
    followers_count: int | None = None


@dataclass(frozen=True)
class InstagramCollector(PlatformMetricsCollector):
    """Collector of Instagram.

    `client` is that of `workers.web.fetch.open_ssrf_guarded_client`, `base` the API's address.
    """

    client: httpx.AsyncClient
    base: str
    #: A fraction of the roughly 200 calls an hour for each account; a post may take two.
    limits: ClassVar[MetricsPostLimitsPerCallAndRun] = MetricsPostLimitsPerCallAndRun(batch=1, most=60)

    async def read_post_metrics(
        self, account: PostingAccountWithAccessToken, posts: Sequence[PostDueForMetricPolling]
    ) -> Mapping[UUID, CollectedMetricValues]:
        server, figures_by_post = self.build_api_client(account), dict[UUID, CollectedMetricValues]()
        for post in posts:
            figures = await get_instagram_post_insights(server, post) or await get_instagram_post_counts(server, post)
            if figures is not None:
                figures_by_post[post.id] = figures
        return figures_by_post

    async def read_follower_count(self, account: PostingAccountWithAccessToken) -> int | None:
        answer = await api.get_from_graph_api(
            self.build_api_client(account), "me", {"fields": "followers_count"}, timeout_s=MAX_METRICS_CALL_S
        )
        return api.decode_graph_object(answer, InstagramFollowerCount).followers_count

    def build_api_client(self, account: PostingAccountWithAccessToken) -> PlatformApi:
        return PlatformApi(client=self.client, base=self.base, token=account.access_token)


async def get_instagram_post_insights(
    server: PlatformApi, post: PostDueForMetricPolling
) -> CollectedMetricValues | None:
    """Return a post's insights, empty if none; None if gone, denied or refused. Raise other `PlatformError`s."""
    names = {**METRIC_BY_INSTAGRAM_NAME, **(METRIC_BY_INSTAGRAM_REEL_NAME if post.video else {})}
    path, query = f"{api.url_quote_path_part(post.external_id)}/insights", {"metric": ",".join(names)}
    try:
        with skip_metric_without_permission():
            answer = await api.get_from_graph_api(server, path, query, timeout_s=MAX_METRICS_CALL_S)
            insights = http.decode_platform_response(answer, InstagramPostInsights).data
            return select_int_post_metrics(
                **{names[insight.name]: insight.value for insight in insights if insight.name in names}
            )
    except PostPreparationExpired:
        return None
    except PlatformRefusal as error:
        if error.category == "account_issue":
            raise
    return None


async def get_instagram_post_counts(server: PlatformApi, post: PostDueForMetricPolling) -> CollectedMetricValues | None:
    """Return the likes and comments of an Instagram post; None for a deleted post. Raises any other `PlatformError`."""
    query = {"fields": "like_count,comments_count"}
    try:
        answer = await api.get_from_graph_api(
            server, api.url_quote_path_part(post.external_id), query, timeout_s=MAX_METRICS_CALL_S
        )
    except PostPreparationExpired:
        return None
    counts = api.decode_graph_object(answer, InstagramPostCounts)
    return select_int_post_metrics(likes=counts.like_count, comments=counts.comments_count)
