"""Changes of one post by a person: cancel, reschedule, retry, resolve its outcome."""

import re
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import scheduled_post, social_account
from db.queries.rows import LockedQueueAccount, PostAwaitingApprovalOrTime
from domain.accounts import accounts
from domain.publishing import account_queue, claim_ends, posts, scheduling, states, targets, waiting
from domain.publishing.account_queue import QueuedPost
from domain.publishing.posts import VersionedPost
from domain.publishing.states import PostStatusValue
from domain.publishing.targets import SamePostFingerprint
from domain.tenancy import project_locks
from jobs import controls
from jobs.kinds import PUBLISH_POST_KIND
from jobs.ledger import SubmittedJob, WakeMessage
from schemas.errors import ApprovalRequired, InvalidValue, StateConflict, VersionOutdated
from schemas.errors.absent import require_found
from schemas.posts import PostStatus, Reschedule, ResolvePost

_POST_URL_PATTERN = re.compile(r"https?://[!-~]+")

#: Last error of a post that a person didn't find on the platform.
PERSON_FOUND_NO_POST_ERROR = {
    "code": "NOT_PUBLISHED",
    "category": "unknown",
    "message": "a person did not find it on the platform: retry its job or schedule it again",
    "retryable": True,
}


class PostRowsToLock(NamedTuple):
    """Post before it is locked: the rows to lock first, and the zone of its local times."""

    project_id: UUID
    content_id: UUID
    social_account_id: UUID
    job_id: UUID | None
    version: int
    timezone: str


class LockedPostRow(NamedTuple):
    """Post row, locked by this transaction."""

    organization_id: UUID
    project_id: UUID
    id: UUID
    content_id: UUID
    social_account_id: UUID
    job_id: UUID | None
    status: PostStatus
    scheduled_for: datetime
    fingerprint: bytes
    last_error: dict[str, Any] | None
    version: int
    caption_pending: bool


FIND_POST_ROWS_TO_LOCK = scheduled_post.find_post.typed(PostRowsToLock)
LOCK_POST_ROW = scheduled_post.lock_post.typed(LockedPostRow)
LOCK_POST_ACCOUNTS = social_account.lock_accounts.typed(LockedQueueAccount)


async def cancel_single_post(
    conn: Conn,
    *,
    organization_id: UUID,
    post_id: UUID,
    reason: str | None,
    versions: project_locks.IfMatchVersions = None,
) -> VersionedPost:
    """Cancel a waiting post and its job, and return the post; a canceled post is returned unchanged.

    Raises `ObjectNotFound`, `VersionOutdated`, and `StateConflict` POST_NOT_QUEUED for a post that doesn't wait.
    """
    post_scope = await find_post_rows_to_lock(conn, organization_id, post_id)
    # An archive runs either before, and counts the post, or after this.
    await project_locks.lock_project_status(conn, organization_id=organization_id, project_id=post_scope.project_id)
    post, _ = await lock_post_with_job_and_account(conn, organization_id, post_id, versions)
    if post.status != "canceled":
        _check_post_is_waiting(post)
        waiting_post = PostAwaitingApprovalOrTime(post.id, post.job_id, post.social_account_id)
        await waiting.cancel_waiting_posts(conn, organization_id=organization_id, waiting=[waiting_post], reason=reason)
    return await posts.read_versioned_post(conn, organization_id=organization_id, post_id=post_id)


async def reschedule_waiting_post(
    conn: Conn,
    *,
    organization_id: UUID,
    post_id: UUID,
    body: Reschedule,
    now: datetime,
    ahead: timedelta = scheduling.NO_SANDBOX_CLOCK_LEAD,
    versions: project_locks.IfMatchVersions = None,
) -> tuple[VersionedPost, list[WakeMessage]]:
    """Give a waiting post and its job another time, or a job if it was approved too late; return post and wakes.

    Raises `ObjectNotFound`, `InvalidValue`, `VersionOutdated`, `LimitReached`, `ContentRejected`, `StateConflict`
    PROJECT_ARCHIVED, POST_NOT_QUEUED, CONTENT_NOT_READY, CLAIM_EXPIRED or DUPLICATE_POST.
    """
    post_scope = await find_post_rows_to_lock(conn, organization_id, post_id)
    when = scheduling.resolve_schedule_time(body, zone=post_scope.timezone, now=now, ahead=ahead)
    _check_post_version(post_scope, versions)
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=post_scope.project_id)
    post, _ = await lock_post_with_job_and_account(conn, organization_id, post_id, versions)
    _check_post_is_waiting(post)
    await claim_ends.check_claims_last(conn, organization_id=organization_id, content_id=post.content_id, at=when.at)
    if not body.allow_duplicate:
        await _refuse_duplicate_post(conn, post, when.at)
    job_id, wakes = await _reschedule_post_job(conn, post, when.at)
    await _update_post_time(conn, post, job_id, when.at)
    moved = msgspec.to_builtins({"from": post.scheduled_for + ahead, "to": when.at + ahead})
    await posts.record_post_history(
        conn, organization_id=organization_id, post_ids=[post_id], event="rescheduled", details=moved
    )
    await account_queue.advance_account_queue(conn, QueuedPost(organization_id, post.social_account_id, post_id))
    return await posts.read_versioned_post(conn, organization_id=organization_id, post_id=post_id), wakes


