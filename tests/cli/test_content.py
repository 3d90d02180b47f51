from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn
from domain import approvals
from schemas import ids
from schemas.content import ApprovalPolicyPatch
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused

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


async def test_another_organizations_content_is_not_found(
    tenantry: Tenantry, conn: Conn, project_id: UUID
) -> None:
    made = await create(conn, project_id)
    for words in (["show"], ["approve"], ["reject", "--reason", "No"]):
        assert refused(await tenantry("content", *words, made, "--sandbox", "--json"), 3)
