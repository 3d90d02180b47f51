"""Counts of events between bounds: from whole hours, and from quarters where a bound splits an hour.

Only folded deltas are counted: the caller first folds those of the project (`folds.fold_project_for_read`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import event_rollup

HOUR = timedelta(hours=1)

#: Name of the counts of all names together.
ROLLUP_NAMES_MEANING_ALL_EVENTS = ("",)


class EventCountGrouping(NamedTuple):
    """Grouping of counts; `place` numbers the periods between bounds, from 1."""

    place: bool = True
    name: bool = False
    app: bool = False


class EventGroupCount(NamedTuple):
    """Events of one currency, or of none (''); 0 and '' for columns that aren't grouped by."""

    place: int
    name: str
    app_no: int
    currency: str
    n: int
    micros: Decimal


COUNT_EVENTS_FROM_HOUR_ROLLUPS = event_rollup.count_by_hours.typed(EventGroupCount)
COUNT_EVENTS_FROM_QUARTER_HOUR_ROLLUPS = event_rollup.count_by_quarters.typed(EventGroupCount)


async def count_rolled_up_events(
    conn: Conn,
    *,
    project_id: UUID,
    names: Sequence[str],
    bounds: Sequence[datetime],
    by: EventCountGrouping = EventCountGrouping(),  # noqa: B008  it never changes
    app_nos: Sequence[int] | None = None,
    limit: int | None = None,
) -> list[EventGroupCount]:
    """Count a project's events between the first and last of `bounds`, by currency and by the fields of `by`.

    Bounds are at quarter-hours. At most `limit` groups, of events in `names`; `app_nos`: None is all apps, [] no app.
    """
    parameters = {
        "project_id": project_id,
        "names": names,
        "app_nos": app_nos,
        "since": bounds[0],
        "until": bounds[-1],
        "bounds": bounds,
        "by_place": by.place,
        "by_name": by.name,
        "by_app": by.app,
        "limit": limit,
    }
    split = find_utc_hours_split_by_bounds(bounds)
    if 2 * len(split) * HOUR > bounds[-1] - bounds[0]:
        return await COUNT_EVENTS_FROM_QUARTER_HOUR_ROLLUPS.all(conn, **parameters)
    return await COUNT_EVENTS_FROM_HOUR_ROLLUPS.all(conn, **parameters, split=split)


def find_utc_hours_split_by_bounds(bounds: Sequence[datetime]) -> list[datetime]:
    """Return the starts of the UTC hours that have one of the `bounds` inside, each once."""
    return [*dict.fromkeys(bound.replace(minute=0) for bound in bounds if bound.minute)]
