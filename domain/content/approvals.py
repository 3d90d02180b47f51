"""Approval: a project's policy, and reviewers' decisions.

The statement that inserts content decides whether it needs an approval. It takes only the lock that keeps the
project active. Two concurrent inserts can't let each other through: a policy changes under the project's
exclusive lock, and new content never counts as approved.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET

from db.pool import Conn
from db.queries import approval_decision, content_item
from db.queries import project as projects
from domain.content import content
from domain.publishing import waiting
from domain.tenancy import audit, project_locks
from jobs.ledger import WakeMessage
from schemas import ids
from schemas.content import ApprovalPolicy, ApprovalPolicyPatch, Content, ReviewVerdict
from schemas.errors import StateConflict
from schemas.errors.absent import require_found

#: Cancel reason of a rejected content's posts.
REJECTION_POST_CANCEL_REASON = "content_rejected"


class _ApprovalPolicyRow(NamedTuple):
    requires_approval: bool
    first_n_posts_blocked: int


async def approve_content_and_posts(
    conn: Conn,
    *,
    organization_id: UUID,
    content_id: UUID,
    api_key_id: UUID | None,
    revision: int | None,
    note: str | None,
    now: datetime,
    public_url: str,
) -> tuple[Content, list[WakeMessage]]:
    """Approve pending content, queue its blocked posts; return it and their jobs' wakes. `revision` None accepts any.

    Raises `ObjectNotFound`, `StateConflict` PROJECT_ARCHIVED, CONTENT_NOT_READY, ALREADY_DECIDED, VERSION_MISMATCH.
    """
    project_id = await content.find_project_of_content(conn, organization_id=organization_id, content_id=content_id)
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    locked = await content.lock_content(conn, organization_id=organization_id, content_id=content_id)
    _check_content_generation_completed(locked)
    await _store_approval_decision(conn, locked, "approved", revision=revision, note=note, api_key_id=api_key_id)
    wakes = await waiting.queue_blocked_posts_of_content(
        conn,
        organization_id=organization_id,
        project_id=project_id,
        content_id=content_id,
        caption=locked.caption,
        now=now,
    )
    answer = await content.read_content(
        conn, organization_id=organization_id, content_id=content_id, public_url=public_url
    )
    return answer, wakes


def _check_content_generation_completed(locked: content.LockedContent) -> None:
    if locked.status in {"failed", "canceled"}:
        raise StateConflict("CONTENT_NOT_READY", f"the content is {locked.status}: regenerate it, or retry its job")
    if locked.status != "completed":
        raise content.content_not_ready_error()


async def reject_content_and_posts(
    conn: Conn,
    *,
    organization_id: UUID,
    content_id: UUID,
    api_key_id: UUID | None,
    revision: int | None,
    reason: str,
    public_url: str,
) -> Content:
    """Reject pending content for good and cancel its waiting posts, also in an archived project; return the content.

    Raises `ObjectNotFound`, `StateConflict` CONTENT_NOT_READY, ALREADY_DECIDED, VERSION_MISMATCH.
    """
    await waiting.lock_post_jobs_of_content(conn, organization_id=organization_id, content_id=content_id)
    locked = await content.lock_content(conn, organization_id=organization_id, content_id=content_id)
    if locked.status in {"queued", "processing"}:
        raise content.content_not_ready_error()
    await _store_approval_decision(conn, locked, "rejected", revision=revision, note=reason, api_key_id=api_key_id)
    await waiting.cancel_waiting_posts_of_content(
        conn, organization_id=organization_id, content_id=content_id, reason=REJECTION_POST_CANCEL_REASON
    )
    return await content.read_content(
        conn, organization_id=organization_id, content_id=content_id, public_url=public_url
    )


async def _store_approval_decision(
    conn: Conn,
    locked: content.LockedContent,
    verdict: ReviewVerdict,
    *,
    revision: int | None,
    note: str | None,
    api_key_id: UUID | None,
) -> None:
    _check_content_undecided(locked, revision)
    org, content_id = locked.organization_id, locked.id
    await content_item.decide_content.run(conn, org=org, id=content_id, approval_status=verdict)
    await approval_decision.insert_decision.run(
        conn,
        org=org,
        content_id=content_id,
        id=ids.new_uuid7(),
        decision=verdict,
        revision=locked.revision,
        note=note,
        api_key_id=api_key_id,
    )
    await audit.write_audit_entry(
        conn,
        organization_id=org,
        api_key_id=api_key_id,
        action=f"content.{verdict}",
        subject=ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, content_id),
        project_id=locked.project_id,
        details={"revision": locked.revision},
    )


def _check_content_undecided(locked: content.LockedContent, revision: int | None) -> None:
    status = locked.approval_status
    if status != "pending":
        reason = "needs no approval" if status == "not_required" else f"was {status} already"
        raise StateConflict("ALREADY_DECIDED", f"this content {reason}: read it again", approvalStatus=status)
    if revision not in {None, locked.revision}:
        raise StateConflict(
            "VERSION_MISMATCH",
            "the content was edited since: read it again and decide on its current revision",
            revision=locked.revision,
        )


async def read_approval_policy(conn: Conn, *, organization_id: UUID, project_id: UUID) -> ApprovalPolicy:
    """Return a project's approval policy. Raises `ObjectNotFound`."""
    row = require_found(await projects.get_policy.one(conn, org=organization_id, id=project_id), "project")
    return ApprovalPolicy(**dict(row))


async def apply_approval_policy_patch(
    conn: Conn, *, organization_id: UUID, project_id: UUID, api_key_id: UUID | None, body: ApprovalPolicyPatch
) -> ApprovalPolicy:
    """Change a project's approval policy and return it; content that exists stays as it is. Raises `ObjectNotFound`."""
    locked = await project_locks.lock_project_version(
        conn, organization_id=organization_id, project_id=project_id, versions=None
    )
    before = _ApprovalPolicyRow(locked.requires_approval, locked.first_n_posts_blocked)
    sent = {name: value for name in before._fields if (value := getattr(body, name)) is not UNSET}
    after = before._replace(**sent)
    if after != before:
        await projects.update_policy.run(conn, org=organization_id, id=project_id, **after._asdict())
        await audit.write_audit_entry(
            conn,
            organization_id=organization_id,
            api_key_id=api_key_id,
            action="approval_policy.updated",
            subject=ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id),
            project_id=project_id,
            details={"before": before._asdict(), "after": after._asdict()},
        )
    return await read_approval_policy(conn, organization_id=organization_id, project_id=project_id)
