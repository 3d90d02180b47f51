"""Send one post to its platform, once (docs/explain/publishing.md).

Each phase is a fenced step before the next call; what a call that failed proves decides how it goes on. An
attempt that finds the post marked `sending` follows one that died there, and does as if it had met
`OutcomeUnknown`.
"""

import asyncio
from datetime import datetime
from functools import partial

import msgspec

from domain.media import tickets
from domain.publishing import failures, sending
from domain.publishing.failures import CONFIRM
from jobs.outcomes import Canceled, NotDone, Outcome
from schemas.errors import Conflict, NotSent, OutcomeUnknown, Outdated, PlatformError, Rejected, Unavailable
from telemetry import metrics
from workers.platforms.attempt import Trip, tell
from workers.platforms.contract import (
    Absent,
    Drafted,
    GivenUp,
    Inquiry,
    Live,
    Prepared,
    Sent,
    Taken,
    Undecided,
)
from workers.platforms.registry import Platforms, open_platforms
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

#: The irreversible call may take so long, and this part of the time in which no other attempt begins; its
#: adapter is given this part of that, and so says first what it knows.
SEND_S, SHARE = 30.0, 0.8
#: Before the same bytes go out once more.
PAUSE_S = 1.0
#: A wait for a platform's work that is worth a slot; the shortest and the longest between two questions.
SHORT_S, LEAST_S, LONG_S = 3.0, 1.0, 60.0

LOST = OutcomeUnknown("ANSWER_LOST", "the worker died while the post was sent: it may be live")
UNREAD = NotSent("MEDIA_UNREADABLE", "the post's files can't be read from our storage: it is tried again")
DOUBT = OutcomeUnknown("ANSWER_LOST", "the platform's answer was lost")


async def open_task(resources: Resources) -> Task:
    return partial(publish_post, platforms=await open_platforms(resources))


async def publish_post(ctx: Context, *, platforms: Platforms) -> Outcome:
    work = await ctx.decide(partial(sending.begin, claim=ctx.job, keyring=platforms.keyring), locks=True)
    if isinstance(work, NotDone):
        return work
    heard = asyncio.get_running_loop().time()
    try:
        adapter = platforms.adapter(work.account, sandbox=work.sandbox)
    except Rejected as error:
        body = partial(failures.unseen, claim=ctx.job, error=error, generation=work.generation)
        return await ctx.decide(body, locks=True)
    trip = Trip(ctx, adapter, work.account, platforms.draft(work), work, platforms.keyring, heard)
    outcome = await go(trip)
    tell(trip, outcome)
    return outcome


async def go(trip: Trip) -> Outcome:
    """On from where the last attempt came to."""
    work = trip.work
    if work.handle is None or work.request is None or work.phase is None:
        return await prepare(trip, None)
    complete = work.phase != "preparing"
    prepared = Prepared(handle=work.handle, request=work.request, secret=work.secret, complete=complete)
    if not complete:
        return await prepare(trip, prepared if work.content_revision == work.revision else None)
    if work.sent_at is None or work.phase == "prepared":
        return await dispatch(trip, prepared, first=True)
    if work.phase == "sending" and work.settling:
        return await look(trip, prepared, work.sent_at, first=True)
    if work.phase == "sending":
        return await clear_up(trip, prepared, work.sent_at, LOST, first=True)
    return await confirm(trip, prepared, work.sent_at, wait_s=0)


async def prepare(trip: Trip, so_far: Prepared | None, *, first: bool = True) -> Outcome:
    """Step by step, each kept before the next: what dies in between goes on from the last one.

    The last one is kept with the mark.
    """
    while True:
        try:
            so_far = await trip.adapter.prepare(trip.account, trip.draft, so_far)
        except Unavailable:
            return await trip.not_sent(UNREAD)
        except PlatformError as error:
            return await trip.not_sent(error)
        made = so_far.handle, so_far.request, so_far.secret, so_far.tickets
        step = sending.Step(trip.keyring, trip.work.revision, *made)
        if so_far.complete:
            return await dispatch(trip, so_far, first=first, fresh=step)
        keep = partial(sending.keep, claim=trip.ctx.job, step=step, after_s=so_far.after_s)
        if rest := await trip.decide(keep):
            return rest


