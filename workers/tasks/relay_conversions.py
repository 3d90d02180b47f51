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

from db.pool import connected
from domain.events import conversion_lines
from domain.events.conversion_lines import ClosedDestination, OpenDestination
from domain.events.conversions import CALL_ROWS, SettledConversion
from domain.security.keyring import Keyring
from jobs.outcomes import Done, Outcome, Snooze
from workers.conversions import calls
from workers.conversions.calls import DestinationApi
from workers.conversions.due_split import ReadyConversion, delivered_end, split_due
from workers.conversions.outbox import PATIENCE_S, ConversionOutbox, EventStore, OutboxAwayError, open_outbox
from workers.conversions.verdict import Verdict, VerdictKind, all_refused
from workers.platforms.connecting import OutgoingNetwork, open_network
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

#: Time slice in seconds: a large app's line then yields its slot to others.
TIME_SLICE_S = 60.0
#: Seconds until a retry while the event store is away.
STORE_SNOOZE_S = 5.0
#: Single conversions refused with the same error before any is accepted: then the cause is not theirs.
MAX_REFUSED = 10


async def open_task(resources: Resources) -> Task:
    url = resources.settings.event_store_url
    return partial(
        relay_conversions,
        net=await resources.open_once(open_network),
        keyring=resources.keyring,
        event_store=partial(connected, url, name="relay", command_timeout=PATIENCE_S),
    )


async def relay_conversions(
    ctx: Context, *, net: OutgoingNetwork, keyring: Keyring, event_store: EventStore
) -> Outcome:
    """Run one time slice of calls. Another job follows at once for the rest."""
    line = conversion_lines.line_of(ctx.job)
    server = calls.destination_apis(net.settings)[line.destination]
    late_at = asyncio.get_running_loop().time() + TIME_SLICE_S
    try:
        async with open_outbox(event_store, line) as outbox:
            relay = ConversionRelay(ctx, net, keyring, server, outbox)
            while await relay.go_on() and asyncio.get_running_loop().time() < late_at:
                pass
    except OutboxAwayError:
        return Snooze(STORE_SNOOZE_S)
    return Done()


class ConversionCall(NamedTuple):
    """A call: its conversions, its destination, and the time of the mark."""

    part: list[ReadyConversion]
    to: OpenDestination
    at: datetime

    @property
    def ids(self) -> list[UUID]:
        return [conversion.id for conversion in self.part]


class ConversionRelay:
    """One attempt of the job. `_parts` are ready conversions, the last part for the next call, and `_refused`
    counts single refused ones by error."""

    def __init__(
        self,
        ctx: Context,
        net: OutgoingNetwork,
        keyring: Keyring,
        server: DestinationApi,
        outbox: ConversionOutbox,
    ) -> None:
        self._ctx, self._net, self._keyring = ctx, net, keyring
        self._server, self._outbox = server, outbox
        self._parts: list[list[ReadyConversion]] = []
        self._more = True
        self._refused, self._taken = Counter[str](), False

    async def go_on(self) -> bool:
        """Make one call at most; return False when no more can be done now."""
        opened = await self._open()
        if isinstance(opened, ClosedDestination):
            return await self._outbox.cancel(code=opened.code, message=opened.message) > 0
        if not self._parts and not (self._more and await self._take(opened)):
            return False
        return await self._try(self._parts.pop()) if self._parts else True

    async def _open(self) -> OpenDestination | ClosedDestination:
        return await self._ctx.step(
            partial(conversion_lines.open_destination, claim=self._ctx.job, keyring=self._keyring)
        )

    async def _take(self, to: OpenDestination) -> bool:
        """Take due conversions, and end those that can't be sent; return False if none is due."""
        due = await self._outbox.due()
        self._more = len(due) == CALL_ROWS
        # About a millisecond of CPU each: other jobs use the event loop.
        batch, ends = await asyncio.to_thread(split_due, due, self._server.make, to, now=datetime.now(UTC))
        await self._outbox.settle(ends)
        if batch:
            self._parts.append(batch)
        return bool(due)

    async def _try(self, part: list[ReadyConversion]) -> bool:
        """Make one call; return False if the destination needs a pause. A closed destination gets no call."""
        ids = [conversion.id for conversion in part]
        async with self._ctx.at(self._server.base):
            at = await self._outbox.begin(ids)
            # Check again, since the wait for the server's slot may have been long.
            to = await self._open()
            if isinstance(to, ClosedDestination):
                await self._outbox.take_back(ids, at=at)
                return True
            verdict = await calls.call_destination(self._net, self._server, to, part)
        return await self._settle(ConversionCall(part, to, at), verdict)

    async def _settle(self, tried: ConversionCall, verdict: Verdict) -> bool:
        """Store the result of a call; return False if the destination needs a pause."""
        if verdict.word == VerdictKind.ACCEPTED:
            self._taken = True
            await self._outbox.settle([delivered_end(conversion) for conversion in tried.part])
            await self._ctx.step(partial(conversion_lines.note_forward, claim=self._ctx.job))
            return True
        if verdict.word == VerdictKind.BAD:
            return await self._split_batch(tried, verdict)
        return await self._pause(tried, verdict)

    async def _pause(self, tried: ConversionCall, verdict: Verdict) -> bool:
        await self._outbox.put_back(tried.ids, verdict, at=tried.at)
        note = partial(conversion_lines.note_failure, to=tried.to, message=verdict.message)
        await self._ctx.step(partial(note, claim=self._ctx.job, after_s=verdict.after_s))
        return False

    async def _split_batch(self, tried: ConversionCall, verdict: Verdict) -> bool:
        """Split a refused batch into halves. A single one is the bad one, unless all single ones fail."""
        part = tried.part
        if len(part) > 1:
            await self._outbox.put_back(tried.ids, verdict, at=tried.at)
            half = len(part) // 2
            self._parts += [part[half:], part[:half]]
            return True
        if not self._taken and self._refused[verdict.message] >= MAX_REFUSED:
            return await self._pause(tried, all_refused(verdict))
        self._refused[verdict.message] += 1
        await self._outbox.settle([SettledConversion(part[0].id, "failed", verdict.code, verdict.message)])
        note = partial(conversion_lines.note_refusal, message=verdict.message)
        await self._ctx.step(partial(note, claim=self._ctx.job))
        return True
