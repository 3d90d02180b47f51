"""The phases of an attempt to publish a post, each a function to the next phase or the attempt's outcome.

A phase that changes state commits a fenced step before the next call. The kind of a failed call's error
decides the next phase. `workers.publishing.loop` has the table of them.
"""

import asyncio
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import TypeAlias

import msgspec

from domain.media import tickets
from domain.publishing import failures, locked_post, sending
from jobs.outcomes import Canceled, TaskNotDone, TaskOutcome
from schemas.errors import (
    PlatformError,
    PlatformRefusal,
    PostNotSent,
    PostOutcomeUnknown,
    PostPreparationExpired,
    ServiceUnavailable,
    StateConflict,
)
from telemetry import metrics
from workers.platforms.contract import AbsentPost, AcceptedPost, InboxDraft, LaterDroppedPost, SendResult, UnprovedPost
from workers.publishing.attempt import PublishAttempt

#: Longest timeout of the irreversible call, in seconds.
MAX_POST_SEND_S = 30.0
#: Share of the time without a possible other attempt for the call. The adapter gets this share of the
#: call's timeout, so that it reports first.
POST_SEND_SHARE_OF_TIME_LEFT = 0.8
#: Seconds before the same bytes are sent once more.
POST_RESEND_PAUSE_S = 1.0
#: Longest wait for the platform that keeps its slot, in seconds.
MAX_POST_POLL_WAIT_WITH_SLOT_S = 3.0
#: Seconds between two polls.
MIN_POST_POLL_INTERVAL_S = 1.0
MAX_POST_POLL_INTERVAL_S = 60.0

POST_FILE_STORAGE_AWAY_ERROR = PostNotSent(
    "MEDIA_UNREADABLE", "the post's files can't be read from the storage: the job is repeated"
)
POST_RESPONSE_LOST_ERROR = PostOutcomeUnknown("ANSWER_LOST", "the platform's response was lost")
POST_SEND_TIMED_OUT_MESSAGE = "the platform did not answer in time: the post may be live"


class PublishAttemptPhase(StrEnum):
    """A part of an attempt. `loop.find_resumed_publish_phase` selects the one for a post's column `phase`."""

    PREPARE = "prepare"
    MARK = "mark"
    SEND = "send"
    REPEAT = "repeat"
    LOOK = "look"
    RECORD = "record"
    CONFIRM = "confirm"


NextPublishAttemptPhase: TypeAlias = PublishAttemptPhase | TaskOutcome


async def run_adapter_step_of_preparing_post(attempt: PublishAttempt) -> NextPublishAttemptPhase:
    """Run one step of preparing a post on its platform. Return the next phase, or the outcome of a failure.

    Each step is stored before the next, so that a later attempt continues after it. Only the last one isn't
    stored here: the next phase stores it when it marks the post.
    """
    try:
        step = await attempt.adapter.prepare(attempt.outgoing.account, attempt.draft, attempt.previous_step)
    except ServiceUnavailable:
        return await attempt.retry_or_fail_unsent_post(POST_FILE_STORAGE_AWAY_ERROR)
    except PlatformError as error:
        return await attempt.retry_or_fail_unsent_post(error)
    fields = step.handle, step.request, step.secret, step.tickets, step.traits
    unsaved = sending.PreparedPostCall(attempt.keyring, attempt.outgoing.revision, *fields)
    if step.complete:
        attempt.prepared, attempt.unsaved = step, unsaved
        return PublishAttemptPhase.MARK
    attempt.previous_step = step
    keep = partial(sending.store_prepared_post_step, claim=attempt.ctx.job, step=unsaved, after_s=step.after_s)
    return await attempt.run_step_and_settle_outcome(keep) or PublishAttemptPhase.PREPARE


async def mark_post_as_sending(attempt: PublishAttempt) -> NextPublishAttemptPhase:
    """Mark the post as `sending`: the irreversible call may be made from this commit on.

    Returns the next phase, or the outcome that forbids the call. A project archived meanwhile cancels the job.
    """
    claim, post, unsaved = attempt.ctx.job, attempt.outgoing, attempt.unsaved
    marked: datetime | TaskNotDone | None = await attempt.ctx.run_self_fenced_statements(
        partial(sending.mark_post_sending_at_once, claim=claim, post=post, unsaved=unsaved)
    )
    if marked is None:
        body = partial(sending.mark_post_sending, claim=claim, ai_label=post.ai_label, unsaved=unsaved)
        try:
            marked = await attempt.run_step_and_settle_outcome(body, project=True)
        except StateConflict:
            return Canceled()
    if isinstance(marked, TaskNotDone):
        return marked
    if post.sent_at is None:
        metrics.POST_DELAY_SECONDS_HISTOGRAM.labels(post.account.platform).observe(
            (marked - post.moment).total_seconds()
        )
    attempt.sent_at, attempt.unsaved = marked, None
    return PublishAttemptPhase.SEND


