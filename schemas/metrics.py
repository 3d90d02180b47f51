"""Metrics: figures of a project, of one of its accounts or of a post, by hour, day or week."""

from typing import Literal

from schemas.base import Instant, Out, Real

Granularity = Literal["hour", "day", "week"]

MetricScope = Literal["project", "social_account", "platform_post"]

Metric = Literal[
    "views", "reach", "impressions", "likes", "comments", "shares", "saves", "watch_time_ms",
    "engagement_rate", "followers", "follower_delta", "posts_published", "events", "other_events",
    "active_users",
]  # fmt: skip

#: Those that platforms tell, of posts and of accounts; all others follow from them.
Collected = Literal[
    "views", "reach", "impressions", "likes", "comments", "shares", "saves", "watch_time_ms", "followers"
]  # fmt: skip

#: A whole number, a rate, or null: it was never collected.
Figure = int | float | None


class MetricWindow(Out, frozen=True, kw_only=True):
    """The time that was counted."""

    since: Instant
    """Its first instant: `since`, down to a quarter of an hour."""
    until: Instant
    """The first instant behind it: `until`, up to a quarter of an hour."""


class MetricBucket(Out, frozen=True, kw_only=True):
    """An hour, a day or a week of the project's zone."""

    bucket: str
    """A day's date, or that of a week's Monday, in the project's zone; an hour's first instant, in UTC."""
    final: bool
    """Whether its values stay as they are. Until then what comes late may change them. One exception: whoever
    says after two days that a lost post is there adds it to `posts_published` of when it was sent."""
    values: dict[str, Figure]
    """By the name of each metric that was asked for. 0 is counted; null was never collected."""


class Metrics(Real, frozen=True, kw_only=True):
    """Metrics as a series."""

    timezone: str
    """The project's zone, which the buckets are of."""
    as_of: Instant
    """Whatever was known then is in it."""
    window: MetricWindow
    """The time that was counted. The first bucket and the last one have only what lies in it."""
    series: list[MetricBucket]
    """Each bucket of the window, the oldest first, also those in which nothing happened."""
    totals: dict[str, Figure]
    """The same of the whole window: people and rates of it, not sums of the buckets."""