async def retry_failed_post(
    conn: Conn, *, organization_id: UUID, project_id: UUID, post_id: UUID, retry_of: UUID
) -> SubmittedJob:
    """Submit and return a job that sends a failed post again now, or a running retry with `fresh` False.

    Raises `ObjectNotFound`, `LimitReached`, `ApprovalRequired`, `ContentRejected`, `StateConflict` PROJECT_ARCHIVED,
    JOB_NOT_RETRYABLE, CONTENT_NOT_READY, CLAIM_EXPIRED, ACCOUNT_NOT_CONNECTED, ACCOUNT_OFFERED or DUPLICATE_POST.
    """
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    submitted = await posts.submit_publish_job(
        conn,
        organization_id=organization_id,
        project_id=project_id,
        post_id=post_id,
        run_at=None,
        unique_key=f"retry:{retry_of}",
        retry_of=retry_of,
    )
    if submitted.fresh:
        post, account = await lock_post_with_job_and_account(conn, organization_id, post_id, None)
        await _check_post_retryable(conn, post, account, retry_of)
        await claim_ends.check_claims_last(
            conn, organization_id=organization_id, content_id=post.content_id, at=submitted.created_at
        )
        await _refuse_duplicate_post(conn, post, submitted.created_at)
        await _update_post_time(conn, post, submitted.job_id, submitted.created_at)
        await posts.record_post_history(conn, organization_id=organization_id, post_ids=[post_id], event="scheduled")
    return submitted


async def resolve_post_outcome_by_person(
    conn: Conn,
    *,
    organization_id: UUID,
    post_id: UUID,
    body: ResolvePost,
    api_key_id: UUID | None,
    versions: project_locks.IfMatchVersions = None,
) -> VersionedPost:
    """Store a person's finding on a post of unknown outcome: published, or failed for a retry; return the post.

    Raises `ObjectNotFound`, `InvalidValue`, `VersionOutdated`, `StateConflict` OUTCOME_KNOWN.
    """
    _check_live_post_url(body)
    post = await _lock_post_row(conn, organization_id, post_id, versions)
    if post.status != "outcome_unknown":
        raise StateConflict("OUTCOME_KNOWN", f"the post is {post.status}: nothing to resolve", status=post.status)
    await scheduled_post.resolve_post.run(
        conn,
        org=organization_id,
        id=post_id,
        status="published" if body.published else "failed",
        external_url=body.external_url,
        error=None if body.published else PERSON_FOUND_NO_POST_ERROR,
    )
    details = {"published": body.published, "apiKeyId": api_key_id and str(api_key_id)}
    await posts.record_post_history(
        conn, organization_id=organization_id, post_ids=[post_id], event="resolved", details=details
    )
    return await posts.read_versioned_post(conn, organization_id=organization_id, post_id=post_id)


def _check_live_post_url(body: ResolvePost) -> None:
    if body.external_url is None:
        return
    if not body.published:
        raise InvalidValue("externalUrl", "is only for a published post: leave it out")
    if not _POST_URL_PATTERN.fullmatch(body.external_url):
        raise InvalidValue("externalUrl", "must be an address such as https://example.social/@shop/1")


async def find_post_rows_to_lock(conn: Conn, organization_id: UUID, post_id: UUID) -> PostRowsToLock:
    """Return the row ids to lock for a post's change, its version and project's zone. Raises `ObjectNotFound`."""
    return require_found(await FIND_POST_ROWS_TO_LOCK.one(conn, org=organization_id, id=post_id), "post")