async def send_prepared_post(attempt: PublishAttempt) -> NextPublishAttemptPhase:
    """Make the irreversible call that publishes the marked post; return the next phase, or an outcome.

    After a lost response it is `REPEAT`. After a refused repeat it is `LOOK`, which searches for the post.
    """
    try:
        attempt.answer, attempt.found = await send_by_adapter_or_raise(attempt), False
    except PostOutcomeUnknown as error:
        attempt.unresolved_error, attempt.wait_s = error, POST_RESEND_PAUSE_S
        return PublishAttemptPhase.REPEAT
    except PlatformError as error:
        if attempt.unresolved_error is None:
            return await attempt.retry_or_fail_unsent_post(error)
        if not isinstance(error, PlatformRefusal | PostPreparationExpired):
            return await attempt.store_error_of_maybe_live_post(error)
        attempt.unresolved_error = error
        return PublishAttemptPhase.LOOK
    return PublishAttemptPhase.RECORD


async def send_by_adapter_or_raise(attempt: PublishAttempt) -> SendResult:
    """Have the platform's adapter send the post, and return the platform's result.

    The timeout ends before another attempt of the job could begin. Raise `PostNotSent` if no time is left,
    `PostOutcomeUnknown` after the timeout, and any `PlatformError` of the adapter.
    """
    limit_s = min(MAX_POST_SEND_S, POST_SEND_SHARE_OF_TIME_LEFT * attempt.ctx.attempt_seconds_left())
    if limit_s <= 0:
        raise PostNotSent("NO_TIME", "the worker had too little time left for the call")
    account, timeout_s = attempt.outgoing.account, POST_SEND_SHARE_OF_TIME_LEFT * limit_s
    with metrics.POST_SEND_SECONDS_HISTOGRAM.labels(account.platform).time():
        try:
            async with asyncio.timeout(limit_s):
                return await attempt.adapter.send(account, attempt.prepared, attempt.draft, timeout_s=timeout_s)
        except TimeoutError as error:
            raise PostOutcomeUnknown("ANSWER_LOST", POST_SEND_TIMED_OUT_MESSAGE) from error


async def mark_post_for_idempotent_resend(attempt: PublishAttempt) -> NextPublishAttemptPhase:
    """Mark the post for one more send of the same bytes after a lost response, and return the phase that sends.

    Return the phase that searches for it if the bytes could create a second post, or an archived project, a
    disconnected account or the time forbids a send. Return an outcome for a second repeat or another obstacle.
    """
    if not attempt.adapter.may_repeat_send_safely(attempt.outgoing.account, attempt.build_post_inquiry()):
        return PublishAttemptPhase.LOOK
    if attempt.resend_used:
        return await attempt.store_error_of_maybe_live_post(attempt.unresolved_error or POST_RESPONSE_LOST_ERROR)
    await asyncio.sleep(attempt.wait_s)
    try:
        marked = await attempt.run_step_and_settle_outcome(
            partial(sending.mark_post_sending_again, claim=attempt.ctx.job), project=True
        )
    except StateConflict:
        marked = None
    if isinstance(marked, TaskNotDone):
        return marked
    if marked is None:
        return PublishAttemptPhase.LOOK
    attempt.sent_at, attempt.resend_used = marked, True
    return PublishAttemptPhase.SEND


async def reconcile_after_lost_response(attempt: PublishAttempt) -> NextPublishAttemptPhase:
    """Search the platform for a post after a lost response. Return the next phase, or an outcome.

    First its one-time addresses (tickets) are closed. Only a post proved absent or dropped may be sent again.
    """
    org, post_id = attempt.ctx.job.organization_id, attempt.outgoing.post_id
    fetched = await attempt.ctx.step(partial(tickets.close_post_download_tickets, organization_id=org, post_id=post_id))
    try:
        result = await attempt.adapter.reconcile(attempt.outgoing.account, attempt.build_post_inquiry(fetched))
    except PlatformError as error:
        return await attempt.store_error_of_maybe_live_post(error)
    match result:
        case UnprovedPost():
            return await snooze_or_give_up_undecided_post(attempt, result)
        case LaterDroppedPost():
            return await attempt.retry_or_fail_unsent_post(result.why)
        case AbsentPost():
            return await resend_absent_post(attempt, outdated=fetched is not None)
    attempt.answer, attempt.found = result, True
    return PublishAttemptPhase.RECORD


