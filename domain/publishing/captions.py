"""Own captions of posts, if the caption that they replace needs an approval: one decision for each post.

A database check enforces it: a post with a pending caption has no job and is never sent.
"""

from datetime import datetime
from uuid import UUID

from db.pool import Conn
from db.queries import scheduled_post
from db.queries.rows import PostAwaitingApprovalOrTime
from domain.publishing import changes, posts, scheduling, waiting
from domain.publishing.changes import LockedPostRow
from domain.publishing.posts import VersionedPost
from domain.tenancy import audit, project_locks
from jobs.ledger import WakeMessage
from schemas import ids
from schemas.content import ReviewVerdict
from schemas.errors import StateConflict

#: Cancel reason of the post of a rejected caption.
CAPTION_REJECTED_CANCEL_REASON = "caption_rejected"


async def approve_post_caption(
    conn: Conn,
    *,
    organization_id: UUID,
    post_id: UUID,
    api_key_id: UUID | None,
    note: str | None,
    now: datetime,
    versions: project_locks.IfMatchVersions = None,
) -> tuple[VersionedPost, list[WakeMessage]]:
    """Approve a post's own caption, which replaces its content's; return the post and the wakes to send.

    It is sent at its time, unless past, if its content is approved too. Raises `ObjectNotFound`, `VersionOutdated`,
    `LimitReached`, `ContentRejected`, `StateConflict` PROJECT_ARCHIVED, CONTENT_NOT_READY, ALREADY_DECIDED.
    """
    post_scope = await changes.find_post_rows_to_lock(conn, organization_id, post_id)
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=post_scope.project_id)
    post, _ = await changes.lock_post_with_job_and_account(conn, organization_id, post_id, versions)
    _check_post_caption_pending(post)
    job_id, wakes = await _submit_job_of_approved_post(conn, post, now)
    await scheduled_post.approve_caption.run(conn, org=organization_id, id=post_id, job_id=job_id)
    await _audit_caption_verdict(conn, post, "approved", note=note, api_key_id=api_key_id)
    return await posts.read_versioned_post(conn, organization_id=organization_id, post_id=post_id), wakes


async def _submit_job_of_approved_post(
    conn: Conn, post: LockedPostRow, now: datetime
) -> tuple[UUID | None, list[WakeMessage]]:
    """Submit the job that sends a post at its time, after its own caption's approval; return job and wakes.

    Submits none if the post's content is pending or its time has passed: the post stays blocked.
    """
    org = post.organization_id
    content = await scheduling.lock_completed_content(conn, organization_id=org, content_id=post.content_id)
    late = post.scheduled_for < now
    if content.pending or late:
        details = None if content.pending else waiting.SCHEDULE_PASSED_EVENT_DETAILS
        await posts.record_post_history(conn, organization_id=org, post_ids=[post.id], event="blocked", details=details)
        return None, []
    submitted = await posts.submit_publish_job(
        conn, organization_id=org, project_id=post.project_id, post_id=post.id, run_at=post.scheduled_for
    )
    await posts.record_post_history(conn, organization_id=org, post_ids=[post.id], event="released")
    return submitted.job_id, [submitted.wake] if submitted.wake else []


async def reject_post_caption(
    conn: Conn,
    *,
    organization_id: UUID,
    post_id: UUID,
    api_key_id: UUID | None,
    reason: str,
    versions: project_locks.IfMatchVersions = None,
) -> VersionedPost:
    """Reject a post's own caption, which replaces its content's, and cancel the post; return the post.

    Raises `ObjectNotFound`, `VersionOutdated`, `StateConflict` ALREADY_DECIDED.
    """
    post_scope = await changes.find_post_rows_to_lock(conn, organization_id, post_id)
    await project_locks.lock_project_status(conn, organization_id=organization_id, project_id=post_scope.project_id)
    post, _ = await changes.lock_post_with_job_and_account(conn, organization_id, post_id, versions)
    _check_post_caption_pending(post)
    waiting_post = PostAwaitingApprovalOrTime(post.id, post.job_id, post.social_account_id)
    await waiting.cancel_waiting_posts(
        conn, organization_id=organization_id, waiting=[waiting_post], reason=CAPTION_REJECTED_CANCEL_REASON
    )
    await _audit_caption_verdict(conn, post, "rejected", note=reason, api_key_id=api_key_id)
    return await posts.read_versioned_post(conn, organization_id=organization_id, post_id=post_id)


def _check_post_caption_pending(post: LockedPostRow) -> None:
    if post.status != "blocked" or not post.caption_pending:
        raise StateConflict("ALREADY_DECIDED", "this post has no caption that awaits an approval", status=post.status)


async def _audit_caption_verdict(
    conn: Conn, post: LockedPostRow, verdict: ReviewVerdict, *, note: str | None, api_key_id: UUID | None
) -> None:
    await audit.write_audit_entry(
        conn,
        organization_id=post.organization_id,
        api_key_id=api_key_id,
        action=f"caption.{verdict}",
        subject=ids.format_prefixed_id(ids.POST_ID_PREFIX, post.id),
        project_id=post.project_id,
        details={"note": note} if note else None,
    )
