"""Conversions: events that are sent on, an outbox with a line for each app and destination.

A row is written with its event. It is pending until it has an end, and keeps that.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import event_conversion
from schemas.conversions import Destination, Ended

#: Rows of one line, of the look for lines, and of a cleaning, at once.
MOST_AT_ONCE, LINES, ROWS = 1_000, 200, 1_000

#: Seconds that the first of a line waits for more: a steady flow goes in batches, each with a job.
GATHER_S = 5.0


class Line(NamedTuple):
    """Conversions of one app to one destination, which go out one call after the other."""

    project_id: UUID
    app_no: int
    destination: Destination


#: Before every line.
FIRST = Line(UUID(int=0), 0, "meta")


class _Look(NamedTuple):
    project_id: UUID
    app_no: int
    destination: Destination
    due: bool


class Due(NamedTuple):
    """A conversion whose turn it is, with its event. Without `context` the event isn't kept any more."""

    id: UUID
    event_id: str
    event_name: str
    occurred_at: datetime
    first_try_at: datetime | None
    user_id: str | None
    anonymous_id: str | None
    value_micros: int | None
    currency: str | None
    properties: str | None
    context: str | None


class End(NamedTuple):
    """The end of a conversion, and why it wasn't delivered, or which fields it went without."""

    id: UUID
    state: Ended
    error_code: str | None = None
    error_message: str | None = None


FIND_DUE = event_conversion.find_due.typed(_Look)
LIST_DUE = event_conversion.list_due.typed(Due)


async def find_lines(conn: Conn, *, after: Line) -> tuple[list[Line], Line]:
    """Lines with something due for a while among the next ones behind `after`, and where to go on."""
    found = await FIND_DUE.all(conn, **after._asdict(), limit=LINES, gather_s=GATHER_S)
    last = Line(*found[-1][:3]) if len(found) == LINES else FIRST
    return [Line(*one[:3]) for one in found if one.due], last


async def list_due(conn: Conn, *, line: Line) -> list[Due]:
    """As many of a line as one call takes, the longest waiting first."""
    return await LIST_DUE.all(conn, **line._asdict(), limit=MOST_AT_ONCE)


async def begin_tries(conn: Conn, *, line: Line, ids: Sequence[UUID], at: datetime) -> None:
    """Write down that the destination may have these from now on: before the call, which `at` names."""
    await event_conversion.begin_tries.run(conn, project_id=line.project_id, ids=ids, at=at)


async def take_back_tries(conn: Conn, *, line: Line, ids: Sequence[UUID], at: datetime) -> None:
    """Write down that the call that began `at` wasn't made."""
    await event_conversion.take_back_tries.run(conn, project_id=line.project_id, ids=ids, at=at)


async def settle(conn: Conn, *, line: Line, ends: Sequence[End]) -> None:
    """Write down how these ended; of those that have, nothing changes."""
    ids, states, codes, messages = zip(*ends, strict=True)
    await event_conversion.settle.run(
        conn, project_id=line.project_id, ids=ids, states=states, error_codes=codes, error_messages=messages
    )


async def put_back(
    conn: Conn,
    *,
    line: Line,
    ids: Sequence[UUID],
    at: datetime,
    maybe_taken: bool,
    error_code: str,
    error_message: str,
) -> None:
    """Let these wait. Unless this call may have taken them, or another one, the destination knows none."""
    await event_conversion.put_back.run(
        conn,
        project_id=line.project_id,
        ids=ids,
        at=at,
        maybe_taken=maybe_taken,
        error_code=error_code,
        error_message=error_message,
    )


async def cancel(conn: Conn, *, line: Line, error_code: str, error_message: str) -> Counter[Ended]:
    """End a batch of what waits in a line; how many with each end."""
    rows = await event_conversion.cancel_line.all(
        conn, **line._asdict(), error_code=error_code, error_message=error_message, limit=ROWS
    )
    return Counter(row["state"] for row in rows)


def prune(*, keep_days: int) -> Callable[[Conn], Awaitable[int]]:
    """The verb that deletes a batch of those that are older; how many."""

    async def delete(conn: Conn) -> int:
        return await event_conversion.prune_conversions.run(conn, keep_s=keep_days * 86_400.0, limit=ROWS)

    return delete
