"""Conversions of one app for Meta or TikTok, a call at a time.

The conversions of a call are marked in the outbox before it: from then on the destination may have them. A
job that dies after that leaves them pending, and they are sent again with the same ids. The destination
deduplicates by id for 48 hours. After 47 hours nothing is sent again.
"""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from db.pool import OpenConnection
from domain.events import conversion_lines
from domain.events.conversion_lines import ConversionDestinationCloseReason, OpenConversionDestination
from domain.events.conversions import MAX_CONVERSIONS_PER_CALL, SettledConversion
from domain.security.keyring import Keyring
from jobs.outcomes import Done, Snooze, TaskOutcome
from workers.conversions import calls
from workers.conversions.calls import ConversionDestinationAdapter
from workers.conversions.due_split import ReadyConversion, build_delivered_settlement, split_sendable_conversions
from workers.conversions.outbox import (
    CONVERSION_OUTBOX_STATEMENT_TIMEOUT_S,
    ConversionOutbox,
    ConversionOutboxUnavailableError,
    open_conversion_outbox,
)
from workers.conversions.verdict import ConversionCallVerdict, ConversionVerdictKind, build_all_events_refused_verdict
from workers.platforms.connecting import OutgoingNetwork, open_outgoing_network
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask

#: Time slice in seconds: a large app's line then yields its slot to others.
CONVERSION_RELAY_TIME_SLICE_S = 60.0
#: Seconds until a retry while the event store is away.
RELAY_EVENT_STORE_AWAY_SNOOZE_S = 5.0
#: Single conversions refused with the same error before any is accepted: then the cause is not theirs.
MAX_SAME_ERROR_REFUSED_CONVERSIONS = 10


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    return partial(
        relay_conversions,
        net=await resources.open_resource(open_outgoing_network),
        keyring=resources.keyring,
        event_store=resources.build_event_store_opener(name="relay", patience_s=CONVERSION_OUTBOX_STATEMENT_TIMEOUT_S),
    )


async def relay_conversions(
    ctx: TaskContext, *, net: OutgoingNetwork, keyring: Keyring, event_store: OpenConnection
) -> TaskOutcome:
    """Send an app's due conversions to Meta or TikTok for one time slice; return the job's outcome.

    Another job follows at once for the rest. A snooze while the event store is away.
    """
    line = conversion_lines.conversion_queue_of_job_claim(ctx.job)
    server = calls.build_conversion_destination_adapters(net.settings)[line.destination]
    late_at = asyncio.get_running_loop().time() + CONVERSION_RELAY_TIME_SLICE_S
    try:
        async with open_conversion_outbox(event_store, line) as outbox:
            relay = ConversionRelay(ctx, net, keyring, server, outbox)
            while await relay.send_next_conversion_batch() and asyncio.get_running_loop().time() < late_at:
                pass
    except ConversionOutboxUnavailableError:
        return Snooze(RELAY_EVENT_STORE_AWAY_SNOOZE_S)
    return Done()


class ConversionsMarkedForCall(NamedTuple):
    """A call: its conversions, its destination, and the time of the mark."""

    part: list[ReadyConversion]
    to: OpenConversionDestination
    at: datetime

    @property
    def conversion_ids(self) -> list[UUID]:
        return [conversion.id for conversion in self.part]


