"""Caps in docs/reference/limits.md equal those of a new database."""

from db.pool import Conn
from tools.docs.contract import render_job_caps_by_tier


async def test_caps_equal_the_migrated_database(conn: Conn) -> None:
    caps = await conn.fetch(
        """select distinct tier, max_running, max_queued
             from pool_cap
            where tier <> 'suspended'
            order by max_running, tier"""
    )
    _, _, *lines = render_job_caps_by_tier().splitlines()
    assert lines == [f"| `{tier}` | {running:,} | {waiting:,} |" for tier, running, waiting in caps]
