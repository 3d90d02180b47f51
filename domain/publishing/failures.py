"""Failures: causes that keep a post from being sent, and the outcome of its job.

docs/explain/publishing.md has the table. Each function with a claim is the body of a step: it locks the
post's job, its account and the post. Before it returns an outcome it leaves the head of the account's queue.
"""

import random

from db.pool import Conn
from db.queries import account_send, outgoing_post
from domain.accounts import credentials, owners
from domain.publishing import account_queue, locked_post, posts, quotas
from domain.publishing.locked_post import LockedPost
from jobs import ledger
from jobs.ledger import JobClaim
from jobs.outcomes import Canceled, Failed, Interrupted, Retry, Snooze, TaskNotDone
from schemas.errors import (
    AccessTokenExpired,
    AccountReauthRequired,
    PlatformError,
    PlatformRefusal,
    PlatformThrottled,
    PostOutcomeUnknown,
    PostPreparationExpired,
)

#: Seconds before each further attempt, with a jitter of a fifth against simultaneous returns.
POST_RETRY_BACKOFFS_S, POST_RETRY_JITTER_SHARE = (30.0, 120.0, 600.0, 1800.0), 0.2
#: Seconds of a cooldown without an end by the platform; wait for a refresh; wait for a new connection.
DEFAULT_ACCOUNT_COOLDOWN_S, TOKEN_REFRESH_WAIT_S, POST_REAUTHORIZATION_WAIT_S = 60.0, 15.0, 600.0

POST_TOO_LATE_ERROR_CODE = "TOO_LATE"
POST_OUTCOME_UNKNOWN_FAILURE = Failed(
    "OUTCOME_UNKNOWN", "the platform's answer was lost: it is polled, or look there yourself and resolve the post"
)
POST_MAYBE_UNDER_WAY_ERROR = PostOutcomeUnknown(
    "SETTLING", "the platform's answer was lost, and the post may be under way: it is looked up again soon"
)
ACCOUNT_DISCONNECTED_ERROR = PlatformRefusal(
    "ACCOUNT_DISCONNECTED", "the account was disconnected: connect one and schedule again", category="account_issue"
)


async def handle_sending_blocker(conn: Conn, post: LockedPost) -> TaskNotDone | None:
    """Return the outcome of a post's attempt if the post can't be sent now; None if nothing blocks it.

    Gives up a post that is too late, and fails one of a disconnected account, unless it may be live. Gives up any if
    the account with the tokens (a lease's owner) is disconnected. Snoozes for an authorization or a cooldown.
    """
    if post.seconds_until_too_late <= 0 and not post.may_be_live:
        return await give_up_post(conn, post)
    if post.account_status == "disconnected" and not post.may_be_live:
        return await fail_post_with_error(conn, post, ACCOUNT_DISCONNECTED_ERROR)
    match post.owner_status:
        case "disconnected":
            return await give_up_post(conn, post)
        case "reauth_required":
            return await snooze_blocked_post(conn, post, POST_REAUTHORIZATION_WAIT_S)
    if post.cooldown_s and post.cooldown_s > 0:
        return await snooze_blocked_post(conn, post, post.cooldown_s)
    return None


async def snooze_blocked_post(conn: Conn, post: LockedPost, after_s: float) -> TaskNotDone:
    """Return a snooze of a post's job for `after_s`, for a cause that blocks all posts of its account.

    The snooze ends at the latest when the post is too late. The post leaves the head of its account's queue without a
    wake of the next post. A post that is too late is given up, and the failure is returned.
    """
    if post.seconds_until_too_late <= 0:
        return await give_up_post(conn, post)
    await account_queue.remove_queue_head_without_waking_next(conn, post)
    return Snooze(min(after_s, post.seconds_until_too_late) + 0.01)


async def snooze_post_while_platform_prepares_it(conn: Conn, post: LockedPost, after_s: float) -> TaskNotDone:
    """Return a snooze of a post's job for `after_s`, while the platform processes a preparing step.

    The account's other posts may go meanwhile. A post that is too late is given up, and the failure is returned.
    """
    if post.seconds_until_too_late <= 0:
        return await give_up_post(conn, post)
    wait_s = min(after_s, post.seconds_until_too_late)
    await _requeue_post_later(conn, post, wait_s)
    return Snooze(wait_s)


async def requeue_unsent_post(
    conn: Conn, *, claim: JobClaim, error: PlatformError, generation: int, archived: bool = False
) -> TaskNotDone:
    """Put a post back in its account's queue after proof that it isn't live; return the attempt's outcome.

    The outcome follows from `error`: a retry, a snooze or a failure. `generation` is that of the used token. Runs in a
    step that locks the active project, or in one of an `archived` project, which gets no further attempt.
    """
    post = await locked_post.lock_claimed_post(conn, claim)
    post = await _unmark_sending_post(
        conn, claim, post, code=error.code, outdated=isinstance(error, PostPreparationExpired)
    )
    await _store_platform_error_of_post(conn, post, error)
    outcome = await _handle_platform_error(conn, claim, post, error, generation)
    if archived and isinstance(outcome, Failed):
        await _mark_post_failed(conn, post, outcome)
    return Canceled() if archived and not isinstance(outcome, Failed) else outcome


