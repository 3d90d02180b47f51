"""Posts move as the table says, and the database knows the same states."""

import re

from db.pool import Conn
from domain.publishing.states import PostState


async def test_the_database_knows_the_same_states(conn: Conn) -> None:
    states = await conn.fetchval(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'scheduled_post_status_check'"
    )
    assert set(re.findall(r"'(\w+)'", states)) == set(PostState)
