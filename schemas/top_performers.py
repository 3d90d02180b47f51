"""Top performers: what did best in a project."""

from typing import Literal

from schemas.accounts import PlatformName
from schemas.base import Out

TopMetric = Literal["views", "engagement_rate", "conversions", "roas", "watch_time_ms"]

TopWindow = Literal["7d", "30d", "90d"]

SourceType = Literal["content_container", "platform_post", "manual"]


class TopPerformer(Out, frozen=True, kw_only=True):
    """A post, or content on one platform."""

    rank: int
    """From 1 on. Those with the same figure are in the order of their ids."""
    metric_value: int | float
    """The metric's figure, as far as it came in the window: a whole number, or a rate."""
    source_type: SourceType
    """What it is."""
    source_id: str
    """Its id: `sp_...` of a post, `cnt_...` of content."""
    platform: PlatformName
    """Where it was posted. Content on two platforms is two items."""
    organic: int | float | None
    """The part of the figure that posts made by themselves; null for `conversions` and `roas`, which only ads
    have."""
    paid: int | float | None
    """The part that ads made; null for what platforms tell of posts."""


class TopPerformers(Out, frozen=True, kw_only=True):
    """What did best, the best first."""

    items: list[TopPerformer]
    """At most as many as asked for. What nobody tells such a figure of is not in it."""
