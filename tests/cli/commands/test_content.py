from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.content import approvals
from schemas import ids
from schemas.content import ApprovalPolicyPatch
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused, unchanged

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
async def project_id(conn: Conn) -> UUID:
    """Of the one organization, whose new content awaits approval."""
    org = await seeds.organization(conn)
    project_id = await seeds.project(conn, org)
    policy = ApprovalPolicyPatch(requires_approval=True)
    await approvals.patch_policy(
        conn, organization_id=org, project_id=project_id, api_key_id=None, body=policy
    )
    return project_id


async def create(conn: Conn, project_id: UUID, caption: str = "Fresh bread today.") -> str:
    org = await conn.fetchval("select organization_id from project where id = $1", project_id)
    return ids.show(ids.CONTENT, await seeds.content(conn, org, project_id, caption=caption))


async def test_a_list_is_filtered_and_paged(tenantry: Tenantry, conn: Conn, project_id: UUID) -> None:
    older, newer = [await create(conn, project_id) for _ in range(2)]
    words = ["content", "list", "--project", str(project_id), "--approval", "pending", "--json"]
    found = decoded(await tenantry(*words, "--limit", "1"))
    assert ([each["id"] for each in found["items"]], found["before"]) == ([newer], newer)
    rest = decoded(await tenantry(*words, "--before", newer))
    assert ([each["id"] for each in rest["items"]], rest["before"]) == ([older], None)
    approved = ["content", "list", "--project", str(project_id), "--approval", "approved", "--json"]
    assert decoded(await tenantry(*approved))["items"] == []


async def test_a_person_reads_a_line_each(tenantry: Tenantry, conn: Conn, project_id: UUID) -> None:
    made = await create(conn, project_id, "x" * 50)
    heading, line = (await tenantry("content", "list", "--project", str(project_id))).stdout.splitlines()
    assert heading.split()[0] == "CONTENT"
    assert line.split()[:7] == [made, "text", "completed", "pending", "1", "0", "x" * 39 + "…"]


async def test_one_is_shown_whole(tenantry: Tenantry, conn: Conn, project_id: UUID) -> None:
    made = await create(conn, project_id)
    shown = decoded(await tenantry("content", "show", made, "--json"))
    assert (shown["id"], shown["caption"]) == (made, "Fresh bread today.")
    assert "Fresh bread today." in (await tenantry("content", "show", made)).stdout


@pytest.mark.parametrize(
    ("words", "decision"),
    [
        (["approve", "--note", "Nice"], {"decision": "approved", "revision": 1, "note": "Nice"}),
        (["approve", "--revision", "1"], {"decision": "approved", "revision": 1, "note": None}),
        (["reject", "--reason", "No"], {"decision": "rejected", "revision": 1, "note": "No"}),
    ],
)
async def test_a_decision_is_made_once(
    tenantry: Tenantry, conn: Conn, project_id: UUID, words: list[str], decision: dict[str, Any]
) -> None:
    made = await create(conn, project_id)
    decided = decoded(await tenantry("content", *words, made, "--json"))
    assert decided["approvalStatus"] == decision["decision"]
    assert decided["decision"] | decision == decided["decision"]
    again = refused(await tenantry("content", *words, made, "--json"), 4)
    assert again["details"] == {"reason": "ALREADY_DECIDED", "approvalStatus": decision["decision"]}


async def test_a_revision_that_is_gone_is_told(tenantry: Tenantry, conn: Conn, project_id: UUID) -> None:
    made = await create(conn, project_id)
    error = refused(await tenantry("content", "approve", made, "--revision", "2", "--json"), 4)
    assert error["details"] == {"reason": "VERSION_MISMATCH", "revision": 1}


async def test_an_edit_makes_a_revision_that_has_to_be_approved_anew(
    tenantry: Tenantry, conn: Conn, project_id: UUID
) -> None:
    made = await create(conn, project_id)
    decoded(await tenantry("content", "approve", made, "--json"))
    words = ["content", "edit", made, "--caption", "At 7.", "--revision", "1", "--json"]
    edited = decoded(await tenantry(*words))
    assert (edited["caption"], edited["revision"], edited["approvalStatus"]) == ("At 7.", 2, "pending")
    same = decoded(await tenantry("content", "edit", made, "--caption", "At 7.", "--json"))
    assert same == edited
    stale = refused(await tenantry(*words), 4)
    assert (stale["code"], "--revision" in stale["message"]) == ("PRECONDITION_FAILED", True)


async def test_what_can_not_be_edited_stays_as_it_is(
    tenantry: Tenantry, conn: Conn, pool: Pool, project_id: UUID
) -> None:
    made, no = [await create(conn, project_id) for _ in range(2)]
    decoded(await tenantry("content", "reject", no, "--reason", "No", "--json"))
    async with unchanged(pool):
        assert refused(await tenantry("content", "edit", no, "--caption", "x", "--json"), 4)
        for caption in ("", " ", "x" * 5001):
            words = ["content", "edit", made, "--caption", caption, "--json"]
            assert refused(await tenantry(*words), 2)["code"] == "VALIDATION"


async def test_a_policy_is_shown_and_changed_as_far_as_is_said(
    tenantry: Tenantry, conn: Conn, project_id: UUID
) -> None:
    await create(conn, project_id)
    words = ["content", "policy", str(project_id), "--json"]
    shown = {"requiresApproval": True, "firstNPostsBlocked": 0, "currentBlockedCount": 1}
    assert decoded(await tenantry(*words)) == shown
    assert decoded(await tenantry(*words, "--first", "5")) == shown | {"firstNPostsBlocked": 5}
    loose = decoded(await tenantry(*words, "--no-requires-approval"))
    assert loose == {"requiresApproval": False, "firstNPostsBlocked": 5, "currentBlockedCount": 1}
    assert decoded(await tenantry(*words, "--requires-approval", "--first", "0")) == shown
    lines = await conn.fetch("select * from audit_log where action = 'approval_policy.updated' order by id")
    assert [line["api_key_id"] for line in lines] == [None] * 4
    assert lines[-1]["details"]["after"] == {"requires_approval": True, "first_n_posts_blocked": 0}


async def test_another_organizations_content_is_not_found(
    tenantry: Tenantry, conn: Conn, pool: Pool, project_id: UUID
) -> None:
    made = await create(conn, project_id)
    verbs = (["show"], ["approve"], ["reject", "--reason", "No"], ["edit", "--caption", "x"])
    async with unchanged(pool):
        for words in verbs:
            assert refused(await tenantry("content", *words, made, "--sandbox", "--json"), 3)
        for change in ([], ["--first", "5"]):
            words = ["content", "policy", str(project_id), *change, "--sandbox", "--json"]
            assert refused(await tenantry(*words), 3)
        assert (await tenantry("content", "policy", str(project_id), "--first", "51")).exit_code == 2
