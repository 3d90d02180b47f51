"""Conversions: counts and values of events with a value, in the requested groups."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from db.pool import Conn
from domain.apps import app_numbers
from domain.apps.app_numbers import Numbered
from domain.events.checks import MICROS
from domain.events.event_names import CONVERSIONS
from domain.metrics import buckets, rollup_counts
from domain.metrics.buckets import TimeBucket
from domain.metrics.metrics import MetricSources, zone_of
from domain.metrics.rollup_counts import CountGrouping, EventGroupCount
from domain.metrics.windows import TimeWindow
from schemas import ids
from schemas.conversion_counts import ConversionGroup, Conversions, ConversionTotals, Grouping
from schemas.errors import Invalid
from schemas.metrics import MetricWindow

#: Groups of one answer.
MAX_GROUPS = 10_000


class ConversionQuery(NamedTuple):
    """Query of a caller. `names` are None for `CONVERSIONS`, `app_id` is None for all apps."""

    organization_id: UUID
    project_id: UUID
    window: TimeWindow
    names: Sequence[str] | None
    app_id: UUID | None
    by: Collection[Grouping]


class _Group(NamedTuple):
    """Key of a group, in the order of `Grouping`; None: the query doesn't group by it."""

    platform: str | None
    app_id: str | None
    event_name: str | None
    day: str | None
    hour: str | None
    own_currency: str | None

    def shown(self) -> dict[str, Any]:
        """Return the fields of a group."""
        return dict(zip(self._fields[:-1], self[:-1], strict=True))


async def count(stores: MetricSources, asked: ConversionQuery) -> Conversions:
    """Count conversions. Raises `NotFound`, `Invalid` for more than `MAX_GROUPS` groups or too many hours."""
    async with stores.main() as conn:
        of_project = {"organization_id": asked.organization_id, "project_id": asked.project_id}
        zone = ZoneInfo(await zone_of(conn, **of_project))
        numbered = await app_numbers.number_all(conn, **of_project)
    app_no = app_numbers.requested_app_number(numbered, asked.app_id)
    cut, names = _cut(asked, zone), [*(asked.names or CONVERSIONS)]
    async with stores.events() as conn:
        counts = await _read(conn, asked, names, cut, app_no)
    groups = _groups(counts, _grouper(asked.by, cut, zone, numbered)) if asked.by else []
    return Conversions(
        window=MetricWindow(since=asked.window.since, until=asked.window.until),
        timezone=zone.key,
        event_names=names,
        totals=ConversionTotals(**_sum(counts)),
        groups=groups,
    )


def _cut(asked: ConversionQuery, zone: ZoneInfo) -> Sequence[TimeBucket]:
    """Return the finest requested periods; a single one if none is requested."""
    if "hour" in asked.by:
        return buckets.cut_window(asked.window, zone, "hour")
    if "day" in asked.by:
        return buckets.cut_window(asked.window, zone, "day")
    return [TimeBucket("", *asked.window)]


async def _read(
    conn: Conn, asked: ConversionQuery, names: Sequence[str], cut: Sequence[TimeBucket], app_no: int | None
) -> list[EventGroupCount]:
    counts = await rollup_counts.count(
        conn,
        project_id=asked.project_id,
        names=names,
        bounds=[*(bucket.since for bucket in cut), asked.window.until],
        by=CountGrouping(
            len(cut) > 1, "eventName" in asked.by, not {"appId", "platform"}.isdisjoint(asked.by)
        ),
        app_nos=None if app_no is None else [app_no],
        limit=MAX_GROUPS + 1,
    )
    if len(counts) > MAX_GROUPS:
        raise Invalid(
            "groupBy", f"gives more than {MAX_GROUPS} groups: ask for a shorter time, or for fewer groups"
        )
    return counts


def _groups(
    found: Sequence[EventGroupCount], group_of: Callable[[EventGroupCount], _Group]
) -> list[ConversionGroup]:
    grouped = defaultdict[_Group, list[EventGroupCount]](list)
    for row in found:
        grouped[group_of(row)].append(row)
    return [ConversionGroup(**group.shown(), **_sum(rows)) for group, rows in grouped.items()]


def _grouper(
    by: Collection[Grouping], cut: Sequence[TimeBucket], zone: ZoneInfo, numbered: Sequence[Numbered]
) -> Callable[[EventGroupCount], _Group]:
    """Return a function from a row to its group, with all lookups prepared: rows are thousands."""
    days = [f"{bucket.since.astimezone(zone):%Y-%m-%d}" for bucket in cut]
    app_ids = {app.app_no: ids.show(ids.APP, app.id) for app in numbered}
    platforms = {app.app_no: app.platform for app in numbered}
    telling: dict[Grouping, Callable[[EventGroupCount], str]] = {
        "platform": lambda row: platforms.get(row.app_no, ""),
        "appId": lambda row: app_ids.get(row.app_no, ""),
        "eventName": lambda row: row.name,
        "day": lambda row: days[max(row.place, 1) - 1],
        "hour": lambda row: cut[max(row.place, 1) - 1].label,
        "currency": lambda row: row.currency,
    }
    selected = [telling[name] if name in by else None for name in get_args(Grouping)]
    return lambda row: _Group(*[tell(row) if tell else None for tell in selected])


def _sum(rows: Sequence[EventGroupCount]) -> dict[str, Any]:
    """Return the fields of totals. Rows without a currency and value fit any currency."""
    micros: dict[str, int] = {}
    for row in rows:
        micros[row.currency] = micros.get(row.currency, 0) + int(row.micros)
    valued = [(currency, sum_) for currency, sum_ in micros.items() if currency or sum_]
    currency, value = valued[0] if valued else ("", 0)
    mixed = len(valued) > 1
    return {
        "count": sum(row.n for row in rows),
        "value": None if mixed else value / MICROS,
        "currency": None if mixed else currency or None,
    }
