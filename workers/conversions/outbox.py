"""Outbox of one line (an app's conversions to Meta or TikTok), in the event store: due conversions and outcomes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from db.pool import Conn, OpenConnection
from db.reach import convert_postgres_away_errors
from domain.events import conversions
from domain.events.conversions import AppConversionQueue, DueConversion, SettledConversion
from schemas.errors import ServiceUnavailable
from telemetry import metrics
from workers.conversions.verdict import ConversionCallVerdict, ConversionVerdictKind

T = TypeVar("T")

#: Seconds that a statement may take while the event store is silent.
CONVERSION_OUTBOX_STATEMENT_TIMEOUT_S = 30.0


class ConversionOutboxUnavailableError(Exception):
    """The event store can't be reached. The main database may still be available."""


@asynccontextmanager
async def open_conversion_outbox(
    event_store: OpenConnection, line: AppConversionQueue
) -> AsyncIterator["ConversionOutbox"]:
    """Open the outbox of an app's conversions to Meta or TikTok, on its own connection to the event store.

    Yield the outbox. Raise `ConversionOutboxUnavailableError` if the event store can't be reached.
    """
    async with AsyncExitStack() as stack:
        try:
            with convert_postgres_away_errors():
                conn = await stack.enter_async_context(event_store())
        except ServiceUnavailable as error:
            raise ConversionOutboxUnavailableError from error
        yield ConversionOutbox(conn, line)


class ConversionOutbox:
    """The outbox of a line. Each call is one statement and repeatable. Raises `ConversionOutboxUnavailableError`."""

    def __init__(self, conn: Conn, line: AppConversionQueue) -> None:
        self._conn, self._line = conn, line

    async def read_due_conversions(self) -> list[DueConversion]:
        return await self._run_outbox_statement(conversions.list_due_conversions)

    async def mark_maybe_sent_and_return_mark_time(self, ids: Sequence[UUID]) -> datetime:
        """Mark conversions in the outbox before a call, since Meta or TikTok may have them from then on.

        Return the mark's time, by which the methods that unmark or requeue conversions find the call.
        """
        at = datetime.now(UTC)
        await self._run_outbox_statement(partial(conversions.begin_conversion_attempts, ids=ids, at=at))
        return at

    async def unmark_conversions_of_unmade_call(self, ids: Sequence[UUID], *, at: datetime) -> None:
        """Remove the marks of conversions that were set at the time `at`, since their call was not made."""
        await self._run_outbox_statement(partial(conversions.undo_conversion_attempts, ids=ids, at=at))

    async def settle_conversions(self, ends: Sequence[SettledConversion]) -> None:
        if not ends:
            return
        await self._run_outbox_statement(partial(conversions.settle_conversions, ends=ends))
        for end in ends:
            metrics.CONVERSION_OUTCOME_COUNTER.labels(self._line.destination, end.state).inc()

    async def requeue_conversions_of_failed_call(
        self, ids: Sequence[UUID], verdict: ConversionCallVerdict, *, at: datetime
    ) -> None:
        await self._run_outbox_statement(
            partial(
                conversions.requeue_conversions_after_failed_call,
                ids=ids,
                at=at,
                maybe_taken=verdict.word == ConversionVerdictKind.UNCLEAR,
                error_code=verdict.code,
                error_message=verdict.message,
            )
        )
        metrics.CONVERSION_OUTCOME_COUNTER.labels(self._line.destination, "waiting").inc(len(ids))

    async def cancel_pending_conversions_of_queue(self, *, code: str, message: str) -> int:
        ended = await self._run_outbox_statement(
            partial(conversions.cancel_pending_conversions_of_queue, error_code=code, error_message=message)
        )
        for state, count in ended.items():
            metrics.CONVERSION_OUTCOME_COUNTER.labels(self._line.destination, state).inc(count)
        return ended.total()

    async def _run_outbox_statement(self, verb: Callable[..., Awaitable[T]]) -> T:
        try:
            with convert_postgres_away_errors():
                return await verb(self._conn, line=self._line)
        except ServiceUnavailable as error:
            raise ConversionOutboxUnavailableError from error