async def snooze_or_give_up_undecided_post(attempt: PublishAttempt, undecided: UnprovedPost) -> TaskOutcome:
    """Snooze the job of a post if time alone tells whether the post exists; return the outcome.

    Else end the job as `OUTCOME_UNKNOWN`: later searches go on in another job.
    """
    if undecided.after_s is None:
        return await attempt.give_up_unknown_outcome()
    claim, spent = attempt.ctx.job, attempt.resend_used
    return await attempt.run_step_and_settle_outcome(
        partial(failures.snooze_post_maybe_under_way, claim=claim, after_s=undecided.after_s, spent=spent)
    )


async def resend_absent_post(attempt: PublishAttempt, *, outdated: bool) -> NextPublishAttemptPhase:
    """Have a post sent again that is proved absent from the platform, at most once in an attempt.

    Return the next phase, or an outcome. If `outdated`, its prepared one-time addresses are dead, and it is
    prepared again.
    """
    kind, cause = (
        PostPreparationExpired if outdated else PostNotSent,
        attempt.unresolved_error or POST_RESPONSE_LOST_ERROR,
    )
    absent = kind("NOT_TAKEN", f"{cause.message}; the post was not found there and is sent again")
    if attempt.resend_used:
        return await attempt.retry_or_fail_unsent_post(absent)
    body = partial(failures.requeue_absent_post, claim=attempt.ctx.job, outdated=outdated)
    try:
        blocked = await attempt.run_step_and_settle_outcome(body, project=True)
    except StateConflict:
        return await attempt.retry_or_fail_unsent_post(absent)
    if blocked:
        return blocked
    attempt.unresolved_error, attempt.resend_used, attempt.previous_step = None, True, None
    return PublishAttemptPhase.PREPARE if outdated else PublishAttemptPhase.MARK


async def record_post_send_result(attempt: PublishAttempt) -> NextPublishAttemptPhase:
    """Store the platform's result for a sent post: accepted, in the inbox, or published.

    Return the next phase for an accepted post, which is only polled from now on, else the attempt's outcome.
    """
    claim, answer, found = attempt.ctx.job, attempt.answer, attempt.found
    if isinstance(answer, AcceptedPost):
        attempt.prepared = msgspec.structs.replace(attempt.prepared, handle=answer.handle)
        attempt.wait_s = answer.after_s
        accept = partial(sending.record_post_acceptance, claim=claim, handle=answer.handle, found=found)
        return await attempt.run_step_and_settle_outcome(accept) or PublishAttemptPhase.CONFIRM
    if isinstance(answer, InboxDraft):
        return await attempt.run_step_and_settle_outcome(
            partial(sending.mark_post_draft_in_inbox, claim=claim, found=found)
        )
    named = msgspec.structs.asdict(answer)
    try:
        body = partial(sending.mark_post_published, claim=claim, found=found, **named)
        return await attempt.ctx.end(body, at_once=answer.external_id is not None)
    except PostOutcomeUnknown:
        return await attempt.give_up_unknown_outcome()


async def poll_accepted_post(attempt: PublishAttempt) -> NextPublishAttemptPhase:
    """Wait, then poll the state of a post that the platform has accepted and still processes.

    Return the phase that stores the state, or an outcome after a failed poll. Snooze the job instead of a wait over
    `MAX_POST_POLL_WAIT_WITH_SLOT_S` or half the time left. Give up after the platform's longest processing time.
    """
    wait_s = attempt.wait_s
    if wait_s > MAX_POST_POLL_WAIT_WITH_SLOT_S or wait_s > attempt.ctx.attempt_seconds_left() / 2:
        return await attempt.run_step_and_settle_outcome(
            partial(sending.snooze_accepted_post, claim=attempt.ctx.job, after_s=wait_s)
        )
    await asyncio.sleep(wait_s)
    try:
        state = await attempt.adapter.poll(attempt.outgoing.account, attempt.build_post_inquiry())
    except (PlatformRefusal, PostPreparationExpired) as error:
        return await attempt.retry_or_fail_unsent_post(error)
    except PlatformError as error:
        return await attempt.store_error_of_maybe_live_post(error)
    if isinstance(state, AcceptedPost):
        age = attempt.estimate_database_time() - attempt.sent_at
        if age >= locked_post.MAX_PLATFORM_PROCESSING_TIME:
            return await attempt.give_up_unknown_outcome()
        after_s = min(max(state.after_s, age.total_seconds() / 4, MIN_POST_POLL_INTERVAL_S), MAX_POST_POLL_INTERVAL_S)
        state = msgspec.structs.replace(state, after_s=after_s)
    attempt.answer, attempt.found = state, False
    return PublishAttemptPhase.RECORD
