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

from domain.collection.collection_runs import DuePost
from domain.publishing.outgoing import PostingAccount
from platforms.instagram import api
from schemas.errors import PostRejected, PreparationExpired
from schemas.metrics import Collected
from workers.platforms import http
from workers.platforms.collecting import (
    CALL_S,
    CollectLimits,
    Collector,
    Figures,
    select_figures,
    skip_if_not_allowed,
)
from workers.platforms.http import PlatformApi

#: Instagram's names of the metrics: of each post, and the additional one of a reel.
METRIC_NAMES: Mapping[str, Collected] = {
    "views": "views",
    "reach": "reach",
    "likes": "likes",
    "comments": "comments",
    "saved": "saves",
    "shares": "shares",
}
REEL_METRIC_NAMES: Mapping[str, Collected] = {"ig_reels_video_view_total_time": "watch_time_ms"}


class Insight(msgspec.Struct):
    """A metric of a post: its value is in a list of one, or by itself."""

    name: str
    values: list[dict[str, Any]] = []
    total_value: dict[str, Any] = {}

    @property
    def value(self) -> Any:
        first = self.values[0] if self.values else self.total_value
        return first.get("value")


class PostInsights(msgspec.Struct):
    data: list[Insight] = []


class PostCounts(msgspec.Struct):
    """The figures of a post that need no additional permission."""

    like_count: int | None = None
    comments_count: int | None = None


class InstagramProfile(msgspec.Struct):
    followers_count: int | None = None


@dataclass(frozen=True)
class InstagramCollector(Collector):
    """Collector of Instagram.

    `client` is that of `workers.web.fetch.open_client`, `base` the API's address.
    """

    client: httpx.AsyncClient
    base: str
    #: A fraction of the roughly 200 calls an hour for each account; a post may take two.
    limits: ClassVar[CollectLimits] = CollectLimits(batch=1, most=60)

    async def posts(self, account: PostingAccount, posts: Sequence[DuePost]) -> Mapping[UUID, Figures]:
        server, figures_by_post = self.server(account), dict[UUID, Figures]()
        for post in posts:
            figures = await get_insights(server, post) or await get_counts(server, post)
            if figures is not None:
                figures_by_post[post.id] = figures
        return figures_by_post

    async def followers(self, account: PostingAccount) -> int | None:
        answer = await api.get_from_graph_api(
            self.server(account), "me", {"fields": "followers_count"}, timeout_s=CALL_S
        )
        return api.read_object(answer, InstagramProfile).followers_count

    def server(self, account: PostingAccount) -> PlatformApi:
        return PlatformApi(client=self.client, base=self.base, token=account.access_token)


async def get_insights(server: PlatformApi, post: DuePost) -> Figures | None:
    """Return the post's insights; None if there are none (yet), or no permission."""
    names = {**METRIC_NAMES, **(REEL_METRIC_NAMES if post.video else {})}
    path, query = f"{api.quote_part(post.external_id)}/insights", {"metric": ",".join(names)}
    try:
        with skip_if_not_allowed():
            answer = await api.get_from_graph_api(server, path, query, timeout_s=CALL_S)
            insights = http.decode(answer, PostInsights).data
            return select_figures(
                **{names[insight.name]: insight.value for insight in insights if insight.name in names}
            )
    except PreparationExpired:
        return None
    except PostRejected as error:
        if error.category == "account_issue":
            raise
    return None


async def get_counts(server: PlatformApi, post: DuePost) -> Figures | None:
    """Return likes and comments; None for a deleted post."""
    query = {"fields": "like_count,comments_count"}
    try:
        answer = await api.get_from_graph_api(
            server, api.quote_part(post.external_id), query, timeout_s=CALL_S
        )
    except PreparationExpired:
        return None
    counts = api.read_object(answer, PostCounts)
    return select_figures(likes=counts.like_count, comments=counts.comments_count)
