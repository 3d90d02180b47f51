"""Performance of generated content: a project's own figures by look, by hook shape and by first picture."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from db.pool import Conn
from db.queries import content_performance, project
from generation.learning import EngagementFigures
from generation.variants import VariantAxis
from schemas import ids
from schemas.content_performance import ContentPerformance, ContentPerformanceRow
from schemas.errors.absent import require_found

#: Days up to today that a generate request learns from.
LEARNED_DAYS = 90
#: Newest published posts that it learns from: a thousand index lookups within the request.
MAX_LEARNED_POSTS = 200
#: Newest published posts of a performance answer.
MAX_COMPARED_POSTS = 5_000
#: Values of all axes that a request learns from; each post has three at most.
MAX_LEARNED_VALUES = 3 * MAX_LEARNED_POSTS
#: Counters of a post: its views, and its engagements.
COUNTERS = ("views", "likes", "comments", "shares", "saves")

LearnedFigures = Mapping[VariantAxis, Sequence[EngagementFigures]]
#: Figures of a request that doesn't learn.
NO_LEARNED_FIGURES: LearnedFigures = {"look": (), "hook": (), "picture": ()}


class _FiguresRow(NamedTuple):
    axis: VariantAxis
    value: str
    pieces: int
    posts: int
    views: int
    engagements: int
    views_squared: float
    views_by_engagements: float
    engagements_squared: float


SUM_FIGURES = content_performance.sum_figures.typed(_FiguresRow)


async def read_learned_figures(conn: Conn, *, organization_id: UUID, project_id: UUID, now: datetime) -> LearnedFigures:
    """Return a project's figures by axis and value, of its newest posts in the last `LEARNED_DAYS` days."""
    rows = await SUM_FIGURES.all(
        conn,
        org=organization_id,
        project_id=project_id,
        most_posts=MAX_LEARNED_POSTS,
        metrics=COUNTERS,
        since=now - timedelta(days=LEARNED_DAYS),
        axes=[*NO_LEARNED_FIGURES],
        limit=MAX_LEARNED_VALUES,
    )
    return {axis: [EngagementFigures(*row[1:]) for row in rows if row.axis == axis] for axis in NO_LEARNED_FIGURES}


async def read_content_performance(
    conn: Conn, *, organization_id: UUID, project_id: UUID, by: VariantAxis, days: int, limit: int, now: datetime
) -> ContentPerformance:
    """Return a project's figures by the values of an axis, in the last `days` days of its time zone.

    Raises `ObjectNotFound`.
    """
    name = require_found(await project.get_zone.value(conn, org=organization_id, id=project_id), "project")
    today = now.astimezone(ZoneInfo(name)).date()
    first = today - timedelta(days=days - 1)
    rows = await SUM_FIGURES.all(
        conn,
        org=organization_id,
        project_id=project_id,
        most_posts=MAX_COMPARED_POSTS,
        metrics=COUNTERS,
        since=datetime.combine(first, time.min, ZoneInfo(name)),
        axes=[by],
        limit=limit,
    )
    return ContentPerformance(
        by=by,
        timezone=name,
        since=first.isoformat(),
        until=today.isoformat(),
        items=[_figures_to_schema(by, EngagementFigures(*row[1:])) for row in rows],
    )


def _figures_to_schema(by: VariantAxis, figures: EngagementFigures) -> ContentPerformanceRow:
    low, high = figures.credible_interval or (None, None)
    value = ids.format_prefixed_id(ids.ASSET_ID_PREFIX, UUID(figures.value)) if by == "picture" else figures.value
    return ContentPerformanceRow(
        value=value,
        pieces=figures.pieces,
        posts=figures.posts,
        views=figures.views,
        engagements=figures.engagements,
        engagement_rate=round(figures.rate, 6),
        rate_low=None if low is None else round(low, 6),
        rate_high=None if high is None else round(high, 6),
    )
