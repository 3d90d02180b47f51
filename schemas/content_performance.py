"""Performance of generated content by look, opening line and first picture."""

from typing import Literal

from schemas.base import ResponseStruct

PerformanceAxis = Literal["look", "hook", "picture"]

#: Days of an answer, today included.
MAX_PERFORMANCE_DAYS = 365


class ContentPerformanceRow(ResponseStruct, frozen=True, kw_only=True):
    """The figures of one look, shape of opening lines or first picture."""

    value: str
    """The look, the shape of the opening line (`hookShape`), or the id of the picture."""
    pieces: int
    """The number of content items behind the posts."""
    posts: int
    """The number of published posts with views in the window."""
    views: int
    """Their views in the window."""
    engagements: int
    """Their likes, comments, shares and saves in the window."""
    engagement_rate: float
    """Engagements divided by views."""
    rate_low: float | None
    """Lower bound of the rate's 90 % credible interval, with posts as samples. Null: fewer than five posts."""
    rate_high: float | None
    """Upper bound of that interval. Null: fewer than five posts."""


class ContentPerformance(ResponseStruct, frozen=True, kw_only=True):
    """`GET /v1/projects/{id}/content/performance`."""

    by: PerformanceAxis
    """What the items compare."""
    timezone: str
    """The project's time zone, which defines the days."""
    since: str
    """The first day."""
    until: str
    """The last day: today."""
    items: list[ContentPerformanceRow]
    """The values with the most posts first. Uploads, and content of before looks were recorded, aren't counted."""
