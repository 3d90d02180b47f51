"""Approval: pending content, and decisions."""

import pytest

from db.pool import Conn
from domain.projects import projects
from schemas.content import ApprovalPolicy
from schemas.errors import StateConflict
from tests.domain import project as projects_of
from tests.domain.content.reviewing import approve, create, edit, policy, reject
from tests.domain.project import Project


async def test_policy_change_is_audited_and_a_repeat_is_not(conn: Conn, project: Project) -> None:
    assert await policy(conn, project, requires_approval=True) == ApprovalPolicy(
        requires_approval=True, first_n_posts_blocked=0, current_blocked_count=0
    )
    await policy(conn, project)
    await policy(conn, project, requires_approval=True)
    entries = await conn.fetch("select details from audit_log where action = 'approval_policy.updated'")
    assert [entry["details"] for entry in entries] == [
        {
            "before": {"requires_approval": False, "first_n_posts_blocked": 0},
            "after": {"requires_approval": True, "first_n_posts_blocked": 0},
        }
    ]
    now, version = await projects.read_project(conn, organization_id=project.org, project_id=project.id)
    assert (now.requires_approval, now.first_n_posts_blocked, version) == (True, 0, 2)


async def test_decision_is_final_and_audited(conn: Conn, project: Project) -> None:
    await policy(conn, project, requires_approval=True)
    yes, no = await create(conn, project), await create(conn, project)
    approved, rejected = await approve(conn, project, yes), await reject(conn, project, no)
    assert (approved.approval_status, rejected.approval_status) == ("approved", "rejected")
    assert rejected.decision is not None
    assert (rejected.decision.decision, rejected.decision.note) == ("rejected", "no")
    for decide in (approve, reject):
        for one, what in ((yes, "approved"), (no, "rejected")):
            with pytest.raises(StateConflict) as refused:
                await decide(conn, project, one)
            assert refused.value.details == {"reason": "ALREADY_DECIDED", "approvalStatus": what}
    actions = await conn.fetch("select action from audit_log where action like 'content.%' order by id")
    assert [row["action"] for row in actions] == ["content.approved", "content.rejected"]


async def test_edit_of_approved_content_needs_a_new_approval(conn: Conn, project: Project) -> None:
    await policy(conn, project, requires_approval=True)
    made = await create(conn, project)
    await approve(conn, project, made)
    same = await edit(conn, project, made, "Fresh bread today.")
    assert (same.approval_status, same.revision) == ("approved", 1)
    edited = await edit(conn, project, made, "Stale bread today.")
    assert (edited.approval_status, edited.revision, edited.caption) == ("pending", 2, "Stale bread today.")
    assert edited.decision is not None
    assert edited.decision.revision == 1
    for decide in (approve, reject):
        with pytest.raises(StateConflict) as refused:
            await decide(conn, project, made, 1)
        assert refused.value.details == {"reason": "VERSION_MISMATCH", "revision": 2}
    again = await approve(conn, project, made, 2)
    assert again.decision is not None
    assert (again.approval_status, again.decision.revision) == ("approved", 2)


async def test_archived_project_refuses_approvals(conn: Conn, project: Project) -> None:
    await policy(conn, project, requires_approval=True)
    first, second = await create(conn, project), await create(conn, project)
    await projects_of.archive(conn, project)
    with pytest.raises(StateConflict) as refused:
        await approve(conn, project, first)
    assert refused.value.details["reason"] == "PROJECT_ARCHIVED"
    assert (await reject(conn, project, second)).approval_status == "rejected"
