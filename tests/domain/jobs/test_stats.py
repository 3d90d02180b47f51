"""Statistics of jobs: what ended in which bucket, however many there are, and no more read than is shown."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from db.pool import Conn
from domain.jobs import stats
from schemas import ids
from schemas.job_stats import JobStats
from tests import plans
from tests.jobs import scene
from tests.jobs.scene import FREE_ERRAND

pytestmark = pytest.mark.fresh

NOW = datetime(2026, 3, 29, 1, 30, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def end(
    conn: Conn, org: UUID, at: datetime, state: str = "completed", *, internal: bool = False
) -> None:
    """A job that was accepted 30 seconds before its first attempt, which took 10 and ended then."""
    begun = at - timedelta(seconds=10)
    error = {"code": "TIMEOUT", "message": "m", "retryable": True} if state == "failed" else None
    await conn.execute(
        """insert into job (organization_id, id, kind, pool, internal, state, stage, args, max_attempts,
                            run_at, deadline_at, created_at, started_at, finished_at, error)
           values ($1, $2, $3, $4, $5, $6, $6, '{}', 3, $7, now(), $7, $8, $9, $10)""",
        org,
        UUID(int=ids.first_of(at - 4 * timedelta(seconds=10)).int + ids.new().int % 2**60),
        FREE_ERRAND.name,
        FREE_ERRAND.pool,
        internal,
        state,
        begun - timedelta(seconds=30),
        begun,
        at,
        error,
    )


async def ended(conn: Conn, window: str = "hour", pool: str | None = None) -> JobStats:
    return await stats.measure_ended(conn, window=window, pool=pool, now=NOW)  # type: ignore[arg-type]


async def test_each_end_is_in_its_bucket(conn: Conn) -> None:
    one, other = await scene.tenants(conn, 2)
    last = NOW.replace(second=0)
    await end(conn, one, last)
    await end(conn, other, last + timedelta(seconds=19), "failed")
    await end(conn, one, last - timedelta(microseconds=1), "canceled")
    await end(conn, one, last - 59 * MINUTE)
    await end(conn, one, last - 59 * MINUTE - timedelta(microseconds=1))
    found = await ended(conn)
    assert len(found.buckets) == 60
    assert (found.since, found.until) == (last - 59 * MINUTE, last + MINUTE)
    told = [(b.at, b.completed, b.failed, b.canceled) for b in found.buckets if b.run_seconds.p50]
    assert told == [(last - 59 * MINUTE, 1, 0, 0), (last - MINUTE, 0, 0, 1), (last, 1, 1, 0)]
    assert (found.buckets[-1].wait_seconds.p50, found.buckets[-1].run_seconds.p95) == (30.0, 10.0)
    assert [(error.code, error.jobs) for error in found.errors] == [("TIMEOUT", 1)]
    assert (await ended(conn, "day")).buckets[-1].completed == 1
    assert sum(bucket.completed for bucket in (await ended(conn, pool="ingest")).buckets) == 0


async def test_an_organization_sees_its_own_without_internal_ones(conn: Conn) -> None:
    """By when they were accepted, those that run too."""
    one, other = await scene.tenants(conn, 2)
    for org, internal in ((one, False), (one, True), (other, False)):
        await end(conn, org, NOW, internal=internal)
    await scene.submit(conn, one)
    now = datetime.now(UTC)
    then = await stats.measure(conn, organization_id=one, window="hour", now=NOW)
    assert [(b.at, b.completed) for b in then.buckets if b.completed] == [
        (NOW.replace(minute=29, second=0), 1)
    ]
    today = await stats.measure(conn, organization_id=one, window="day", now=now)
    assert sum(bucket.running for bucket in today.buckets) == 1


async def test_many_are_estimated_by_the_rate_of_those_that_are_read(
    conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """600 in a minute, evenly; of which 60 are read, by the index alone."""
    monkeypatch.setattr(stats, "MOST", 60)
    [org] = await scene.tenants(conn)
    last = NOW.replace(second=0)
    await conn.execute(
        """insert into job (organization_id, id, kind, pool, state, stage, args, max_attempts, run_at,
                            deadline_at, started_at, finished_at)
           select $1, gen_random_uuid(), $2, $3, 'completed', 'completed', '{}', 3, t.at, t.at, t.at, t.at
             from generate_series(0, 599) n
            cross join lateral (select $4::timestamptz + n * interval '100 milliseconds' as at) t""",
        org,
        FREE_ERRAND.name,
        FREE_ERRAND.pool,
        last,
    )
    await conn.execute("analyze job")
    await ended(conn)
    async with plans.reading(conn, "job") as come:
        found = await ended(conn)
    assert found.buckets[-1].completed == pytest.approx(600, rel=0.05)
    assert found.buckets[-1].estimated
    assert (come.scans, come.rows) == (0, 60)
