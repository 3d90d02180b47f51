"""Partners' and reviewers' operations on content, and their results."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from db.pool import Conn
from domain.content import approvals, content
from domain.projects import projects
from schemas.content import ApprovalPolicy, ApprovalPolicyPatch, Content, ContentPatch
from tests import seeds
from tests.domain.project import Project

URL = "https://api.example"


def named(project: Project, content_id: UUID) -> dict[str, Any]:
    return {"organization_id": project.org, "content_id": content_id, "public_url": URL}


async def policy(conn: Conn, project: Project, **fields: Any) -> ApprovalPolicy:
    where: dict[str, Any] = {"organization_id": project.org, "project_id": project.id, "api_key_id": None}
    async with conn.transaction():
        return await approvals.apply_approval_policy_patch(conn, **where, body=ApprovalPolicyPatch(**fields))


async def create(conn: Conn, project: Project) -> UUID:
    return await seeds.content(conn, project.org, project.id)


async def approve(conn: Conn, project: Project, content_id: UUID, revision: int | None = None) -> Content:
    asked = named(project, content_id) | {"api_key_id": None, "revision": revision, "note": None}
    async with conn.transaction():
        return (await approvals.approve_content_and_posts(conn, **asked, now=datetime.now(UTC)))[0]


async def reject(conn: Conn, project: Project, content_id: UUID, revision: int | None = None) -> Content:
    asked = named(project, content_id) | {"api_key_id": None, "revision": revision, "reason": "no"}
    async with conn.transaction():
        return await approvals.reject_content_and_posts(conn, **asked)


async def edit(conn: Conn, project: Project, content_id: UUID, caption: str, versions: Any = None) -> Content:
    asked = named(project, content_id) | {"patch": ContentPatch(caption=caption), "versions": versions}
    async with conn.transaction():
        return await content.edit_content(conn, **asked)


async def status(conn: Conn, content_id: UUID) -> str:
    found: str = await conn.fetchval("select approval_status from content_item where id = $1", content_id)
    return found


async def blocked(conn: Conn, project: Project) -> int:
    found, _ = await projects.read_project(conn, organization_id=project.org, project_id=project.id)
    return found.current_blocked_count
