"""Outbox of one line, in the event store: due conversions and their outcomes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from db.pool import Conn
from db.reach import raise_if_postgres_away
from domain.events import conversions
from domain.events.conversions import ConversionLine, DueConversion, SettledConversion
from schemas.errors import ServiceUnavailable
from telemetry import metrics
from workers.conversions.verdict import ConversionVerdict, ConversionVerdictKind
from workers.resources import OpenConnection

T = TypeVar("T")

#: Seconds that a statement may take while the event store is silent.
OUTBOX_STATEMENT_TIMEOUT_S = 30.0


class OutboxUnavailableError(Exception):
    """The event store can't be reached. The main database may still be available."""


@asynccontextmanager
async def open_conversion_outbox(
    event_store: OpenConnection, line: ConversionLine
) -> AsyncIterator["ConversionOutbox"]:
    """Open the outbox of an app's conversions to Meta or TikTok, on its own connection to the event store.

    Yield the outbox. Raise `OutboxUnavailableError` if the event store can't be reached.
    """
    async with AsyncExitStack() as stack:
        try:
            with raise_if_postgres_away():
                conn = await stack.enter_async_context(event_store())
        except ServiceUnavailable as error:
            raise OutboxUnavailableError from error
        yield ConversionOutbox(conn, line)


class ConversionOutbox:
    """The outbox of a line. Each call is one statement and repeatable. Raises `OutboxUnavailableError`."""

    def __init__(self, conn: Conn, line: ConversionLine) -> None:
        self._conn, self._line = conn, line

    async def due(self) -> list[DueConversion]:
        return await self._run(conversions.list_due_conversions)

    async def mark_before_call(self, ids: Sequence[UUID]) -> datetime:
        """Mark conversions in the outbox before a call, since Meta or TikTok may have them from then on.

        Return the mark's time. It identifies the call for `requeue_after_call` and `remove_marks`.
        """
        at = datetime.now(UTC)
        await self._run(partial(conversions.begin_conversion_attempts, ids=ids, at=at))
        return at

    async def remove_marks(self, ids: Sequence[UUID], *, at: datetime) -> None:
        """Remove the marks of conversions that were set at the time `at`, since their call was not made."""
        await self._run(partial(conversions.undo_conversion_attempts, ids=ids, at=at))

    async def settle_conversions(self, ends: Sequence[SettledConversion]) -> None:
        if not ends:
            return
        await self._run(partial(conversions.settle_conversions, ends=ends))
        for end in ends:
            metrics.CONVERSION_OUTCOME_COUNTER.labels(self._line.destination, end.state).inc()

    async def requeue_after_call(self, ids: Sequence[UUID], verdict: ConversionVerdict, *, at: datetime) -> None:
        await self._run(
            partial(
                conversions.requeue_conversions,
                ids=ids,
                at=at,
                maybe_taken=verdict.word == ConversionVerdictKind.UNCLEAR,
                error_code=verdict.code,
                error_message=verdict.message,
            )
        )
        metrics.CONVERSION_OUTCOME_COUNTER.labels(self._line.destination, "waiting").inc(len(ids))

    async def cancel(self, *, code: str, message: str) -> int:
        ended = await self._run(partial(conversions.cancel_conversion_line, error_code=code, error_message=message))
        for state, count in ended.items():
            metrics.CONVERSION_OUTCOME_COUNTER.labels(self._line.destination, state).inc(count)
        return ended.total()

    async def _run(self, verb: Callable[..., Awaitable[T]]) -> T:
        try:
            with raise_if_postgres_away():
                return await verb(self._conn, line=self._line)
        except ServiceUnavailable as error:
            raise OutboxUnavailableError from error