async def requeue_absent_post(conn: Conn, *, claim: JobClaim, outdated: bool) -> TaskNotDone | None:
    """Put a post back to its state before the call, after proof that it isn't live or under way.

    Returns None if the post may be sent again. If another post is at the head of the account's queue by now, returns
    the outcome that lets this post wait. With `outdated` the post is prepared again too.
    """
    post = await locked_post.lock_claimed_post(conn, claim)
    post = await _unmark_sending_post(conn, claim, post, code="ABSENT", outdated=outdated)
    position = await account_queue.claim_queue_head_for_post(conn, claim, post)
    return None if position.is_head else Interrupted()


async def store_error_of_maybe_live_post(
    conn: Conn, *, claim: JobClaim, error: PlatformError, generation: int
) -> TaskNotDone:
    """Store a platform's error of a call that may have made the post live, so the post's outcome stays open.

    Returns the outcome of this attempt of the job, such as a retry or a snooze. `generation` is that of the used token.
    """
    post = await locked_post.lock_claimed_post(conn, claim)
    await _store_platform_error_of_post(conn, post, error)
    return await _handle_platform_error(conn, claim, post, error, generation)


async def snooze_post_maybe_under_way(conn: Conn, *, claim: JobClaim, after_s: float, spent: bool) -> TaskNotDone:
    """Let the job look up a post at its platform again in `after_s`: it may be under way, and isn't sent before.

    `spent`: it was sent again, an attempt. Returns a snooze, a retry if `spent`, or a failure if it is too late.
    """
    post = await locked_post.lock_claimed_post(conn, claim)
    await _store_platform_error_of_post(conn, post, POST_MAYBE_UNDER_WAY_ERROR)
    await posts.record_post_history(conn, organization_id=post.organization_id, post_ids=[post.id], event="undecided")
    if spent:
        return await _retry_post_later(conn, claim, post, POST_MAYBE_UNDER_WAY_ERROR, least_s=after_s)
    await account_queue.advance_account_queue(conn, post)
    return await snooze_blocked_post(conn, post, after_s)


async def give_up_post_as_outcome_unknown(conn: Conn, *, claim: JobClaim) -> TaskNotDone:
    """Stop looking for a post's outcome: mark the post `outcome_unknown` and return the job's failure."""
    return await give_up_post(conn, await locked_post.lock_claimed_post(conn, claim))


async def give_up_post(conn: Conn, post: LockedPost) -> Failed:
    """Give a post up and return its job's failure: `OUTCOME_UNKNOWN` if the post may be live.

    Otherwise the failure is `POST_TOO_LATE_ERROR_CODE` with the post's last error.
    """
    await account_queue.advance_account_queue(conn, post)
    if post.may_be_live:
        await _store_post_error(
            conn,
            post,
            POST_OUTCOME_UNKNOWN_FAILURE.code,
            "unknown",
            POST_OUTCOME_UNKNOWN_FAILURE.message,
            retryable=False,
        )
        return POST_OUTCOME_UNKNOWN_FAILURE
    last = await outgoing_post.get_error.value(conn, org=post.organization_id, id=post.id)
    why = f"; the last attempt failed: {last['message']}" if last else ""
    message = f"it could not be sent within two hours of its time{why}"
    await _store_post_error(conn, post, POST_TOO_LATE_ERROR_CODE, "too_late", message, retryable=True)
    return Failed(POST_TOO_LATE_ERROR_CODE, message, retryable=True)


async def fail_post_with_error(conn: Conn, post: LockedPost, error: PlatformError) -> Failed:
    await _store_platform_error_of_post(conn, post, error)
    await account_queue.advance_account_queue(conn, post)
    return Failed(error.code, error.message)


async def snooze_post_until_token_refresh(conn: Conn, post: LockedPost) -> TaskNotDone:
    """Submit a refresh of a post's account token, one job for all callers, and snooze the post's job.

    Returns the snooze, or the failure of a post that is too late. The end of the refresh ends the snooze early.
    """
    await owners.submit_owner_token_refresh(conn, post)
    return await snooze_blocked_post(conn, post, TOKEN_REFRESH_WAIT_S)


