"""Schedule with many targets: one job and one post for each, in as many statements as for one target."""

from uuid import UUID

from db.pool import Conn
from tests.domain.project import Project
from tests.domain.publishing import post_scene as scene


async def test_50_targets_take_no_more_statements_than_one(conn: Conn, project: Project) -> None:
    project = await scene.fill(conn, project, 50)
    one = project._replace(account_ids=project.account_ids[:1])
    await scene.schedule(conn, one)
    _, alone = await counted(conn, one)
    post_ids, together = await counted(conn, project)
    assert 1 < together <= alone
    rows = await conn.fetch(
        """select p.id, p.social_account_id, j.args from scheduled_post p join job j on j.id = p.job_id
            where p.id = any($1::uuid[]) order by j.id""",
        post_ids,
    )
    assert [row["id"] for row in rows] == post_ids
    assert [row["social_account_id"] for row in rows] == project.account_ids
    assert [row["args"]["post_id"] for row in rows] == [str(post_id) for post_id in post_ids]


async def counted(conn: Conn, project: Project) -> tuple[list[UUID], int]:
    """Return the posts of a schedule, and the number of its statements."""
    seen: list[str] = []
    with conn.query_logger(lambda statement: seen.append(statement.query)):
        post_ids = await scene.schedule(conn, project)
        await conn.execute("select")  # the logger reports a statement while the next one is sent
    return post_ids, len(seen)
