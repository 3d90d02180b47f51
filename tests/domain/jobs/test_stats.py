"""Statistics of jobs: counts by bucket for any number of jobs, from bounded reads."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn
from domain.jobs import stats
from jobs.kinds import COLLECT_METRICS_KIND, CONTENT_GENERATE_KIND
from schemas import ids
from schemas.job_stats import JobStats
from tests import plans
from tests.jobs import scene

pytestmark = pytest.mark.fresh

NOW = datetime(2026, 3, 29, 1, 30, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def end(conn: Conn, org: UUID, at: datetime, state: str = "completed", *, internal: bool = False) -> None:
    """Insert a job that waited 30 seconds for its first attempt, which took 10 and ended then."""
    begun = at - timedelta(seconds=10)
    error = {"code": "TIMEOUT", "message": "m", "retryable": True} if state == "failed" else None
    await conn.execute(
        """insert into job (organization_id, id, kind, pool, internal, state, stage, args, max_attempts,
                            run_at, deadline_at, created_at, started_at, finished_at, error)
           values ($1, $2, $3, $4, $5, $6, $6, '{}', 3, $7, now(), $7, $8, $9, $10)""",
        org,
        UUID(int=ids.first_uuid7_at(at - 4 * timedelta(seconds=10)).int + ids.new_uuid7().int % 2**60),
        (COLLECT_METRICS_KIND if internal else CONTENT_GENERATE_KIND).name,
        CONTENT_GENERATE_KIND.pool,
        internal,
        state,
        begun - timedelta(seconds=30),
        begun,
        at,
        error,
    )


async def ended(conn: Conn, window: str = "hour", pool: str | None = None) -> JobStats:
    return await stats.read_ended_job_stats(conn, window=window, pool=pool, now=NOW)  # type: ignore[arg-type]


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
    """By the time of acceptance, running ones included."""
    one, other = await scene.tenants(conn, 2)
    for org, internal in ((one, False), (one, True), (other, False)):
        await end(conn, org, NOW, internal=internal)
    await scene.submit(conn, one)
    now = datetime.now(UTC)
    then = await stats.read_organization_job_stats(conn, organization_id=one, window="hour", now=NOW)
    assert [(b.at, b.completed) for b in then.buckets if b.completed] == [(NOW.replace(minute=29, second=0), 1)]
    today = await stats.read_organization_job_stats(conn, organization_id=one, window="day", now=now)
    assert sum(bucket.running for bucket in today.buckets) == 1


async def burst(conn: Conn, at: datetime, jobs: int, within: timedelta, state: str = "completed") -> UUID:
    """Insert jobs of a new tenant, accepted and ended evenly within a period after `at`."""
    [org] = await scene.tenants(conn)
    await conn.execute(
        """insert into job (organization_id, id, kind, pool, state, stage, args, max_attempts, run_at,
                            deadline_at, created_at, started_at, finished_at, error)
           select $1, (lpad(to_hex((extract(epoch from t.at) * 1000)::bigint), 12, '0')
                       || substr(gen_random_uuid()::text, 14))::uuid,
                  $2, $3, $7, $7, '{}', 3, t.at, t.at, t.at, t.at, t.at,
                  case $7 when 'failed' then jsonb_build_object('code', 'TIMEOUT') end
             from generate_series(0, $5 - 1) n
            cross join lateral (select $4::timestamptz + n * ($6::interval / $5) as at) t""",
        org,
        CONTENT_GENERATE_KIND.name,
        CONTENT_GENERATE_KIND.pool,
        at,
        jobs,
        within,
        state,
    )
    return org


async def test_burst_is_counted_in_full(conn: Conn) -> None:
    last = NOW.replace(second=0)
    org = await burst(conn, last + timedelta(seconds=0.5), 250, timedelta(seconds=1.5))
    await burst(conn, last + timedelta(seconds=5), 70, timedelta(seconds=1), "failed")
    found = await ended(conn)
    own = await stats.read_organization_job_stats(conn, organization_id=org, window="hour", now=NOW)
    assert [(b.completed, b.failed, b.sampled) for b in found.buckets if b.completed] == [(250, 70, True)]
    assert [(b.completed, b.failed, b.sampled) for b in own.buckets if b.completed] == [(250, 0, False)]
    assert [(error.code, error.jobs) for error in found.errors] == [("TIMEOUT", 70)]


async def mixed_burst(conn: Conn) -> dict[str, Any]:
    """Insert 900 jobs of a minute, a third of them failed; return the arguments of their organization's statistics."""
    org = await burst(conn, NOW.replace(second=0), 600, MINUTE)
    await burst(conn, NOW.replace(second=0), 300, MINUTE, "failed")
    await conn.execute("update job set organization_id = $1", org)
    await conn.execute("vacuum analyze job")
    return {"organization_id": org, "window": "hour", "now": NOW}


async def test_an_organizations_many_jobs_are_counted_from_a_sample(
    conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are counted by an index alone; the failed ones are evenly spread: the sample is 120 rows."""
    monkeypatch.setattr(stats, "MAX_FULLY_READ_JOBS_PER_BUCKET", 120)
    monkeypatch.setattr(stats, "SAMPLED_JOBS_PER_BUCKET_PART", 6)
    await check_reads(conn, partial(stats.read_organization_job_stats, conn, **await mixed_burst(conn)), 900 + 120, 120)


async def test_many_ended_jobs_are_counted_by_indexes_alone(conn: Conn) -> None:
    """Their codes come from 100 failed ones, and their times from 80."""
    await mixed_burst(conn)
    await check_reads(conn, partial(ended, conn), 900 + 300 + 100 + 80, 100)


async def check_reads(conn: Conn, read: Callable[[], Awaitable[JobStats]], rows: int, sampled_above: int) -> None:
    """Check that `read` counts the mixed burst from at most `rows` rows of tables and indexes."""
    for _ in range(plans.TIMES):
        await read()
    async with plans.reading(conn, "job") as come:
        found = await read()
    last = found.buckets[-1]
    assert (last.completed, last.failed, last.sampled, found.sampled_above) == (600, 300, True, sampled_above)
    assert [(error.code, error.jobs) for error in found.errors] == [("TIMEOUT", 300)]
    assert (come.scans, come.rows <= rows) == (0, True), come


async def test_busy_pool_gives_most_of_a_sample(conn: Conn) -> None:
    """Nine of ten jobs are of a pool whose jobs run for no time; the rest take 10 seconds."""
    last = NOW.replace(second=0)
    org = await burst(conn, last, 900, MINUTE)
    for n in range(100):
        await end(conn, org, last + timedelta(seconds=n * 0.6))
    await conn.execute("update job set pool = 'ingest' where finished_at > started_at")
    bucket = (await ended(conn)).buckets[-1]
    assert (bucket.completed, bucket.run_seconds.p50, bucket.run_seconds.p95) == (1_000, 0.0, 10.0)