async def _handle_platform_error(
    conn: Conn, claim: JobClaim, post: LockedPost, error: PlatformError, generation: int
) -> TaskNotDone:
    org, account_id = post.owner_organization_id, post.owner_id
    if isinstance(error, AccessTokenExpired | AccountReauthRequired) and (
        outcome := await _find_attempt_outcome_after_token_change(conn, post, generation)
    ):
        return outcome
    match error:
        case PlatformThrottled():
            cooldown_s = DEFAULT_ACCOUNT_COOLDOWN_S if error.after_s is None else error.after_s
            await account_send.cool_down.run(conn, org=org, account_id=account_id, cooldown_s=cooldown_s)
            return await snooze_blocked_post(conn, post, cooldown_s)
        case AccessTokenExpired() if not post.has_last_error_with_code_of(error):
            return await snooze_post_until_token_refresh(conn, post)
        case AccountReauthRequired():
            await owners.mark_owner_account_for_reauth(conn, post, reason=error.code, generation=generation)
            return await snooze_blocked_post(conn, post, TOKEN_REFRESH_WAIT_S)
        case PlatformRefusal():
            return await give_up_post(conn, post) if post.may_be_live else await fail_post_with_error(conn, post, error)
        case _:
            return await _retry_post_later(conn, claim, post, error)


async def _find_attempt_outcome_after_token_change(conn: Conn, post: LockedPost, generation: int) -> TaskNotDone | None:
    """Return an attempt's outcome if its account's tokens were replaced or given up during it; else None.

    It is an immediate repeat, or a snooze if given up: that change's wake may have reached no waiting post.
    """
    if not await credentials.lock_credential_if_newest(
        conn, organization_id=post.owner_organization_id, account_id=post.owner_id, generation=generation
    ):
        return Interrupted()
    if post.owner_status == "reauth_required":
        return await snooze_blocked_post(conn, post, POST_REAUTHORIZATION_WAIT_S)
    return None


async def _mark_post_failed(conn: Conn, post: LockedPost, outcome: Failed) -> None:
    """Mark a post of an archived project as failed, not canceled: it was being sent at the archive."""
    await outgoing_post.fail_post.run(conn, org=post.organization_id, id=post.id)
    why = {"reason": outcome.code}
    await posts.record_post_history(
        conn, organization_id=post.organization_id, post_ids=[post.id], event="failed", details=why
    )


async def _retry_post_later(
    conn: Conn, claim: JobClaim, post: LockedPost, error: PlatformError, *, least_s: float = 0
) -> TaskNotDone:
    """Return a retry of a post's attempt after a backoff of at least `least_s` seconds.

    The account's other posts may go meanwhile. A post that would be too late then is given up.
    """
    backoff_s = POST_RETRY_BACKOFFS_S[min(claim.attempt, len(POST_RETRY_BACKOFFS_S)) - 1]
    jitter = random.uniform(1 - POST_RETRY_JITTER_SHARE, 1 + POST_RETRY_JITTER_SHARE)  # noqa: S311  no secret
    wait_s = max(backoff_s * jitter, least_s)
    if wait_s >= post.seconds_until_too_late:
        return await give_up_post(conn, post)
    await _requeue_post_later(conn, post, wait_s)
    return Retry(error.code, error.message, after_s=wait_s)


async def _requeue_post_later(conn: Conn, post: LockedPost, wait_s: float) -> None:
    """Make a post wait in its account's queue for `wait_s` seconds; the next post may go."""
    await outgoing_post.hold_back.run(conn, org=post.organization_id, id=post.id, wait_s=wait_s)
    await account_queue.advance_account_queue(conn, post)


async def _unmark_sending_post(
    conn: Conn, claim: JobClaim, post: LockedPost, *, code: str, outdated: bool
) -> LockedPost:
    """Undo a post's mark `sending`; return the post, locked and read again. `outdated`: it is prepared again.

    The post counts in no quota and can be canceled again. `code` is stored in its history.
    """
    org, post_id = post.organization_id, post.id
    await outgoing_post.requeue.run(conn, org=org, id=post_id)
    if outdated:
        await outgoing_post.prepare_again.run(conn, org=org, id=post_id)
    await quotas.delete_sends_of_post(conn, organization_id=org, account_id=post.account_id, post_id=post_id)
    await ledger.store_job_progress(conn, claim, progress=0, stage="preparing", cancelable=True)
    details = {"code": code}
    await posts.record_post_history(conn, organization_id=org, post_ids=[post_id], event="not_sent", details=details)
    return await locked_post.lock_claimed_post(conn, claim)


async def _store_platform_error_of_post(conn: Conn, post: LockedPost, error: PlatformError) -> None:
    await _store_post_error(conn, post, error.code, error.category, error.message, retryable=error.retryable)


async def _store_post_error(
    conn: Conn, post: LockedPost, code: str, category: str, message: str, *, retryable: bool
) -> None:
    error = {"code": code, "category": category, "message": message, "retryable": retryable}
    await outgoing_post.keep_error.run(conn, org=post.organization_id, id=post.id, error=error)
