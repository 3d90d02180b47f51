"""Conversions of one app on their way to Meta or TikTok, a call at a time.

Before a call its conversions are marked in the outbox: from then on the destination may have them. Whoever
dies after that leaves them pending, and they are sent again with the same ids, by which it knows them for
48 hours. After 47 nothing is sent again.
"""

import asyncio
from datetime import UTC, datetime
from functools import partial

from db.pool import connected
from domain.events import conversion_lines
from domain.events.conversion_lines import Closed, OpenDestination
from domain.events.conversions import End
from domain.security.keyring import Keyring
from jobs.outcomes import Done, Outcome, Snooze
from workers.conversions import calls
from workers.conversions.calls import Server
from workers.conversions.outbox import PATIENCE_S, EventStore, Outbox, OutboxAwayError, open_outbox
from workers.conversions.sorting import Ready, sort
from workers.conversions.verdict import Verdict, Word
from workers.platforms.connecting import Net, open_net
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

#: How long an attempt begins calls: the line of a large app gives its slot to others.
SPELL_S = 60.0
#: Until the next try where the event store is away.
AWAY_S = 5.0


async def open_task(resources: Resources) -> Task:
    url = resources.settings.event_store_url
    return partial(
        relay_conversions,
        net=await resources.once(open_net),
        keyring=resources.keyring,
        event_store=partial(connected, url, name="relay", command_timeout=PATIENCE_S),
    )


async def relay_conversions(ctx: Context, *, net: Net, keyring: Keyring, event_store: EventStore) -> Outcome:
    """One spell of calls. For what is left after it there is another job at once."""
    line = conversion_lines.line_of(ctx.job)
    server = calls.servers(net.settings)[line.destination]
    late_at = asyncio.get_running_loop().time() + SPELL_S
    try:
        async with open_outbox(event_store, line) as outbox:
            relay = Relay(ctx, net, keyring, server, outbox)
            while await relay.go_on() and asyncio.get_running_loop().time() < late_at:
                pass
    except OutboxAwayError:
        return Snooze(AWAY_S)
    return Done()


class Relay:
    """One attempt. `_parts` are conversions that are ready, the last ones for the next call."""

    def __init__(self, ctx: Context, net: Net, keyring: Keyring, server: Server, outbox: Outbox) -> None:
        self._ctx, self._net, self._keyring = ctx, net, keyring
        self._server, self._outbox = server, outbox
        self._parts: list[list[Ready]] = []

    async def go_on(self) -> bool:
        """One call at most; False when nothing is left that can be done now."""
        opened = await self._ctx.step(
            partial(conversion_lines.open_destination, claim=self._ctx.job, keyring=self._keyring)
        )
        if isinstance(opened, Closed):
            return await self._outbox.cancel(code=opened.code, message=opened.message) > 0
        if not self._parts and not await self._take(opened):
            return False
        if not self._parts:
            return True
        part = self._parts.pop()
        return await self._settle(part, await self._call(opened, part))

    async def _take(self, to: OpenDestination) -> bool:
        """Look what is due, and end what can't be sent; False if nothing is."""
        due = await self._outbox.due()
        ready, ends = sort(due, self._server.make, to, now=datetime.now(UTC))
        await self._outbox.settle(ends)
        if ready:
            self._parts.append(ready)
        return bool(due)

    async def _call(self, to: OpenDestination, part: list[Ready]) -> Verdict:
        async with self._ctx.at(self._server.base):
            await self._outbox.begin([one.id for one in part])
            return await calls.call(self._net, self._server, to, part)

    async def _settle(self, part: list[Ready], verdict: Verdict) -> bool:
        """Write down what a call came to; False if the destination is to be left alone."""
        ids = [one.id for one in part]
        if verdict.word == Word.TAKEN:
            await self._outbox.settle([End(one, "delivered") for one in ids])
            await self._ctx.step(partial(conversion_lines.note_forward, claim=self._ctx.job))
            return True
        if verdict.word == Word.BAD:
            await self._find_bad(part, verdict)
            return True
        await self._outbox.put_back(ids, verdict)
        note = partial(conversion_lines.note_failure, message=verdict.message, after_s=verdict.after_s)
        await self._ctx.step(partial(note, claim=self._ctx.job))
        return False

    async def _find_bad(self, part: list[Ready], verdict: Verdict) -> None:
        """Of several, ask for each half; one by itself is the bad one."""
        ids = [one.id for one in part]
        if len(part) > 1:
            await self._outbox.put_back(ids, verdict)
            half = len(part) // 2
            self._parts += [part[half:], part[:half]]
            return
        await self._outbox.settle([End(ids[0], "failed", verdict.code, verdict.message)])
        note = partial(conversion_lines.note_refusal, message=verdict.message)
        await self._ctx.step(partial(note, claim=self._ctx.job))
