"""Arrivals: events that an app has sent just now."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import event, event_quarantine

#: How many are counted.
MOST = 1000


class Arrivals(NamedTuple):
    """The newest one, and how many there are."""

    name: str
    event_id: str
    occurred_at: datetime
    received_at: datetime
    n: int


class Refusals(NamedTuple):
    """Events that were refused with a code, and how many."""

    code: str
    n: int


SEE_ARRIVALS = event.see_arrivals.typed(Arrivals)
COUNT_REFUSED = event_quarantine.count_refused.typed(Refusals)


async def see(conn: Conn, *, project_id: UUID, app_no: int, seconds: float) -> Arrivals | None:
    """Those that came in the last `seconds` and happened at most an hour before; None: there are none."""
    return await SEE_ARRIVALS.one(conn, project_id=project_id, app_no=app_no, seconds=seconds, limit=MOST)


async def see_refused(conn: Conn, *, project_id: UUID, app_no: int, seconds: float) -> list[Refusals]:
    """Events that came in the last `seconds` and were refused, as far as the quarantine has them."""
    return await COUNT_REFUSED.all(conn, project_id=project_id, app_no=app_no, seconds=seconds)
