"""Recent events of an app, for the setup check."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import event, event_quarantine

#: Most events that are counted.
MOST = 1000


class Arrivals(NamedTuple):
    """Newest recent event, and the number of recent events."""

    name: str
    event_id: str
    occurred_at: datetime
    received_at: datetime
    n: int


class Refusals(NamedTuple):
    """Number of refused events with a code."""

    code: str
    n: int


SEE_ARRIVALS = event.see_arrivals.typed(Arrivals)
COUNT_REFUSED = event_quarantine.count_refused.typed(Refusals)


async def see(conn: Conn, *, project_id: UUID, app_no: int, seconds: float) -> Arrivals | None:
    """Return the events of the last `seconds` that occurred at most an hour earlier; None without any."""
    return await SEE_ARRIVALS.one(conn, project_id=project_id, app_no=app_no, seconds=seconds, limit=MOST)


async def see_refused(conn: Conn, *, project_id: UUID, app_no: int, seconds: float) -> list[Refusals]:
    """Count the refused events of the last `seconds`, as far as the quarantine stores them."""
    return await COUNT_REFUSED.all(conn, project_id=project_id, app_no=app_no, seconds=seconds)