async def dispatch(
    trip: Trip, prepared: Prepared, *, first: bool, fresh: sending.Step | None = None
) -> Outcome:
    """Mark it, then make the call. In a project that was archived meanwhile nothing goes out (I7).

    `fresh` is what was just prepared, which isn't kept yet.
    """
    mark = partial(sending.mark, claim=trip.ctx.job, fresh=fresh)
    try:
        marked = await trip.decide(mark, project=True)
    except Conflict:
        return Canceled()
    if isinstance(marked, NotDone):
        return marked
    if trip.work.sent_at is None:
        metrics.POST_LATE.labels(trip.account.platform).observe((marked - trip.work.moment).total_seconds())
    return await call(trip, prepared, marked, first=first)


async def call(
    trip: Trip, prepared: Prepared, sent_at: datetime, *, first: bool, doubt: bool = False
) -> Outcome:
    """The irreversible one. `first`: nothing was cleared up in this attempt yet.

    `doubt`: what became of an earlier call is unknown. What this one is refused proves nothing about that.
    """
    try:
        sent = await send(trip, prepared)
    except OutcomeUnknown as error:
        return await clear_up(trip, prepared, sent_at, error, first=first, pause_s=PAUSE_S)
    except PlatformError as error:
        if not doubt:
            return await trip.not_sent(error)
        if isinstance(error, Rejected | Outdated):
            return await look(trip, prepared, sent_at, error, first=False)
        return await trip.unseen(error)
    return await proceed(trip, prepared, sent_at, sent)


async def proceed(trip: Trip, prepared: Prepared, sent_at: datetime, sent: Sent) -> Outcome:
    """On from what the platform says."""
    if isinstance(sent, Taken):
        return await accept(trip, prepared, sent_at, sent)
    return await finish(trip, sent)


async def send(trip: Trip, prepared: Prepared) -> Sent:
    """Given up before any other attempt of this job could begin, whatever the adapter does."""
    limit_s = min(SEND_S, SHARE * trip.ctx.time_left())
    if limit_s <= 0:
        raise NotSent("NO_TIME", "the worker had no time left for the call")
    with metrics.POST_SEND.labels(trip.account.platform).time():
        try:
            async with asyncio.timeout(limit_s):
                return await trip.adapter.send(trip.account, prepared, trip.draft, timeout_s=SHARE * limit_s)
        except TimeoutError as error:
            raise OutcomeUnknown(
                "ANSWER_LOST", "the platform did not answer in time: the post may be live"
            ) from error


async def clear_up(
    trip: Trip,
    prepared: Prepared,
    sent_at: datetime,
    error: OutcomeUnknown,
    *,
    first: bool,
    pause_s: float = 0,
) -> Outcome:
    """An answer is lost: the same bytes again where that can't make a second post, else a look."""
    if not trip.adapter.repeatable(trip.account, Inquiry(prepared, sent_at, trip.now())):
        return await look(trip, prepared, sent_at, error, first=first)
    if not first:
        return await trip.unseen(error)
    await asyncio.sleep(pause_s)
    try:
        marked = await trip.decide(partial(sending.again, claim=trip.ctx.job), project=True)
    except Conflict:
        marked = None
    if isinstance(marked, NotDone):
        return marked
    if marked is None:
        return await look(trip, prepared, sent_at, error, first=first)
    return await call(trip, prepared, marked, first=False, doubt=True)


