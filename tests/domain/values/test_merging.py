"""A multi-value list uses one snapshot, under concurrent changes of its rows."""

from typing import NamedTuple
from uuid import UUID

from db.pool import Conn, Pool
from domain.values import multi_value_filter
from tests.domain.project import Project


class Row(NamedTuple):
    id: UUID


async def test_row_that_moves_meanwhile_is_found_once(pool: Pool, conn: Conn, project: Project) -> None:
    archive = "update project set status = 'archived', archived_at = now() where id = $1"

    async def find(conn: Conn, *, status: str, limit: int) -> list[Row]:
        found = await conn.fetch("select id from project where status = $1", status)
        if status == "active":
            await pool.execute(archive, project.id)
        return [Row(row["id"]) for row in found]

    leading = multi_value_filter.split_search_by_filter_value(status=["active", "archived"])
    assert await multi_value_filter.find_newest_rows_of_searches(conn, find, {"limit": 10}, leading) == [
        Row(project.id)
    ]
    assert await multi_value_filter.find_newest_rows_of_searches(conn, find, {"limit": 10}, leading) == [
        Row(project.id)
    ]
