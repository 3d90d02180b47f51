"""Collector of a sandbox: figures derived from a post's id and age alone; they grow for a week."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from domain.collection.collection_runs import PostDueForMetricPolling
from domain.publishing.outgoing import PostingAccountWithAccessToken
from workers.platforms.collecting import CollectedMetricValues, MetricsPostLimitsPerCallAndRun, PlatformMetricsCollector

SANDBOX_METRIC_GROWTH_TIME = timedelta(days=7)


@dataclass(frozen=True)
class SandboxCollector(PlatformMetricsCollector):
    """The collector for all platforms of a sandbox. It returns 100 followers a letter of the handle."""

    now: datetime
    limits: ClassVar[MetricsPostLimitsPerCallAndRun] = MetricsPostLimitsPerCallAndRun(batch=100, most=500)

    async def read_post_metrics(
        self,
        account: PostingAccountWithAccessToken,  # noqa: ARG002
        posts: Sequence[PostDueForMetricPolling],
    ) -> Mapping[UUID, CollectedMetricValues]:
        return {post.id: compute_sandbox_post_metrics(post, self.now) for post in posts}

    async def read_follower_count(self, account: PostingAccountWithAccessToken) -> int | None:
        return 100 * len(account.handle)


def compute_sandbox_post_metrics(post: PostDueForMetricPolling, now: datetime) -> CollectedMetricValues:
    """Return the metrics of a sandbox post by name, for all metrics that any platform reports.

    They are computed from the post's id and its age alone, and grow for a week.
    """
    age = min(max(now - post.published_at, timedelta()), SANDBOX_METRIC_GROWTH_TIME)
    views = int((1000 + post.id.int % 9000) * (age / SANDBOX_METRIC_GROWTH_TIME))
    return {
        "views": views,
        "reach": views * 4 // 5,
        "likes": views // 10,
        "comments": views // 50,
        "shares": views // 100,
        "saves": views // 200,
        "watch_time_ms": views * 3000,
    }
