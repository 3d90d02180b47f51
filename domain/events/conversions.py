"""Conversions: an outbox with one line (queue) for each app and destination.

A row is written with its event. It is pending until it reaches a final state.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import event_conversion
from schemas.conversions import ConversionDestination, ConversionEndState

#: Rows of one call, lines of one search, and rows of one cleanup.
MAX_CONVERSIONS_PER_CALL, MAX_QUEUES_PER_CONVERSION_SEARCH, MAX_CONVERSIONS_PER_CLEANUP = 1_000, 200, 1_000

#: Seconds that the first row of a line waits for more rows: a steady flow is sent in batches, one job each.
CONVERSION_BATCH_WAIT_S = 5.0


class AppConversionQueue(NamedTuple):
    """Conversions of one app to one destination, sent one call after the other."""

    project_id: UUID
    app_no: int
    destination: ConversionDestination


#: Start of the search, before every line.
CONVERSION_QUEUE_SEARCH_START = AppConversionQueue(UUID(int=0), 0, "meta")


class _ConversionQueueSearchRow(NamedTuple):
    project_id: UUID
    app_no: int
    destination: ConversionDestination
    due: bool


class DueConversion(NamedTuple):
    """Due conversion with its event. `context` is None if the event was deleted."""

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


class SettledConversion(NamedTuple):
    """Final state of a conversion, with its error or the fields that were left out."""

    id: UUID
    state: ConversionEndState
    error_code: str | None = None
    error_message: str | None = None


FIND_DUE_CONVERSION_QUEUES = event_conversion.find_due.typed(_ConversionQueueSearchRow)
LIST_DUE_CONVERSIONS = event_conversion.list_due.typed(DueConversion)


async def find_due_conversion_queues(
    conn: Conn, *, after: AppConversionQueue
) -> tuple[list[AppConversionQueue], AppConversionQueue]:
    """Search a maximum of conversion lines after `after`; return those with a due row, and the next `after`.

    A row is due `CONVERSION_BATCH_WAIT_S` after its own time. After the last line the search starts over.
    """
    rows = await FIND_DUE_CONVERSION_QUEUES.all(
        conn, **after._asdict(), limit=MAX_QUEUES_PER_CONVERSION_SEARCH, gather_s=CONVERSION_BATCH_WAIT_S
    )
    last = (
        AppConversionQueue(*rows[-1][:3])
        if len(rows) == MAX_QUEUES_PER_CONVERSION_SEARCH
        else CONVERSION_QUEUE_SEARCH_START
    )
    return [AppConversionQueue(*row[:3]) for row in rows if row.due], last


async def list_due_conversions(conn: Conn, *, line: AppConversionQueue) -> list[DueConversion]:
    """Return a line's due conversions with events for one call, the longest waiting first."""
    return await LIST_DUE_CONVERSIONS.all(conn, **line._asdict(), limit=MAX_CONVERSIONS_PER_CALL)


async def begin_conversion_attempts(conn: Conn, *, line: AppConversionQueue, ids: Sequence[UUID], at: datetime) -> None:
    """Record, before a call, that the destination may have received these conversions.

    `at` is the time of the call, which identifies it.
    """
    await event_conversion.begin_attempts.run(conn, project_id=line.project_id, ids=ids, at=at)


async def undo_conversion_attempts(conn: Conn, *, line: AppConversionQueue, ids: Sequence[UUID], at: datetime) -> None:
    """Undo the record of conversions' attempts: the call that began `at` wasn't made."""
    await event_conversion.undo_attempts.run(conn, project_id=line.project_id, ids=ids, at=at)


async def settle_conversions(conn: Conn, *, line: AppConversionQueue, ends: Sequence[SettledConversion]) -> None:
    """Store the final states of conversions; rows with a final state keep it."""
    ids, states, codes, messages = zip(*ends, strict=True)
    await event_conversion.settle.run(
        conn, project_id=line.project_id, ids=ids, states=states, error_codes=codes, error_messages=messages
    )


async def requeue_conversions_after_failed_call(
    conn: Conn,
    *,
    line: AppConversionQueue,
    ids: Sequence[UUID],
    at: datetime,
    maybe_taken: bool,
    error_code: str,
    error_message: str,
) -> None:
    """Put a line's conversions back in the queue, with an error, after the call that began `at`.

    Clears their first try's time if it was this call, unless the destination may have got it (`maybe_taken`).
    """
    await event_conversion.requeue.run(
        conn,
        project_id=line.project_id,
        ids=ids,
        at=at,
        maybe_taken=maybe_taken,
        error_code=error_code,
        error_message=error_message,
    )


async def cancel_pending_conversions_of_queue(
    conn: Conn, *, line: AppConversionQueue, error_code: str, error_message: str
) -> Counter[ConversionEndState]:
    """End a batch of a line's pending conversions: `canceled`, or `outcome_unknown` if tried; count them by state."""
    rows = await event_conversion.cancel_line.all(
        conn, **line._asdict(), error_code=error_code, error_message=error_message, limit=MAX_CONVERSIONS_PER_CLEANUP
    )
    return Counter(row["state"] for row in rows)


async def prune_conversions(conn: Conn, *, keep_days: int) -> int:
    """Delete a batch of conversions older than `keep_days` and return their number."""
    return await event_conversion.prune_conversions.run(
        conn, keep_s=keep_days * 86_400.0, limit=MAX_CONVERSIONS_PER_CLEANUP
    )
