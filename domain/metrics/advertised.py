"""Top performers by their ads: conversions, and revenue by spend (ROAS).

An imported ad row refers to a post or content by its id in `adId`, `adsetId` or `campaignId`. The rows are in
the event store, posts and contents in the main database, so both are read and joined here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from db.queries import ad_day, top_performer
from domain.metrics.ad_figures import ratio_or_none
from domain.metrics.metrics import MetricDatabases, read_project_timezone
from domain.metrics.top_performers import CREATIVE_TYPE_BY_CONTENT_SOURCE, TOP_POST_WINDOW_LENGTHS, TopPerformersQuery
from platforms.registry import PLATFORMS_BY_NAME
from schemas import ids
from schemas.accounts import PlatformName
from schemas.ads import DEFAULT_ATTRIBUTION_WINDOW_NAME, AdPlatform
from schemas.content import CreativeType
from schemas.content_hooks import HookIntent
from schemas.errors import InvalidValue
from schemas.top_performers import TopMetric, TopPerformer, TopPerformers

#: Metrics of ads alone.
POST_RANKING_METRICS_FROM_ADS: frozenset[TopMetric] = frozenset({"conversions", "roas"})

#: Most posts and contents of the ads in one query, by platform and currency.
MAX_AD_SUMS_PER_RANKING = 20_000

#: Platform that shows an ad of content. Apple's ads show no content.
POST_PLATFORM_BY_AD_PLATFORM: Mapping[str, PlatformName] = {
    description.ad_platform: description.api_name
    for description in PLATFORMS_BY_NAME.values()
    if description.ad_platform
}

NO_ADVERTISED_POST_MESSAGE = (
    "no imported ad row of the window names a post or content of the project: send its id as adId, adsetId "
    "or campaignId of the row, or rank by another metric"
)


class AdSumOfPostOrContent(NamedTuple):
    """Sum of the rows with the same post or content, money in millionths."""

    source: str
    platform: AdPlatform
    currency: str
    spend: int
    conversions: int
    revenue: int


class AdvertisedPostOrContent(NamedTuple):
    """Post or content that ads refer to. Content by itself has no platform."""

    source_id: UUID
    content_id: UUID
    platform: PlatformName | None
    creative_type: CreativeType
    look: str | None
    hook_shape: str | None
    hook_intent: HookIntent | None
    picture: UUID | None


SUM_ADS_BY_POST_OR_CONTENT = ad_day.sum_sources.typed(AdSumOfPostOrContent)
LIST_ADVERTISED_POSTS_AND_CONTENTS = top_performer.list_advertised.typed(AdvertisedPostOrContent)


async def rank_posts_by_ads(stores: MetricDatabases, asked: TopPerformersQuery, *, now: datetime) -> TopPerformers:
    """Return a project's best posts or contents by their ads' conversions or ROAS (default attribution window).

    Raises `ObjectNotFound`, and `InvalidValue` if no ad of the window refers to a post or content, or too many do.
    """
    scope = {"organization_id": asked.organization_id, "project_id": asked.project_id}
    async with stores.main() as conn:
        zone = ZoneInfo(await read_project_timezone(conn, **scope))
    last_day = now.astimezone(zone).date()
    async with stores.events() as conn:
        sums = await SUM_ADS_BY_POST_OR_CONTENT.all(
            conn,
            project_id=asked.project_id,
            attribution_window=DEFAULT_ATTRIBUTION_WINDOW_NAME,
            first_day=(now - TOP_POST_WINDOW_LENGTHS[asked.window]).astimezone(zone).date(),
            last_day=last_day,
            limit=MAX_AD_SUMS_PER_RANKING + 1,
        )
    if len(sums) > MAX_AD_SUMS_PER_RANKING:
        raise InvalidValue(
            "window", f"ads name more than {MAX_AD_SUMS_PER_RANKING} posts and contents: ask for a shorter one"
        )
    sources = await _list_advertised_posts_and_contents(stores, asked, sums)
    if not sources:
        raise InvalidValue("metric", NO_ADVERTISED_POST_MESSAGE)
    return TopPerformers(
        items=_rank_grouped_ad_sums(asked, _group_ad_sums_by_post_or_content(asked, sums, sources), sources)
    )


async def _list_advertised_posts_and_contents(
    stores: MetricDatabases, asked: TopPerformersQuery, sums: Iterable[AdSumOfPostOrContent]
) -> dict[str, AdvertisedPostOrContent]:
    """Return those of the posts and contents in these ad sums that belong to the project, by public id."""
    public_ids = {ad_sum.source for ad_sum in sums}
    source_ids = {
        prefix: [*filter(None, (ids.parse_prefixed_id(prefix, public_id) for public_id in public_ids))]
        for prefix in (ids.POST_ID_PREFIX, ids.CONTENT_ID_PREFIX)
    }
    async with stores.main() as conn:
        rows = await LIST_ADVERTISED_POSTS_AND_CONTENTS.all(
            conn,
            org=asked.organization_id,
            project_id=asked.project_id,
            post_ids=source_ids[ids.POST_ID_PREFIX],
            content_ids=source_ids[ids.CONTENT_ID_PREFIX],
        )
    return {
        ids.format_prefixed_id(ids.POST_ID_PREFIX if row.platform else ids.CONTENT_ID_PREFIX, row.source_id): row
        for row in rows
    }


def _group_ad_sums_by_post_or_content(
    asked: TopPerformersQuery, sums: Iterable[AdSumOfPostOrContent], known: Mapping[str, AdvertisedPostOrContent]
) -> Mapping[tuple[str, PlatformName], list[AdSumOfPostOrContent]]:
    """Group ad sums by post, or content and platform (key: public id, platform); skip those outside the query."""
    groups = defaultdict[tuple[str, PlatformName], list[AdSumOfPostOrContent]](list)
    for ad_sum in sums:
        source = known.get(ad_sum.source)
        platform = source and (source.platform or POST_PLATFORM_BY_AD_PLATFORM.get(ad_sum.platform))
        if source is None or platform is None or platform not in (asked.platforms or (platform,)):
            continue
        if asked.source_type == "platform_post":
            if source.platform:
                groups[ad_sum.source, platform].append(ad_sum)
        elif source.creative_type == CREATIVE_TYPE_BY_CONTENT_SOURCE[asked.source_type]:
            groups[ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, source.content_id), platform].append(ad_sum)
    return groups


def _rank_grouped_ad_sums(
    asked: TopPerformersQuery,
    groups: Mapping[tuple[str, PlatformName], Sequence[AdSumOfPostOrContent]],
    known: Mapping[str, AdvertisedPostOrContent],
) -> list[TopPerformer]:
    figures = [
        (figure, *key)
        for key, sums in groups.items()
        if (figure := _compute_ad_ranking_figure(asked.metric, sums)) is not None
    ]
    best = sorted(figures, key=lambda figure: (-figure[0], figure[1], figure[2]))[: asked.limit]
    return [
        TopPerformer(
            rank=place,
            metric_value=figure,
            source_type=asked.source_type,
            source_id=source_id,
            platform=platform,
            organic=None,
            paid=figure,
            look=made.look,
            hook_shape=made.hook_shape,
            hook_intent=made.hook_intent,
            picture=ids.format_asset_id_or_none(made.picture),
        )
        for place, (figure, source_id, platform) in enumerate(best, 1)
        for made in [known[groups[source_id, platform][0].source]]
    ]


def _compute_ad_ranking_figure(metric: TopMetric, sums: Sequence[AdSumOfPostOrContent]) -> int | float | None:
    """Return the conversions or the ROAS (revenue by spend) of ad sums.

    ROAS is None without spend, or in several currencies.
    """
    if metric == "conversions":
        return sum(ad_sum.conversions for ad_sum in sums)
    if len({ad_sum.currency for ad_sum in sums}) > 1:
        return None
    roas = ratio_or_none(sum(ad_sum.revenue for ad_sum in sums), sum(ad_sum.spend for ad_sum in sums))
    return None if roas is None else round(roas, 6)
