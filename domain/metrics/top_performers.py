"""Top performers: posts or contents, ranked by their platforms' figures in a window that ends now.

A rate is a ratio of sums, and needs at least `MIN_VIEWS_FOR_RATE_RANKING` views: three likes of three views are no
success.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import top_performer
from domain.tenancy import project_locks
from schemas import ids
from schemas.accounts import PlatformName
from schemas.content import CreativeType
from schemas.content_hooks import HookIntent
from schemas.top_performers import TopMetric, TopPerformer, TopPerformers, TopPerformerSource, TopWindow

MIN_VIEWS_FOR_RATE_RANKING = 100

TOP_POST_WINDOW_LENGTHS: Mapping[TopWindow, timedelta] = {
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}

#: Counters of each metric from platforms. `advertised.py` has the others.
COUNTERS_BY_RANKING_METRIC: Mapping[TopMetric, Sequence[str]] = {
    "views": ["views"],
    "watch_time_ms": ["watch_time_ms"],
    "engagement_rate": ["views", "likes", "comments", "shares", "saves"],
}

#: Creative type of each source of contents; posts by themselves have none.
CREATIVE_TYPE_BY_CONTENT_SOURCE: Mapping[TopPerformerSource, CreativeType] = {
    "content_container": "generated",
    "manual": "uploaded",
}


class TopPerformersQuery(NamedTuple):
    """Query of a caller for the top performers of a project."""

    organization_id: UUID
    project_id: UUID
    metric: TopMetric
    window: TopWindow
    source_type: TopPerformerSource
    platforms: Sequence[PlatformName] | None
    limit: int


class OrganicTopPostOrContent(NamedTuple):
    """Post or content with its value of the ranked metric on a platform."""

    source_id: UUID
    platform: PlatformName
    value: Decimal
    look: str | None
    hook_shape: str | None
    hook_intent: HookIntent | None
    picture: UUID | None


RANK_POSTS_OR_CONTENTS = top_performer.rank_sources.typed(OrganicTopPostOrContent)


async def rank_posts_or_contents_by_organic_metric(
    conn: Conn, asked: TopPerformersQuery, *, now: datetime
) -> TopPerformers:
    """Return at most `limit` best posts or contents by one of `COUNTERS_BY_RANKING_METRIC`. Raises `ObjectNotFound`."""
    await project_locks.check_project_exists(conn, organization_id=asked.organization_id, project_id=asked.project_id)
    rows = await RANK_POSTS_OR_CONTENTS.all(
        conn,
        org=asked.organization_id,
        project_id=asked.project_id,
        metric=asked.metric,
        metrics=COUNTERS_BY_RANKING_METRIC[asked.metric],
        since=now - TOP_POST_WINDOW_LENGTHS[asked.window],
        creative_type=CREATIVE_TYPE_BY_CONTENT_SOURCE.get(asked.source_type),
        platforms=asked.platforms,
        least_views=MIN_VIEWS_FOR_RATE_RANKING,
        limit=asked.limit,
    )
    return TopPerformers(items=[_top_post_to_schema(row, place, asked) for place, row in enumerate(rows, 1)])


def _top_post_to_schema(row: OrganicTopPostOrContent, place: int, asked: TopPerformersQuery) -> TopPerformer:
    value = round(float(row.value), 6) if asked.metric == "engagement_rate" else int(row.value)
    kind = ids.POST_ID_PREFIX if asked.source_type == "platform_post" else ids.CONTENT_ID_PREFIX
    return TopPerformer(
        rank=place,
        metric_value=value,
        source_type=asked.source_type,
        source_id=ids.format_prefixed_id(kind, row.source_id),
        platform=row.platform,
        organic=value,
        paid=None,
        look=row.look,
        hook_shape=row.hook_shape,
        hook_intent=row.hook_intent,
        picture=ids.format_asset_id_or_none(row.picture),
    )
