"""Counts of events between bounds: of whole hours, and of quarters where a bound splits an hour.

What is not folded yet is added by the same statement, so that it is in the answer once: an event counts from
the commit on that its 202 waited for.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import event_rollup
from domain.events import event_names

HOUR = timedelta(hours=1)

#: The name of the counts that are of all names together.
ALL_NAMES = ("",)


class By(NamedTuple):
    """Things that counts are told apart by; `place` numbers the stretches between bounds, from 1."""

    place: bool = True
    name: bool = False
    app: bool = False


class Count(NamedTuple):
    """Events of one currency, or of none (''); 0 and '' where they aren't told apart."""

    place: int
    name: str
    app_no: int
    currency: str
    n: int
    micros: Decimal


BY_HOURS = event_rollup.count_by_hours.typed(Count)
BY_QUARTERS = event_rollup.count_by_quarters.typed(Count)


async def count(
    conn: Conn,
    *,
    project_id: UUID,
    names: Sequence[str],
    bounds: Sequence[datetime],
    by: By = By(),  # noqa: B008  it never changes
    app_nos: Sequence[int] | None = None,
    limit: int | None = None,
) -> list[Count]:
    """Counts between the first and the last bound, each of which begins a quarter of an hour.

    At most `limit` of them; those of no app at all where `app_nos` is empty.
    """
    asked = {
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
        **event_names.PLACES,
    }
    split = split_hours(bounds)
    if 2 * len(split) * HOUR > bounds[-1] - bounds[0]:
        return await BY_QUARTERS.all(conn, **asked)
    return await BY_HOURS.all(conn, **asked, split=split)


def split_hours(bounds: Sequence[datetime]) -> list[datetime]:
    """Hours of UTC in which a bound lies, behind their beginning."""
    return [*dict.fromkeys(bound.replace(minute=0) for bound in bounds if bound.minute)]
