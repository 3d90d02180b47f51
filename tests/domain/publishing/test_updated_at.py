"""`updatedAt` of a post: the time of its last change by any statement."""

import re

import pytest

from db.pool import Conn, Pool
from db.queries import outgoing_post, scheduled_post
from domain.publishing import posts
from schemas import ids
from tests.db.test_queries import STATEMENTS
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene

_UPDATE = re.compile(r"update scheduled_post\b.*?(?=\n\s*where\b|\n\s*from\b)", re.DOTALL)
UPDATES = [(query.name, found[0]) for _, query in STATEMENTS for found in _UPDATE.finditer(query.sql)]


def test_statements_with_a_new_version_set_updated_at() -> None:
    assert len(UPDATES) >= 20
    wrong = [name for name, text in UPDATES if ("version + 1" in text) != ("updated_at = now()" in text)]
    assert wrong == []


@pytest.mark.parametrize("change", ["keep_error", "move", "cancel"])
async def test_a_change_moves_it(pool: Pool, conn: Conn, project: Project, change: str) -> None:
    project = await scene.fill(conn, project, accounts=1)
    [post_id] = await scene.schedule(conn, project)
    await conn.execute("update scheduled_post set updated_at = updated_at - interval '1 hour'")
    before, version = await posts.get(conn, organization_id=project.org, post_id=post_id)
    where = {"org": project.org, "id": post_id}
    if change == "keep_error":
        await outgoing_post.keep_error.run(conn, **where, error={"code": "x"})
    elif change == "move":
        moved = {"scheduled_for": before.scheduled_for, "status": "queued", "job_id": ids.new()}
        await scheduled_post.move_post.run(conn, **where, **moved)
    else:
        await scheduled_post.cancel_posts.all(conn, org=project.org, ids=[post_id], reason="x")
    row = await conn.fetchrow("select updated_at, version from scheduled_post where id = $1", post_id)
    assert row is not None
    assert row["updated_at"] > before.updated_at
    assert row["version"] == version + 1
