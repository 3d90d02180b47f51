"""Top performers: a project's ranking of posts and content."""

from typing import Literal

from schemas import ids
from schemas.accounts import PlatformName
from schemas.base import ResponseStruct
from schemas.content_hooks import HookIntent

TopMetric = Literal["views", "engagement_rate", "conversions", "roas", "watch_time_ms"]

TopWindow = Literal["7d", "30d", "90d"]

TopPerformerSource = Literal["content_container", "platform_post", "manual"]


class TopPerformer(ResponseStruct, frozen=True, kw_only=True):
    """Item of a ranking: a post, or content on one platform, with its figure."""

    rank: int
    """From 1 on. Equal figures are ordered by id."""
    metric_value: int | float
    """The metric's figure within the window: a whole number, or a rate."""
    source_type: TopPerformerSource
    """The kind of object."""
    source_id: str
    """Its id: `sp_...` of a post, `cnt_...` of content."""
    platform: PlatformName
    """The platform. Content on two platforms is two items."""
    organic: int | float | None
    """The organic part of the figure; null for `conversions` and `roas`, which only ads have."""
    paid: int | float | None
    """The part from ads; null for figures that platforms report for posts."""
    look: str | None
    """The look of the content as it was published; null: uploaded, or not known."""
    hook_shape: str | None
    """The shape of its opening line; null: uploaded, or not known."""
    hook_intent: HookIntent | None
    """The purpose of that line; null if it has none."""
    picture: ids.AssetId | None
    """The first of its input pictures; null: none, or not known."""


class TopPerformers(ResponseStruct, frozen=True, kw_only=True):
    """The ranking, best first."""

    items: list[TopPerformer]
    """The requested number at most. Objects without such a figure are left out."""
