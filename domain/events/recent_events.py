"""Recent events of an app, for the setup check."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import event, event_quarantine

#: Most events that are counted.
MAX_COUNTED = 1000


class RecentEvents(NamedTuple):
    """Newest recent event, and the number of recent events."""

    name: str
    event_id: str
    occurred_at: datetime
    received_at: datetime
    n: int


class RejectedCount(NamedTuple):
    """Number of refused events with a code."""

    code: str
    n: int


FIND_RECENT = event.see_arrivals.typed(RecentEvents)
COUNT_REFUSED = event_quarantine.count_refused.typed(RejectedCount)


async def find_recent(conn: Conn, *, project_id: UUID, app_no: int, seconds: float) -> RecentEvents | None:
    """Return the events of the last `seconds` that occurred at most an hour earlier; None without any."""
    return await FIND_RECENT.one(
        conn, project_id=project_id, app_no=app_no, seconds=seconds, limit=MAX_COUNTED
    )


async def count_rejected(conn: Conn, *, project_id: UUID, app_no: int, seconds: float) -> list[RejectedCount]:
    """Count an app's quarantined events of the last `seconds` by reject code; empty without any."""
    return await COUNT_REFUSED.all(conn, project_id=project_id, app_no=app_no, seconds=seconds)
