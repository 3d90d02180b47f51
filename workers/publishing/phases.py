"""The phases of an attempt to publish a post, each a function to the next phase or the attempt's outcome.

A phase that changes state commits a fenced step before the next call. The kind of a failed call's error
decides the next phase. `workers.publishing.loop` has the table of them.
"""

import asyncio
from enum import StrEnum
from functools import partial
from typing import TypeAlias

import msgspec

from domain.media import tickets
from domain.publishing import failures, locked_post, sending
from jobs.outcomes import Canceled, NotDone, Outcome
from schemas.errors import (
    Conflict,
    OutcomeUnknown,
    PlatformError,
    PostNotSent,
    PostRejected,
    PreparationExpired,
    Unavailable,
)
from telemetry import metrics
from workers.platforms.contract import (
    AbsentPost,
    AcceptedPost,
    DroppedPost,
    InboxDraft,
    SendResult,
    UndecidedPost,
)
from workers.publishing.attempt import PublishAttempt

#: Longest timeout of the irreversible call, in seconds.
SEND_S = 30.0
#: Share of the time without a possible other attempt for the call. The adapter gets this share of the
#: call's timeout, so that it reports first.
TIMEOUT_SHARE = 0.8
#: Seconds before the same bytes are sent once more.
PAUSE_S = 1.0
#: Longest wait for the platform that keeps its slot, in seconds.
SHORT_S = 3.0
#: Seconds between two polls.
MIN_POLL_S = 1.0
MAX_POLL_S = 60.0

FILES_UNREADABLE = PostNotSent(
    "MEDIA_UNREADABLE", "the post's files can't be read from the storage: the job is repeated"
)
RESPONSE_LOST = OutcomeUnknown("ANSWER_LOST", "the platform's response was lost")
TIMED_OUT_MESSAGE = "the platform did not answer in time: the post may be live"


class Phase(StrEnum):
    """A part of an attempt. `loop.first_phase` selects the one for a post's column `phase`."""

    PREPARE = "prepare"
    MARK = "mark"
    SEND = "send"
    REPEAT = "repeat"
    LOOK = "look"
    RECORD = "record"
    CONFIRM = "confirm"


NextPhase: TypeAlias = Phase | Outcome


async def prepare(attempt: PublishAttempt) -> NextPhase:
    """Run one step of preparing, and store it before the next: a later attempt continues after it.

    The phase that marks the post stores the last step.
    """
    try:
        step = await attempt.adapter.prepare(attempt.outgoing.account, attempt.draft, attempt.previous_step)
    except Unavailable:
        return await attempt.not_sent(FILES_UNREADABLE)
    except PlatformError as error:
        return await attempt.not_sent(error)
    fields = step.handle, step.request, step.secret, step.tickets, step.traits
    unsaved = sending.PreparedStep(attempt.keyring, attempt.outgoing.revision, *fields)
    if step.complete:
        attempt.prepared, attempt.unsaved = step, unsaved
        return Phase.MARK
    attempt.previous_step = step
    keep = partial(sending.keep, claim=attempt.ctx.job, step=unsaved, after_s=step.after_s)
    return await attempt.decide(keep) or Phase.PREPARE


async def mark(attempt: PublishAttempt) -> NextPhase:
    """Mark the post: the call may be made from this commit on. A project archived meanwhile cancels it."""
    label = attempt.outgoing.ai_label
    body = partial(sending.mark, claim=attempt.ctx.job, ai_label=label, unsaved=attempt.unsaved)
    try:
        marked = await attempt.decide(body, project=True)
    except Conflict:
        return Canceled()
    if isinstance(marked, NotDone):
        return marked
    post = attempt.outgoing
    if post.sent_at is None:
        metrics.POST_LATE.labels(post.account.platform).observe((marked - post.moment).total_seconds())
    attempt.sent_at, attempt.unsaved = marked, None
    return Phase.SEND


async def send(attempt: PublishAttempt) -> NextPhase:
    """Make the irreversible call. A refused repeat proves nothing about the call before it."""
    try:
        attempt.answer, attempt.found = await call_adapter(attempt), False
    except OutcomeUnknown as error:
        attempt.unresolved_error, attempt.wait_s = error, PAUSE_S
        return Phase.REPEAT
    except PlatformError as error:
        if attempt.unresolved_error is None:
            return await attempt.not_sent(error)
        if not isinstance(error, PostRejected | PreparationExpired):
            return await attempt.unverified(error)
        attempt.unresolved_error = error
        return Phase.LOOK
    return Phase.RECORD


async def call_adapter(attempt: PublishAttempt) -> SendResult:
    """Call the adapter, with a timeout before any other attempt of this job could begin."""
    limit_s = min(SEND_S, TIMEOUT_SHARE * attempt.ctx.time_left())
    if limit_s <= 0:
        raise PostNotSent("NO_TIME", "the worker had too little time left for the call")
    account, timeout_s = attempt.outgoing.account, TIMEOUT_SHARE * limit_s
    with metrics.POST_SEND.labels(account.platform).time():
        try:
            async with asyncio.timeout(limit_s):
                return await attempt.adapter.send(
                    account, attempt.prepared, attempt.draft, timeout_s=timeout_s
                )
        except TimeoutError as error:
            raise OutcomeUnknown("ANSWER_LOST", TIMED_OUT_MESSAGE) from error


