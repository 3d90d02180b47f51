"""The caps that docs/reference/limits.md has are those of a new database."""

from db.pool import Conn
from docs.make.contract import job_limits


async def test_caps_are_those_that_migrations_leave(conn: Conn) -> None:
    caps = await conn.fetch(
        """select distinct tier, max_running, max_queued
             from pool_cap
            where tier <> 'suspended'
            order by max_running, tier"""
    )
    _, _, *lines = job_limits().splitlines()
    assert lines == [f"| `{tier}` | {running:,} | {waiting:,} |" for tier, running, waiting in caps]
