"""Own captions of posts, if the caption that they replace needs an approval: one decision for each post.

A database check enforces it: a post with a pending caption has no job and is never sent.
"""

from datetime import datetime
from uuid import UUID

from db.pool import Conn
from db.queries import scheduled_post
from db.queries.rows import WaitingPost
from domain.publishing import changes, posts, scheduling, waiting
from domain.publishing.changes import ChangedPost
from domain.publishing.posts import Versioned
from domain.tenancy import audit, project_locks
from jobs.ledger import Wake
from schemas import ids
from schemas.content import Verdict
from schemas.errors import Conflict

#: Cancel reason of the post of a rejected caption.
REJECTED = "caption_rejected"


async def approve(
    conn: Conn,
    *,
    organization_id: UUID,
    post_id: UUID,
    api_key_id: UUID | None,
    note: str | None,
    now: datetime,
    versions: project_locks.Versions = None,
) -> tuple[Versioned, list[Wake]]:
    """Approve a post's own caption; the post is sent at its time if its content is approved too.

    Raises `NotFound`, `Stale`, `Limited`, `ContentRejected`, `Conflict` PROJECT_ARCHIVED, CONTENT_NOT_READY,
    ALREADY_DECIDED.
    """
    post_scope = await changes.find_post_scope(conn, organization_id, post_id)
    await project_locks.lock_active(conn, organization_id=organization_id, project_id=post_scope.project_id)
    post, _ = await changes.lock_post_rows(conn, organization_id, post_id, versions)
    _check(post)
    job_id, wakes = await _release(conn, post, now)
    await scheduled_post.approve_caption.run(conn, org=organization_id, id=post_id, job_id=job_id)
    await _record(conn, post, "approved", note=note, api_key_id=api_key_id)
    return await posts.get(conn, organization_id=organization_id, post_id=post_id), wakes


async def _release(conn: Conn, post: ChangedPost, now: datetime) -> tuple[UUID | None, list[Wake]]:
    """Submit the post's job for its time; none if its content is pending or its time has passed."""
    org = post.organization_id
    content = await scheduling.lock_ready(conn, organization_id=org, content_id=post.content_id)
    late = post.scheduled_for < now
    if content.pending or late:
        details = None if content.pending else waiting.SCHEDULE_PASSED
        await posts.note(conn, organization_id=org, post_ids=[post.id], event="blocked", details=details)
        return None, []
    submitted = await posts.submit(
        conn,
        organization_id=org,
        project_id=post.project_id,
        post_id=post.id,
        run_at=post.scheduled_for,
    )
    await posts.note(conn, organization_id=org, post_ids=[post.id], event="released")
    return submitted.job_id, [submitted.wake] if submitted.wake else []


async def reject_own_caption(
    conn: Conn,
    *,
    organization_id: UUID,
    post_id: UUID,
    api_key_id: UUID | None,
    reason: str,
    versions: project_locks.Versions = None,
) -> Versioned:
    """Reject a post's own caption and cancel the post.

    Raises `NotFound`, `Stale`, `Conflict` ALREADY_DECIDED.
    """
    post_scope = await changes.find_post_scope(conn, organization_id, post_id)
    await project_locks.keep_project_state(
        conn, organization_id=organization_id, project_id=post_scope.project_id
    )
    post, _ = await changes.lock_post_rows(conn, organization_id, post_id, versions)
    _check(post)
    waiting_post = WaitingPost(post.id, post.job_id, post.social_account_id)
    await waiting.cancel_waiting(
        conn, organization_id=organization_id, waiting=[waiting_post], reason=REJECTED
    )
    await _record(conn, post, "rejected", note=reason, api_key_id=api_key_id)
    return await posts.get(conn, organization_id=organization_id, post_id=post_id)


def _check(post: ChangedPost) -> None:
    if post.status != "blocked" or not post.caption_pending:
        raise Conflict(
            "ALREADY_DECIDED", "this post has no caption that awaits an approval", status=post.status
        )


async def _record(
    conn: Conn, post: ChangedPost, verdict: Verdict, *, note: str | None, api_key_id: UUID | None
) -> None:
    await audit.record(
        conn,
        organization_id=post.organization_id,
        api_key_id=api_key_id,
        action=f"caption.{verdict}",
        subject=ids.show(ids.POST, post.id),
        project_id=post.project_id,
        details={"note": note} if note else None,
    )
