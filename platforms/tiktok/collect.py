"""Collector for TikTok: the counts of public posts, with the owner's permission for `video.list`.

"Display API: Query Videos" (20 ids a call, 600 calls a minute) and "Get User Info" (`user.info.stats`),
November 2026. The response omits private and deleted posts. A success is an error of the code `ok`, as in the
rest of TikTok's API.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import httpx
import msgspec

from domain.collection.collection_runs import PostDueForMetricPolling
from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.tiktok import api
from workers.platforms.collecting import (
    MAX_METRICS_CALL_S,
    CollectedMetricValues,
    MetricsPostLimitsPerCallAndRun,
    PlatformMetricsCollector,
    select_int_post_metrics,
    skip_metric_without_permission,
)
from workers.platforms.http import PlatformApi

TIKTOK_VIDEO_METRIC_FIELDS = "id,view_count,like_count,comment_count,share_count"


class TikTokVideoCounts(msgspec.Struct):
    """A post's counts. Ids are numbers beyond a float's, mostly as text."""

    id: int | str
    view_count: int | None = None
    like_count: int | None = None
    comment_count: int | None = None
    share_count: int | None = None

    @property
    def collected_metric_values(self) -> CollectedMetricValues:
        return select_int_post_metrics(
            views=self.view_count, likes=self.like_count, comments=self.comment_count, shares=self.share_count
        )


class TikTokVideoCountsResponse(msgspec.Struct):
    videos: list[TikTokVideoCounts] = []


class TikTokFollowerCount(msgspec.Struct):
    follower_count: int | None = None


class TikTokFollowerCountResponse(msgspec.Struct):
    user: TikTokFollowerCount


@dataclass(frozen=True)
class TikTokCollector(PlatformMetricsCollector):
    """Collector of TikTok.

    `client` is that of `workers.web.fetch.open_ssrf_guarded_client`, `base` the API's address.
    """

    client: httpx.AsyncClient
    base: str
    limits: ClassVar[MetricsPostLimitsPerCallAndRun] = MetricsPostLimitsPerCallAndRun(batch=20, most=400)

    async def read_post_metrics(
        self, account: PostingAccountWithAccessToken, posts: Sequence[PostDueForMetricPolling]
    ) -> Mapping[UUID, CollectedMetricValues]:
        server = self.build_api_client(account)
        body = msgspec.json.encode({"filters": {"video_ids": [post.external_id for post in posts]}})
        url = f"{server.base}/v2/video/query/?fields={TIKTOK_VIDEO_METRIC_FIELDS}"
        figures_by_id = dict[str, CollectedMetricValues]()
        with skip_metric_without_permission():
            answer = await server.send_request(
                "POST", url, headers=api.TIKTOK_JSON_HEADERS, content=body, timeout_s=MAX_METRICS_CALL_S
            )
            figures_by_id = {
                str(video.id): video.collected_metric_values
                for video in api.decode_tiktok_envelope_data(answer, TikTokVideoCountsResponse).videos
            }
        return {post.id: figures_by_id[post.external_id] for post in posts if post.external_id in figures_by_id}

    async def read_follower_count(self, account: PostingAccountWithAccessToken) -> int | None:
        server = self.build_api_client(account)
        with skip_metric_without_permission():
            url = f"{server.base}/v2/user/info/?fields=follower_count"
            return api.decode_tiktok_envelope_data(
                await server.send_request("GET", url, timeout_s=MAX_METRICS_CALL_S), TikTokFollowerCountResponse
            ).user.follower_count
        return None

    def build_api_client(self, account: PostingAccountWithAccessToken) -> PlatformApi:
        return PlatformApi(client=self.client, base=self.base, token=account.access_token)
