"""Conversions: counts and values of events with a value, in the requested groups."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from db.pool import Conn
from domain.apps import app_numbers
from domain.apps.app_numbers import AppWithEventStoreNumber
from domain.events import folds
from domain.events.checks import MICROS_PER_CURRENCY_UNIT
from domain.events.event_names import CONVERSION_EVENT_NAMES
from domain.metrics import buckets, rollup_counts
from domain.metrics.buckets import LabelledTimeBucket
from domain.metrics.metrics import MetricDatabases, read_project_timezone
from domain.metrics.rollup_counts import EventCountGrouping, EventGroupCount
from domain.metrics.windows import TimeWindow
from schemas import ids
from schemas.conversion_counts import ConversionGroup, ConversionGrouping, Conversions, ConversionTotals
from schemas.errors import InvalidValue
from schemas.metrics import MetricWindow

#: Groups of one answer.
MAX_CONVERSION_SUM_GROUPS = 10_000


class ConversionSumQuery(NamedTuple):
    """Query for sums of conversions. None means `CONVERSION_EVENT_NAMES` for `names`, and all apps for `app_id`."""

    organization_id: UUID
    project_id: UUID
    window: TimeWindow
    names: Sequence[str] | None
    app_id: UUID | None
    by: Collection[ConversionGrouping]


class _ConversionSumGroupKey(NamedTuple):
    """Key of a group, in the order of `ConversionGrouping`; None: the query doesn't group by it."""

    platform: str | None
    app_id: str | None
    event_name: str | None
    day: str | None
    hour: str | None
    own_currency: str | None

    def to_group_fields(self) -> dict[str, Any]:
        """Return the key's parts by name, for the group in the response; without the currency."""
        return dict(zip(self._fields[:-1], self[:-1], strict=True))


async def read_conversion_event_sums(
    stores: MetricDatabases, asked: ConversionSumQuery, *, now: datetime
) -> Conversions:
    """Return a project's conversions, their number and value, in total and in the requested groups.

    Its `as_of` is as in `read_scope_metrics`. Raises `ObjectNotFound`, `InvalidValue` for more than
    `MAX_CONVERSION_SUM_GROUPS` groups, or too many hours or days.
    """
    async with stores.main() as conn:
        of_project = {"organization_id": asked.organization_id, "project_id": asked.project_id}
        zone = ZoneInfo(await read_project_timezone(conn, **of_project))
        numbered = await app_numbers.list_numbered_apps(conn, **of_project)
    app_no = app_numbers.find_event_store_number_of_app(numbered, asked.app_id)
    cut, names = _split_conversion_window_into_buckets(asked, zone), [*(asked.names or CONVERSION_EVENT_NAMES)]
    async with stores.events() as conn:
        as_of = now - await folds.fold_project_for_read(conn, project_id=asked.project_id)
        counts = await _count_rolled_up_conversions(conn, asked, names, cut, app_no)
    groups = (
        _sum_conversion_event_groups(counts, _make_event_count_grouper(asked.by, cut, zone, numbered))
        if asked.by
        else []
    )
    return Conversions(
        as_of=as_of,
        window=MetricWindow(since=asked.window.since, until=asked.window.until),
        timezone=zone.key,
        event_names=names,
        totals=ConversionTotals(**_sum_conversion_totals(counts)),
        groups=groups,
    )


def _split_conversion_window_into_buckets(asked: ConversionSumQuery, zone: ZoneInfo) -> Sequence[LabelledTimeBucket]:
    """Return a conversion query's hours, else days, if it groups by them; otherwise its whole window as one bucket."""
    if "hour" in asked.by:
        return buckets.split_window_into_buckets(asked.window, zone, "hour")
    if "day" in asked.by:
        return buckets.split_window_into_buckets(asked.window, zone, "day")
    return [LabelledTimeBucket("", *asked.window)]


async def _count_rolled_up_conversions(
    conn: Conn, asked: ConversionSumQuery, names: Sequence[str], cut: Sequence[LabelledTimeBucket], app_no: int | None
) -> list[EventGroupCount]:
    counts = await rollup_counts.count_rolled_up_events(
        conn,
        project_id=asked.project_id,
        names=names,
        bounds=[*(bucket.since for bucket in cut), asked.window.until],
        by=EventCountGrouping(len(cut) > 1, "eventName" in asked.by, not {"appId", "platform"}.isdisjoint(asked.by)),
        app_nos=None if app_no is None else [app_no],
        limit=MAX_CONVERSION_SUM_GROUPS + 1,
    )
    if len(counts) > MAX_CONVERSION_SUM_GROUPS:
        raise InvalidValue(
            "groupBy",
            f"gives more than {MAX_CONVERSION_SUM_GROUPS} groups: ask for a shorter time, or for fewer groups",
        )
    return counts


def _sum_conversion_event_groups(
    found: Sequence[EventGroupCount], group_of: Callable[[EventGroupCount], _ConversionSumGroupKey]
) -> list[ConversionGroup]:
    grouped = defaultdict[_ConversionSumGroupKey, list[EventGroupCount]](list)
    for row in found:
        grouped[group_of(row)].append(row)
    return [
        ConversionGroup(**group.to_group_fields(), **_sum_conversion_totals(rows)) for group, rows in grouped.items()
    ]


def _make_event_count_grouper(
    by: Collection[ConversionGrouping],
    cut: Sequence[LabelledTimeBucket],
    zone: ZoneInfo,
    numbered: Sequence[AppWithEventStoreNumber],
) -> Callable[[EventGroupCount], _ConversionSumGroupKey]:
    """Return a function that returns the group of a row of conversion counts.

    All lookups are prepared, since it is called for thousands of rows.
    """
    days = [f"{bucket.since.astimezone(zone):%Y-%m-%d}" for bucket in cut]
    app_ids = {app.app_no: ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, app.id) for app in numbered}
    platforms = {app.app_no: app.platform for app in numbered}
    telling: dict[ConversionGrouping, Callable[[EventGroupCount], str]] = {
        "platform": lambda row: platforms.get(row.app_no, ""),
        "appId": lambda row: app_ids.get(row.app_no, ""),
        "eventName": lambda row: row.name,
        "day": lambda row: days[max(row.place, 1) - 1],
        "hour": lambda row: cut[max(row.place, 1) - 1].label,
        "currency": lambda row: row.currency,
    }
    selected = [telling[name] if name in by else None for name in get_args(ConversionGrouping)]
    return lambda row: _ConversionSumGroupKey(*[tell(row) if tell else None for tell in selected])


def _sum_conversion_totals(rows: Sequence[EventGroupCount]) -> dict[str, Any]:
    """Return the fields `count`, `value` and `currency` of rows of conversions, the value in whole units.

    Value and currency are None for rows of several currencies. Rows without a currency and value fit any currency.
    """
    micros: dict[str, int] = {}
    for row in rows:
        micros[row.currency] = micros.get(row.currency, 0) + int(row.micros)
    valued = [(currency, sum_) for currency, sum_ in micros.items() if currency or sum_]
    currency, value = valued[0] if valued else ("", 0)
    mixed = len(valued) > 1
    return {
        "count": sum(row.n for row in rows),
        "value": None if mixed else value / MICROS_PER_CURRENCY_UNIT,
        "currency": None if mixed else currency or None,
    }