async def lock_post_with_job_and_account(
    conn: Conn, organization_id: UUID, post_id: UUID, versions: project_locks.IfMatchVersions
) -> tuple[LockedPostRow, LockedQueueAccount]:
    """Lock a post's job, its content against edits, its account and the post; return post and account.

    Raises `ObjectNotFound`, `VersionOutdated` unless in `versions`. A job that replaced the post's own before that lock
    is locked last. (This breaks the lock order: this or a worker with that job may be a deadlock's victim.)
    """
    while True:
        post_scope = await find_post_rows_to_lock(conn, organization_id, post_id)
        if post_scope.job_id:
            await controls.lock_job_rows(conn, organization_id=organization_id, job_ids=[post_scope.job_id])
        await scheduled_post.share_content.row(conn, org=organization_id, id=post_scope.content_id)
        [account] = await LOCK_POST_ACCOUNTS.all(conn, org=organization_id, ids=[post_scope.social_account_id])
        post = await _lock_post_row(conn, organization_id, post_id, versions)
        if post.job_id == post_scope.job_id:
            return post, account


async def _lock_post_row(
    conn: Conn, organization_id: UUID, post_id: UUID, versions: project_locks.IfMatchVersions
) -> LockedPostRow:
    post = require_found(await LOCK_POST_ROW.one(conn, org=organization_id, id=post_id), "post")
    _check_post_version(post, versions)
    return post


def _check_post_version(post: PostRowsToLock | LockedPostRow, versions: project_locks.IfMatchVersions) -> None:
    if versions is not None and post.version not in versions:
        raise VersionOutdated("the post has changed since: read it again and repeat with its new ETag")


def _check_post_is_waiting(post: LockedPostRow) -> None:
    if post.status not in {"blocked", "queued"}:
        raise _post_not_queued_error(post.status)


def _post_not_queued_error(status: str) -> StateConflict:
    return StateConflict("POST_NOT_QUEUED", f"the post is {status}: only a waiting post can be changed", status=status)


async def _refuse_duplicate_post(conn: Conn, post: LockedPostRow, at: datetime) -> None:
    fingerprint = SamePostFingerprint("scheduledFor", post.social_account_id, post.fingerprint)
    await targets.check_no_equal_post(
        conn, organization_id=post.organization_id, prints=[fingerprint], at=at, but=post.id
    )


async def _check_post_retryable(conn: Conn, post: LockedPostRow, account: LockedQueueAccount, retry_of: UUID) -> None:
    """Raise unless a failed post may be sent again.

    Its error must be retryable, and its last job must be `retry_of`. Raises `ApprovalRequired`, `ContentRejected`,
    `StateConflict` JOB_NOT_RETRYABLE, CONTENT_NOT_READY, ACCOUNT_NOT_CONNECTED or ACCOUNT_OFFERED.
    """
    error = post.last_error or {}
    if (post.status, post.job_id) != ("failed", retry_of) or not error.get("retryable"):
        raise StateConflict(
            "JOB_NOT_RETRYABLE", states.POST_RETRY_REFUSALS[PostStatusValue(post.status)], status=post.status
        )
    content = await scheduling.lock_completed_content(
        conn, organization_id=post.organization_id, content_id=post.content_id
    )
    if content.pending:
        raise ApprovalRequired
    if account.status == "disconnected":
        raise accounts.account_not_connected_error()
    if account.offered:
        raise accounts.account_offered_error()


async def _reschedule_post_job(conn: Conn, post: LockedPostRow, at: datetime) -> tuple[UUID | None, list[WakeMessage]]:
    """Move a post's job to the post's new time, or submit a job; return its id and the wakes to send.

    A post that awaits an approval gets no job: then the id is None. Raises `LimitReached`, `ContentRejected`,
    `StateConflict` CONTENT_NOT_READY, or POST_NOT_QUEUED for a post in preparation.
    """
    org, project_id = post.organization_id, post.project_id
    if post.status == "queued" and post.job_id:
        wakes = await controls.reschedule_job_row(
            conn, kind=PUBLISH_POST_KIND, organization_id=org, job_id=post.job_id, run_at=at
        )
        if wakes is None:
            raise StateConflict("POST_NOT_QUEUED", "the post is being prepared: cancel it, or wait", status="queued")
        return post.job_id, wakes
    content = await scheduling.lock_completed_content(conn, organization_id=org, content_id=post.content_id)
    if content.pending or post.caption_pending:
        return None, []
    submitted = await posts.submit_publish_job(
        conn, organization_id=org, project_id=project_id, post_id=post.id, run_at=at
    )
    return submitted.job_id, [submitted.wake] if submitted.wake else []


async def _update_post_time(conn: Conn, post: LockedPostRow, job_id: UUID | None, at: datetime) -> None:
    await scheduled_post.move_post.run(
        conn,
        org=post.organization_id,
        id=post.id,
        status="queued" if job_id else "blocked",
        job_id=job_id,
        scheduled_for=at,
    )
