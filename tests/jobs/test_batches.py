"""Due and overdue jobs move in batches, by a cached plan."""

from datetime import UTC, datetime, timedelta

import pytest

from db.pool import Conn
from db.queries import job_maintenance
from jobs import maintenance
from tests import plans
from tests.jobs import scene

pytestmark = pytest.mark.fresh

PAST = datetime.now(UTC) - timedelta(days=1)


async def _fill(conn: Conn, count: int) -> None:
    await scene.insert_due_jobs(conn, await scene.tenants(conn), count)


async def test_a_batch_of_scheduled_jobs_falls_due_at_once_and_ends_at_once(conn: Conn) -> None:
    await _fill(conn, maintenance.MAX_MAINTENANCE_ROWS + 1)
    batches = [maintenance.MAX_MAINTENANCE_ROWS, 1]
    await conn.execute("update job set stage = 'scheduled'")
    assert [await maintenance.promote_scheduled_jobs(conn) for _ in range(2)] == batches
    await conn.execute("update job set deadline_at = $1", PAST)
    assert [len(await maintenance.fail_queued_jobs_past_deadline(conn)) for _ in range(2)] == batches


async def test_the_plan_is_kept_where_many_wait_and_many_have_ended(conn: Conn) -> None:
    """Most deadlines are past, but not those of waiting jobs, so that the planner expects many rows."""
    await _fill(conn, 60 * maintenance.MAX_MAINTENANCE_ROWS)
    await conn.execute(
        """update job set state = 'completed', stage = 'completed', finished_at = now(), deadline_at = $1
            where id < '80000000-0000-0000-0000-000000000000'""",
        PAST,
    )
    await conn.execute("vacuum analyze job")
    for _ in range(plans.TIMES):
        assert await maintenance.fail_queued_jobs_past_deadline(conn) == []
    kept = "select generic_plans > 0 from pg_prepared_statements where statement = $1"
    assert await conn.fetchval(kept, job_maintenance.end_overdue_jobs.sql)