class ConversionRelay:
    """One attempt of the job. `_parts` are ready conversions, the last part for the next call, and `_refused`
    counts single refused ones by error."""

    def __init__(
        self,
        ctx: TaskContext,
        net: OutgoingNetwork,
        keyring: Keyring,
        server: ConversionDestinationAdapter,
        outbox: ConversionOutbox,
    ) -> None:
        self._ctx, self._net, self._keyring = ctx, net, keyring
        self._server, self._outbox = server, outbox
        self._parts: list[list[ReadyConversion]] = []
        self._more = True
        self._refused, self._taken = Counter[str](), False

    async def send_next_conversion_batch(self) -> bool:
        """Send the next batch of an app's conversions in one call at most; return False when no more can be sent now.

        If the destination is disabled or deleted, cancel a batch of its pending conversions instead.
        """
        opened = await self._read_open_or_closed_destination()
        if isinstance(opened, ConversionDestinationCloseReason):
            return await self._outbox.cancel_pending_conversions_of_queue(code=opened.code, message=opened.message) > 0
        if not self._parts and not (self._more and await self._queue_due_conversions_if_any(opened)):
            return False
        return await self._send_batch_and_check_may_continue(self._parts.pop()) if self._parts else True

    async def _read_open_or_closed_destination(self) -> OpenConversionDestination | ConversionDestinationCloseReason:
        return await self._ctx.step(
            partial(conversion_lines.read_conversion_destination_of_job, claim=self._ctx.job, keyring=self._keyring)
        )

    async def _queue_due_conversions_if_any(self, to: OpenConversionDestination) -> bool:
        """Read the due conversions from the outbox, and queue those to send for the next call.

        Settle those that can't be sent. Return False if none is due.
        """
        due = await self._outbox.read_due_conversions()
        self._more = len(due) == MAX_CONVERSIONS_PER_CALL
        # About a millisecond of CPU each: other jobs use the event loop.
        batch, ends = await asyncio.to_thread(
            split_sendable_conversions, due, self._server.make, to, now=datetime.now(UTC)
        )
        await self._outbox.settle_conversions(ends)
        if batch:
            self._parts.append(batch)
        return bool(due)

    async def _send_batch_and_check_may_continue(self, part: list[ReadyConversion]) -> bool:
        """Send a batch of conversions to Meta or TikTok in one call, and store the result.

        Return False if the destination needs a pause. If the destination was closed meanwhile, make no call.
        """
        ids = [conversion.id for conversion in part]
        async with self._ctx.hold_server_slot(self._server.base):
            at = await self._outbox.mark_maybe_sent_and_return_mark_time(ids)
            # Check again, since the wait for the server's slot may have been long.
            to = await self._read_open_or_closed_destination()
            if isinstance(to, ConversionDestinationCloseReason):
                await self._outbox.unmark_conversions_of_unmade_call(ids, at=at)
                return True
            verdict = await calls.send_conversion_batch(self._net, self._server, to, part)
        return await self._store_result_and_check_may_continue(ConversionsMarkedForCall(part, to, at), verdict)

    async def _store_result_and_check_may_continue(
        self, tried: ConversionsMarkedForCall, verdict: ConversionCallVerdict
    ) -> bool:
        """Store the result of a call that sent conversions; return False if Meta or TikTok needs a pause."""
        if verdict.word == ConversionVerdictKind.ACCEPTED:
            self._taken = True
            await self._outbox.settle_conversions([build_delivered_settlement(conversion) for conversion in tried.part])
            await self._ctx.step(partial(conversion_lines.note_conversion_destination_success, claim=self._ctx.job))
            return True
        if verdict.word == ConversionVerdictKind.BAD:
            return await self._split_refused_and_check_may_continue(tried, verdict)
        return await self._pause_destination(tried, verdict)

    async def _pause_destination(self, tried: ConversionsMarkedForCall, verdict: ConversionCallVerdict) -> bool:
        await self._outbox.requeue_conversions_of_failed_call(tried.conversion_ids, verdict, at=tried.at)
        note = partial(conversion_lines.note_conversion_destination_failure, to=tried.to, message=verdict.message)
        await self._ctx.step(partial(note, claim=self._ctx.job, after_s=verdict.after_s))
        return False

    async def _split_refused_and_check_may_continue(
        self, tried: ConversionsMarkedForCall, verdict: ConversionCallVerdict
    ) -> bool:
        """Split a batch of conversions that Meta or TikTok refused into halves for the next calls.

        A batch of one conversion fails instead. After `MAX_SAME_ERROR_REFUSED_CONVERSIONS` such failures with the same
        error and no success, the destination pauses. Return False for such a pause.
        """
        part = tried.part
        if len(part) > 1:
            await self._outbox.requeue_conversions_of_failed_call(tried.conversion_ids, verdict, at=tried.at)
            half = len(part) // 2
            self._parts += [part[half:], part[:half]]
            return True
        if not self._taken and self._refused[verdict.message] >= MAX_SAME_ERROR_REFUSED_CONVERSIONS:
            return await self._pause_destination(tried, build_all_events_refused_verdict(verdict))
        self._refused[verdict.message] += 1
        await self._outbox.settle_conversions([SettledConversion(part[0].id, "failed", verdict.code, verdict.message)])
        note = partial(conversion_lines.note_conversion_destination_refusal, message=verdict.message)
        await self._ctx.step(partial(note, claim=self._ctx.job))
        return True
