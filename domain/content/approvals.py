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
from jobs.ledger import Wake
from schemas import ids
from schemas.content import ApprovalPolicy, ApprovalPolicyPatch, Content, Verdict
from schemas.errors import Conflict
from schemas.errors.absent import present

#: Cancel reason of a rejected content's posts.
REJECTED = "content_rejected"


class _Policy(NamedTuple):
    requires_approval: bool
    first_n_posts_blocked: int


class _CountedPolicy(NamedTuple):
    requires_approval: bool
    first_n_posts_blocked: int
    current_blocked_count: int


GET_POLICY = projects.get_policy.typed(_CountedPolicy)


async def approve(
    conn: Conn,
    *,
    organization_id: UUID,
    content_id: UUID,
    api_key_id: UUID | None,
    revision: int | None,
    note: str | None,
    now: datetime,
    public_url: str,
) -> tuple[Content, list[Wake]]:
    """Approve content and queue its blocked posts; `revision` is the reviewed one, None for any.

    Raises `NotFound`, `Conflict` PROJECT_ARCHIVED, CONTENT_NOT_READY, ALREADY_DECIDED, VERSION_MISMATCH.
    """
    project_id = await content.project_of(conn, organization_id=organization_id, content_id=content_id)
    await project_locks.lock_active(conn, organization_id=organization_id, project_id=project_id)
    locked = await content.lock(conn, organization_id=organization_id, content_id=content_id)
    _check_completed(locked)
    await _decide(conn, locked, "approved", revision=revision, note=note, api_key_id=api_key_id)
    wakes = await waiting.release_of_content(
        conn,
        organization_id=organization_id,
        project_id=project_id,
        content_id=content_id,
        caption=locked.caption,
        now=now,
    )
    answer = await content.get(
        conn, organization_id=organization_id, content_id=content_id, public_url=public_url
    )
    return answer, wakes


def _check_completed(locked: content.LockedContent) -> None:
    if locked.status in {"failed", "canceled"}:
        raise Conflict(
            "CONTENT_NOT_READY", f"the content is {locked.status}: regenerate it, or retry its job"
        )
    if locked.status != "completed":
        raise content.not_ready_error()


async def reject(
    conn: Conn,
    *,
    organization_id: UUID,
    content_id: UUID,
    api_key_id: UUID | None,
    revision: int | None,
    reason: str,
    public_url: str,
) -> Content:
    """Reject content for good and cancel its waiting posts, also in an archived project.

    Raises `NotFound`, `Conflict` CONTENT_NOT_READY, ALREADY_DECIDED, VERSION_MISMATCH.
    """
    await waiting.lock_jobs_of_content(conn, organization_id=organization_id, content_id=content_id)
    locked = await content.lock(conn, organization_id=organization_id, content_id=content_id)
    if locked.status in {"queued", "processing"}:
        raise content.not_ready_error()
    await _decide(conn, locked, "rejected", revision=revision, note=reason, api_key_id=api_key_id)
    await waiting.cancel_of_content(
        conn, organization_id=organization_id, content_id=content_id, reason=REJECTED
    )
    return await content.get(
        conn, organization_id=organization_id, content_id=content_id, public_url=public_url
    )


async def _decide(
    conn: Conn,
    locked: content.LockedContent,
    verdict: Verdict,
    *,
    revision: int | None,
    note: str | None,
    api_key_id: UUID | None,
) -> None:
    _check(locked, revision)
    org, content_id = locked.organization_id, locked.id
    await content_item.decide_content.run(conn, org=org, id=content_id, approval_status=verdict)
    await approval_decision.insert_decision.run(
        conn,
        org=org,
        content_id=content_id,
        id=ids.new(),
        decision=verdict,
        revision=locked.revision,
        note=note,
        api_key_id=api_key_id,
    )
    await audit.record(
        conn,
        organization_id=org,
        api_key_id=api_key_id,
        action=f"content.{verdict}",
        subject=ids.show(ids.CONTENT, content_id),
        project_id=locked.project_id,
        details={"revision": locked.revision},
    )


def _check(locked: content.LockedContent, revision: int | None) -> None:
    status = locked.approval_status
    if status != "pending":
        reason = "needs no approval" if status == "not_required" else f"was {status} already"
        raise Conflict("ALREADY_DECIDED", f"this content {reason}: read it again", approvalStatus=status)
    if revision not in {None, locked.revision}:
        raise Conflict(
            "VERSION_MISMATCH",
            "the content was edited since: read it again and decide on its current revision",
            revision=locked.revision,
        )


async def get_policy(conn: Conn, *, organization_id: UUID, project_id: UUID) -> ApprovalPolicy:
    """Return a project's policy; raises `NotFound`."""
    row = present(await GET_POLICY.one(conn, org=organization_id, id=project_id), "project")
    return ApprovalPolicy(**row._asdict())


async def patch_policy(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    api_key_id: UUID | None,
    body: ApprovalPolicyPatch,
) -> ApprovalPolicy:
    """Change the policy of future content; existing items stay as they are. Raises `NotFound`."""
    locked = await project_locks.lock(
        conn, organization_id=organization_id, project_id=project_id, versions=None
    )
    before = _Policy(locked.requires_approval, locked.first_n_posts_blocked)
    after = _patched(before, body)
    if after != before:
        await projects.update_policy.run(conn, org=organization_id, id=project_id, **after._asdict())
        await audit.record(
            conn,
            organization_id=organization_id,
            api_key_id=api_key_id,
            action="approval_policy.updated",
            subject=ids.show(ids.PROJECT, project_id),
            project_id=project_id,
            details={"before": before._asdict(), "after": after._asdict()},
        )
    return await get_policy(conn, organization_id=organization_id, project_id=project_id)


def _patched(policy: _Policy, body: ApprovalPolicyPatch) -> _Policy:
    if body.requires_approval is not UNSET:
        policy = policy._replace(requires_approval=body.requires_approval)
    if body.first_n_posts_blocked is not UNSET:
        policy = policy._replace(first_n_posts_blocked=body.first_n_posts_blocked)
    return policy