async def look(
    trip: Trip, prepared: Prepared, sent_at: datetime, why: PlatformError = DOUBT, *, first: bool
) -> Outcome:
    """Only what is proved absent is sent anew; the second time in an attempt it is too much of a riddle.

    `why` there is a doubt.
    """
    org, post_id = trip.ctx.job.organization_id, trip.work.post_id
    fetched = await trip.ctx.step(partial(tickets.close, organization_id=org, post_id=post_id))
    try:
        found = await trip.adapter.reconcile(trip.account, Inquiry(prepared, sent_at, trip.now(), fetched))
    except PlatformError as error:
        return await trip.unseen(error)
    if isinstance(found, Undecided):
        return await settle(trip, found, spent=not first)
    if isinstance(found, GivenUp):
        return await trip.not_sent(found.why)
    if not isinstance(found, Absent):
        return await proceed(trip, prepared, sent_at, found)
    return await anew(trip, prepared, why, first=first, outdated=fetched is not None)


async def anew(trip: Trip, prepared: Prepared, why: PlatformError, *, first: bool, outdated: bool) -> Outcome:
    """`outdated`: what was prepared had addresses that lead nowhere by now."""
    kind = Outdated if outdated else NotSent
    absent = kind("NOT_TAKEN", f"{why.message}; it was looked for and is not there: it is sent again")
    if not first:
        return await trip.not_sent(absent)
    try:
        put_back = partial(failures.absent, claim=trip.ctx.job, outdated=outdated)
        rest = await trip.decide(put_back, project=True)
    except Conflict:
        return await trip.not_sent(absent)
    if rest:
        return rest
    return await (prepare(trip, None, first=False) if outdated else dispatch(trip, prepared, first=False))


async def settle(trip: Trip, found: Undecided, *, spent: bool) -> Outcome:
    """What time will decide is looked for again then, still `sending`; the rest is for others to find out."""
    if found.after_s is None:
        return await trip.unknown()
    wait = partial(failures.settling, claim=trip.ctx.job, after_s=found.after_s, spent=spent)
    return await trip.decide(wait)


async def accept(trip: Trip, prepared: Prepared, sent_at: datetime, taken: Taken) -> Outcome:
    """From here on it is only asked about, never sent again."""
    rest = await trip.decide(partial(sending.accept, claim=trip.ctx.job, handle=taken.handle))
    prepared = msgspec.structs.replace(prepared, handle=taken.handle)
    return rest or await confirm(trip, prepared, sent_at, wait_s=taken.after_s)


async def confirm(trip: Trip, prepared: Prepared, sent_at: datetime, *, wait_s: float) -> Outcome:
    """Ask after `wait_s`; a longer wait gives the slot back."""
    if wait_s > SHORT_S or wait_s > trip.ctx.time_left() / 2:
        later = partial(sending.ask_later, claim=trip.ctx.job, after_s=wait_s)
        return await trip.decide(later)
    await asyncio.sleep(wait_s)
    try:
        sent = await trip.adapter.poll(trip.account, Inquiry(prepared, sent_at, trip.now()))
    except (Rejected, Outdated) as error:
        return await trip.not_sent(error)
    except PlatformError as error:
        return await trip.unseen(error)
    if not isinstance(sent, Taken):
        return await finish(trip, sent)
    age = trip.now() - sent_at
    if age >= CONFIRM:
        return await trip.unknown()
    after_s = min(max(sent.after_s, age.total_seconds() / 4, LEAST_S), LONG_S)
    return await accept(trip, prepared, sent_at, msgspec.structs.replace(sent, after_s=after_s))


async def finish(trip: Trip, end: Live | Drafted) -> Outcome:
    claim = trip.ctx.job
    if isinstance(end, Drafted):
        return await trip.decide(partial(sending.leave_in_inbox, claim=claim))
    named = msgspec.structs.asdict(end)
    try:
        return await trip.decide(partial(sending.publish, claim=claim, **named))
    except OutcomeUnknown:
        return await trip.unknown()
