"""Arrivals: events that an app has sent just now."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import event

#: How many are counted.
MOST = 1000


class Arrivals(NamedTuple):
    """The newest one, and how many there are."""

    name: str
    event_id: str
    occurred_at: datetime
    received_at: datetime
    n: int


SEE_ARRIVALS = event.see_arrivals.typed(Arrivals)


async def see(conn: Conn, *, project_id: UUID, app_no: int, seconds: float) -> Arrivals | None:
    """Those that came in the last `seconds` and happened at most an hour before; None: there are none."""
    return await SEE_ARRIVALS.one(conn, project_id=project_id, app_no=app_no, seconds=seconds, limit=MOST)
