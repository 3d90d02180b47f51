"""Metrics of ads by day or week of the ad accounts' own calendars, in the format of other metrics."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from db.pool import Conn
from db.queries import ad_day
from domain.metrics import ad_figures, buckets
from domain.metrics.ad_figures import AdDaySum
from domain.metrics.metrics import MetricDatabases, read_project_timezone
from domain.metrics.windows import TimeWindow
from schemas.ads import AdGranularity, AdMetric, AdMetrics, AdPlatform, AdScope
from schemas.errors import InvalidValue
from schemas.metrics import MetricBucket, MetricWindow

SUM_AD_DAYS = ad_day.sum_days.typed(AdDaySum)

#: Time in which platforms attribute conversions to a day that has ended.
AD_SETTLING_TIME = timedelta(days=28)

ONE_MICROSECOND = timedelta(microseconds=1)

#: Columns with the platform's id of each scope, but for the project.
_FILTER_ID_COLUMN_BY_AD_SCOPE: Mapping[AdScope, str] = {
    "ad_account": "ad_account_id",
    "campaign": "campaign_id",
    "adset": "adset_id",
    "ad": "ad_id",
}


class AdMetricsQuery(NamedTuple):
    """Query of a caller. `subject_id` is the platform's id of the `scope`'s object; None for the project."""

    organization_id: UUID
    project_id: UUID
    scope: AdScope
    subject_id: str | None
    metrics: Sequence[AdMetric]
    platforms: Sequence[AdPlatform] | None
    attribution_window: str
    window: TimeWindow
    granularity: AdGranularity


def check_ad_metrics_id_fits_scope(scope: AdScope, subject_id: str | None) -> None:
    """Raise `InvalidValue` for an ad metrics query with an id for scope `project`, or without one for another scope."""
    if (subject_id is None) != (scope == "project"):
        raise InvalidValue("id", "name the object of `scope` by its platform's id; for the project, leave it out")


async def read_ad_metrics(stores: MetricDatabases, asked: AdMetricsQuery, *, now: datetime) -> AdMetrics:
    """Return a project's ad metrics by day or week and for the window; each day that it touches counts whole.

    Money is None if the ads have several currencies. Raises `ObjectNotFound`, `InvalidValue` for too many buckets.
    """
    async with stores.main() as conn:
        name = await read_project_timezone(conn, organization_id=asked.organization_id, project_id=asked.project_id)
    zone = ZoneInfo(name)
    cut = buckets.split_window_into_buckets(asked.window, zone, asked.granularity)
    last_days = [(bucket.until - ONE_MICROSECOND).astimezone(zone).date() for bucket in cut]
    async with stores.events() as conn:
        rows = await _read_ad_day_sums(conn, asked, asked.window.since.astimezone(zone).date(), last_days[-1])
    labelled = defaultdict[str, list[AdDaySum]](list)
    for row in rows:
        labelled[_ad_metric_bucket_label(row.day, asked.granularity)].append(row)
    total = ad_figures.sum_ad_days(rows)
    money, today = len(total.currencies) <= 1, now.astimezone(zone).date()
    return AdMetrics(
        timezone=name,
        as_of=now,
        window=MetricWindow(since=asked.window.since, until=asked.window.until),
        currency=next(iter(total.currencies)) if len(total.currencies) == 1 else None,
        series=[
            MetricBucket(
                bucket=bucket.label,
                final=last_day + AD_SETTLING_TIME < today,
                values=ad_figures.compute_ad_metrics(
                    ad_figures.sum_ad_days(labelled[bucket.label]), asked.metrics, money=money
                ),
            )
            for bucket, last_day in zip(cut, last_days, strict=True)
        ],
        totals=ad_figures.compute_ad_metrics(total, asked.metrics, money=money),
    )


async def _read_ad_day_sums(conn: Conn, asked: AdMetricsQuery, first_day: date, last_day: date) -> list[AdDaySum]:
    ids = {
        column: asked.subject_id if asked.scope == scope else None
        for scope, column in _FILTER_ID_COLUMN_BY_AD_SCOPE.items()
    }
    return await SUM_AD_DAYS.all(
        conn,
        project_id=asked.project_id,
        attribution_window=asked.attribution_window,
        first_day=first_day,
        last_day=last_day,
        platforms=asked.platforms,
        **ids,
    )


def _ad_metric_bucket_label(day: date, granularity: AdGranularity) -> str:
    """Return the label of the day or week with this day: the day itself or its Monday, in ISO 8601."""
    monday = day - timedelta(days=day.weekday())
    return (monday if granularity == "week" else day).isoformat()
