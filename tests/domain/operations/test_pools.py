"""Queued jobs of a pool: exact for few, from the dispatcher's last count for many."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.operations import pools
from jobs import maintenance
from schemas import ops
from tests import plans
from tests.jobs import scene
from tests.jobs.scene import UNCAPPED_JOB

pytestmark = pytest.mark.fresh

COUNTED = 10


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (maintenance, pools):
        monkeypatch.setattr(module, "MAX_JOBS_PER_COUNT_PART", COUNTED)


async def shown(conn: Conn) -> ops.Pool:
    found = await pools.list_worker_pools(conn, slots=10)
    return next(pool for pool in found if pool.name == UNCAPPED_JOB.pool)


async def count(conn: Conn, waiting: int) -> None:
    """Count so many queued jobs completely."""
    for _ in range(waiting // COUNTED + 1):
        await maintenance.count_next_part_of_queued_jobs(conn)


@pytest.mark.parametrize("each", [1, 3, 10, 24])
async def test_many_are_counted_in_parts(conn: Conn, each: int) -> None:
    orgs = await scene.tenants(conn, 5)
    await scene.insert_due_jobs(conn, orgs, each, UNCAPPED_JOB)
    later = datetime.now(UTC) + timedelta(hours=1)
    for org in orgs:
        await scene.submit(conn, org, UNCAPPED_JOB, run_at=later)
    old = "update job set run_at = now() - interval '1 hour' where organization_id = $1 and stage = 'queued'"
    await conn.execute(old, orgs[-1])
    waiting = each * len(orgs)
    assert (await shown(conn)).queued == min(waiting, COUNTED + 1)
    await count(conn, waiting)
    found = await shown(conn)
    assert found.queued == waiting
    assert found.oldest_due_seconds == pytest.approx(3600, abs=60)
    assert found.desired_workers == -(-waiting // 10)
    stored = await conn.fetchval("select count(*) from pool_count")
    assert stored == (waiting >= COUNTED)


async def test_a_count_follows_what_is_submitted_and_taken(conn: Conn) -> None:
    orgs = await scene.tenants(conn, 3)
    worker_id = await scene.worker(conn, UNCAPPED_JOB, slots=1000)
    await scene.insert_due_jobs(conn, orgs, 20, UNCAPPED_JOB)
    await count(conn, 60)
    await scene.insert_due_jobs(conn, orgs, 10, UNCAPPED_JOB)
    await count(conn, 90)
    assert (await shown(conn)).queued == 90
    assert len(await scene.pull(conn, worker_id, 85, UNCAPPED_JOB)) == 85
    assert (await shown(conn)).queued == 5
    await count(conn, 5)
    await scene.insert_due_jobs(conn, orgs, 5, UNCAPPED_JOB)
    await conn.execute("update pool_count set counted_at = now() - interval '1 hour'")
    assert (await shown(conn)).queued == COUNTED + 1
    await count(conn, 20)
    assert (await shown(conn)).queued == 20


async def test_part_without_due_jobs_does_not_stop_the_count(conn: Conn) -> None:
    first, last = await scene.tenants(conn, 2)
    await scene.insert_due_jobs(conn, [first], COUNTED, UNCAPPED_JOB)
    await conn.execute("update job set run_at = now() + interval '1 hour'")
    await scene.insert_due_jobs(conn, [last], COUNTED - 1, UNCAPPED_JOB)
    await count(conn, 2 * COUNTED)
    await conn.execute("update job set run_at = now() - interval '1 minute'")
    await count(conn, 4 * COUNTED)
    assert (await shown(conn)).queued == 2 * COUNTED - 1


async def end(conn: Conn, org: UUID, count: int) -> None:
    """Insert jobs that ran for 20 seconds."""
    await conn.execute(
        """with made as (
             insert into job (organization_id, id, kind, pool, state, stage, args, max_attempts, run_at,
                              deadline_at, finished_at)
             select $1, gen_random_uuid(), $2, $3, 'completed', 'completed', '{}', 3, now(), now(), now()
               from generate_series(1, $4::int)
             returning id)
           insert into job_attempt (organization_id, job_id, fence, attempt, started_at, outcome)
           select $1, id, 1, 1, now() - interval '20 seconds', 'completed' from made""",
        org,
        UNCAPPED_JOB.name,
        UNCAPPED_JOB.pool,
        count,
    )


async def test_mean_run_time_reads_the_last_jobs(pool: Pool, conn: Conn) -> None:
    """Also by a plan for few rows."""
    [org] = await scene.tenants(conn)
    await end(conn, org, 1000)
    await conn.execute("vacuum analyze job, job_attempt")
    async with pool.acquire() as session:
        for _ in range(plans.TIMES):
            await shown(session)
        await end(conn, org, 5000)
        await scene.insert_due_jobs(conn, [org], 3, UNCAPPED_JOB)
        async with plans.reading(session, "job_attempt") as come:
            assert (await shown(session)).desired_workers == 1
    assert come.scans == 0
    assert come.rows <= 100
