"""Recent events of an app, for the setup check."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import event, event_quarantine

#: Most events that are counted.
MAX_COUNTED_RECENT_EVENTS = 1000


class RecentEventSummary(NamedTuple):
    """Newest recent event, and the number of recent events."""

    name: str
    event_id: str
    occurred_at: datetime
    received_at: datetime
    n: int


class RejectedEventCount(NamedTuple):
    """Number of refused events with a code."""

    code: str
    n: int


FIND_RECENT_EVENTS = event.see_arrivals.typed(RecentEventSummary)
COUNT_QUARANTINED_EVENTS = event_quarantine.count_refused.typed(RejectedEventCount)


async def find_recent_events(conn: Conn, *, project_id: UUID, app_no: int, seconds: float) -> RecentEventSummary | None:
    """Return the newest event that arrived from an app in the last `seconds`, and the number of such events.

    Counts up to `MAX_COUNTED_RECENT_EVENTS`, none that occurred over an hour before that time. None without any.
    """
    return await FIND_RECENT_EVENTS.one(
        conn, project_id=project_id, app_no=app_no, seconds=seconds, limit=MAX_COUNTED_RECENT_EVENTS
    )


async def count_quarantined_events(
    conn: Conn, *, project_id: UUID, app_no: int, seconds: float
) -> list[RejectedEventCount]:
    """Return the numbers of an app's quarantined events of the last `seconds` by code; empty without any."""
    return await COUNT_QUARANTINED_EVENTS.all(conn, project_id=project_id, app_no=app_no, seconds=seconds)
