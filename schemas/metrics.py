"""Metrics of a project, an account or a post, by hour, day or week."""

from typing import Literal

from schemas.base import RealClockResponseStruct, ResponseStruct, UtcInstant

Granularity = Literal["hour", "day", "week"]

MetricScope = Literal["project", "social_account", "platform_post"]

MetricName = Literal[
    "views", "reach", "impressions", "likes", "comments", "shares", "saves", "watch_time_ms",
    "engagement_rate", "followers", "follower_delta", "posts_published", "events", "other_events",
    "active_users",
]  # fmt: skip

#: Metrics that platforms report for posts and accounts; all others are derived or counted here.
CollectedMetric = Literal[
    "views", "reach", "impressions", "likes", "comments", "shares", "saves", "watch_time_ms", "followers"
]  # fmt: skip

#: A whole number, a rate, or null: it was never collected.
MetricFigure = int | float | None


class MetricWindow(ResponseStruct, frozen=True, kw_only=True):
    """The counted time."""

    since: UtcInstant
    """The first instant: `since`, rounded down to a quarter of an hour."""
    until: UtcInstant
    """The first instant after the window: `until`, rounded up to a quarter of an hour."""


class MetricBucket(ResponseStruct, frozen=True, kw_only=True):
    """An hour, a day or a week in the project's time zone."""

    bucket: str
    """A day's date, or the date of a week's Monday, in the project's time zone; an hour's first instant,
    in UTC.
    """
    final: bool
    """Whether its values are final. Until then late data may change them. One exception: if a lost post is
    reported as published after two days, it is added to `posts_published` at the time it was sent.
    """
    values: dict[str, MetricFigure]
    """The values by metric. 0 was counted; null was never collected."""


class Metrics(RealClockResponseStruct, frozen=True, kw_only=True):
    """Metrics as a series."""

    timezone: str
    """The project's time zone, which defines the buckets."""
    as_of: UtcInstant
    """All events with a 202 from before this time are counted. It is the time of the answer, or earlier after a flood
    of events.
    """
    window: MetricWindow
    """The counted time. The first and last bucket hold only their part inside it."""
    series: list[MetricBucket]
    """All buckets of the window, oldest first, empty ones included."""
    totals: dict[str, MetricFigure]
    """Figures of the whole window: people and rates are computed for it, not summed over buckets."""