async def repeat(attempt: PublishAttempt) -> NextPhase:
    """Mark the same bytes again if they can't create a second post; otherwise reconcile."""
    if not attempt.adapter.repeatable(attempt.outgoing.account, attempt.inquiry()):
        return Phase.LOOK
    if attempt.resend_used:
        return await attempt.unverified(attempt.unresolved_error or RESPONSE_LOST)
    await asyncio.sleep(attempt.wait_s)
    try:
        marked = await attempt.decide(partial(sending.mark_again, claim=attempt.ctx.job), project=True)
    except Conflict:
        marked = None
    if isinstance(marked, NotDone):
        return marked
    if marked is None:
        return Phase.LOOK
    attempt.sent_at, attempt.resend_used = marked, True
    return Phase.SEND


async def reconcile(attempt: PublishAttempt) -> NextPhase:
    """Close the tickets and query the platform for the post. Only a post proved absent is sent again."""
    org, post_id = attempt.ctx.job.organization_id, attempt.outgoing.post_id
    fetched = await attempt.ctx.step(
        partial(tickets.close_post_tickets, organization_id=org, post_id=post_id)
    )
    try:
        result = await attempt.adapter.reconcile(attempt.outgoing.account, attempt.inquiry(fetched))
    except PlatformError as error:
        return await attempt.unverified(error)
    match result:
        case UndecidedPost():
            return await await_verdict(attempt, result)
        case DroppedPost():
            return await attempt.not_sent(result.why)
        case AbsentPost():
            return await send_again(attempt, outdated=fetched is not None)
    attempt.answer, attempt.found = result, True
    return Phase.RECORD


async def await_verdict(attempt: PublishAttempt, undecided: UndecidedPost) -> Outcome:
    """Wait, with the post still `sending`, and reconcile again if time alone will resolve it.

    If not, the job ends `OUTCOME_UNKNOWN`, and reconciliation goes on.
    """
    if undecided.after_s is None:
        return await attempt.unknown()
    claim, spent = attempt.ctx.job, attempt.resend_used
    return await attempt.decide(
        partial(failures.await_verdict, claim=claim, after_s=undecided.after_s, spent=spent)
    )


async def send_again(attempt: PublishAttempt, *, outdated: bool) -> NextPhase:
    """Send again, once in an attempt. `outdated`: the prepared addresses are dead by now."""
    kind, cause = PreparationExpired if outdated else PostNotSent, attempt.unresolved_error or RESPONSE_LOST
    absent = kind("NOT_TAKEN", f"{cause.message}; the post was not found there and is sent again")
    if attempt.resend_used:
        return await attempt.not_sent(absent)
    body = partial(failures.proved_absent, claim=attempt.ctx.job, outdated=outdated)
    try:
        blocked = await attempt.decide(body, project=True)
    except Conflict:
        return await attempt.not_sent(absent)
    if blocked:
        return blocked
    attempt.unresolved_error, attempt.resend_used, attempt.previous_step = None, True, None
    return Phase.PREPARE if outdated else Phase.MARK


async def record(attempt: PublishAttempt) -> NextPhase:
    """Store the platform's response. An accepted post is only polled, never sent again."""
    claim, answer, found = attempt.ctx.job, attempt.answer, attempt.found
    if isinstance(answer, AcceptedPost):
        attempt.prepared = msgspec.structs.replace(attempt.prepared, handle=answer.handle)
        attempt.wait_s = answer.after_s
        accept = partial(sending.record_acceptance, claim=claim, handle=answer.handle, found=found)
        return await attempt.decide(accept) or Phase.CONFIRM
    if isinstance(answer, InboxDraft):
        return await attempt.decide(partial(sending.leave_in_inbox, claim=claim, found=found))
    named = msgspec.structs.asdict(answer)
    try:
        return await attempt.decide(partial(sending.publish, claim=claim, found=found, **named))
    except OutcomeUnknown:
        return await attempt.unknown()


async def confirm(attempt: PublishAttempt) -> NextPhase:
    """Poll the post's state after a wait; a longer wait snoozes the job."""
    wait_s = attempt.wait_s
    if wait_s > SHORT_S or wait_s > attempt.ctx.time_left() / 2:
        return await attempt.decide(partial(sending.snooze_until_poll, claim=attempt.ctx.job, after_s=wait_s))
    await asyncio.sleep(wait_s)
    try:
        state = await attempt.adapter.poll(attempt.outgoing.account, attempt.inquiry())
    except (PostRejected, PreparationExpired) as error:
        return await attempt.not_sent(error)
    except PlatformError as error:
        return await attempt.unverified(error)
    if isinstance(state, AcceptedPost):
        age = attempt.database_now() - attempt.sent_at
        if age >= locked_post.MAX_PROCESSING:
            return await attempt.unknown()
        after_s = min(max(state.after_s, age.total_seconds() / 4, MIN_POLL_S), MAX_POLL_S)
        state = msgspec.structs.replace(state, after_s=after_s)
    attempt.answer, attempt.found = state, False
    return Phase.RECORD
