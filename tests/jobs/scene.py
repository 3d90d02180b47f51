"""Tenants, workers and jobs for the ledger's tests."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from db.pool import Conn, Pool
from db.queries import worker as worker_statements
from jobs import controls, ledger
from jobs.kinds import JobKindSpec
from jobs.ledger import AttemptSettlement, ChangedJob, JobClaim, SubmittedJob
from jobs.outcomes import Done, TaskOutcome
from schemas import ids
from tests.waiting import eventually

T = TypeVar("T")

#: Kinds of a pool with caps (a standard tenant has 5 running at most), of a pool without, and an internal
#: one.
TEST_JOB = JobKindSpec("run_errand", "ingest", "jobs:read", timeout_s=60, max_attempts=3, total_s=3600)
UNCAPPED_JOB = TEST_JOB._replace(name="run_free_errand", pool="default")
INTERNAL_JOB = TEST_JOB._replace(name="tidy_up", internal=True)


async def tenants(conn: Conn, count: int = 1, *, tier: str = "standard") -> list[UUID]:
    """Insert live organizations; return them in the order of their ids."""
    made = sorted(ids.new_uuid7() for _ in range(count))
    await conn.executemany(
        "insert into organization (id, name, env, tier) values ($1, 'Acme', 'live', $2)", [(org, tier) for org in made]
    )
    return made


async def worker(conn: Conn, kind: JobKindSpec = TEST_JOB, *, lease_s: float = 60, slots: int = 10) -> UUID:
    worker_id = ids.new_uuid7()
    await worker_statements.register_worker.run(
        conn, id=worker_id, pool=kind.pool, host="test", pid=1, version="1", slots=slots, lease_s=lease_s
    )
    return worker_id


async def cancel(conn: Conn, org: UUID, job_id: UUID) -> ChangedJob | None:
    """Cancel a job; return its row, or None if it can't be canceled."""
    return next(iter(await controls.cancel_open_jobs_by_ids(conn, organization_id=org, job_ids=[job_id])), None)


async def add_huge_worker(conn: Conn) -> None:
    """Register a worker with so many slots that no tenant of a test reaches its share of the pool."""
    await worker(conn, slots=100_000)


async def submit(conn: Conn, org: UUID, kind: JobKindSpec = TEST_JOB, **fields: Any) -> SubmittedJob:
    return await ledger.submit_job(conn, kind=kind, organization_id=org, **{"project_id": None, "args": {}} | fields)


async def insert_due_jobs(conn: Conn, orgs: Sequence[UUID], each: int, kind: JobKindSpec = TEST_JOB) -> None:
    """Insert `each` due jobs for every tenant, one a microsecond, in one statement."""
    await conn.execute(
        """insert into job (organization_id, id, kind, pool, internal, stage, args, max_attempts,
                            run_at, deadline_at)
           select org, gen_random_uuid(), $3, $4, $5, 'queued', '{}', 3,
                  now() - interval '1 minute' + place * interval '1 microsecond', now() + interval '1 hour'
             from unnest($1::uuid[]) org, generate_series(1, $2) place""",
        orgs,
        each,
        kind.name,
        kind.pool,
        kind.internal,
    )


async def pull(conn: Conn, worker_id: UUID, free: int = 10, *kinds: JobKindSpec) -> list[JobClaim]:
    known = kinds or (TEST_JOB,)
    return await ledger.claim_due_jobs(conn, pool=known[0].pool, worker_id=worker_id, free=free, kinds=known)


async def settle(conn: Conn, claims: Sequence[JobClaim], outcome: TaskOutcome | None = None) -> list[str]:
    """Settle the claims; return the jobs' new states in the order of the result. A fenced job has none."""
    moved = await ledger.settle_job_attempts(conn, [AttemptSettlement(claim, outcome or Done()) for claim in claims])
    return [row.state for row in moved]


async def start_job(conn: Conn, org: UUID, kind: JobKindSpec = TEST_JOB, **fields: Any) -> JobClaim:
    """Start a job: submit it and claim it by a new worker."""
    await submit(conn, org, kind, **fields)
    [claim] = await pull(conn, await worker(conn, kind), 1, kind)
    return claim


async def row(conn: Conn, job_id: UUID) -> asyncpg.Record:
    found = await conn.fetchrow("select * from job where id = $1", job_id)
    assert found is not None
    return found


async def list_attempts(conn: Conn, job_id: UUID) -> list[str]:
    """Return the outcome of each attempt, in order."""
    found = await conn.fetch("select outcome from ended_attempt where job_id = $1 order by fence", job_id)
    return [attempt["outcome"] for attempt in found]


async def expire_lease(conn: Conn, claim: JobClaim) -> None:
    """Let the lease of the job's worker run out."""
    await conn.execute(
        """update worker w set lease_expires_at = now() - interval '1 second'
             from job j where j.id = $1 and w.id = j.lease_owner""",
        claim.id,
    )


async def start_blocked(pool: Pool, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
    """Start the work; return its task once it waits for a lock."""
    task = asyncio.create_task(work)
    async with pool.acquire() as observer:
        await eventually(lambda: waits_for_lock(observer))
    return task


async def waits_for_lock(observer: Conn) -> bool:
    """Return whether some session of this database waits for a lock."""
    found = await observer.fetchval(
        """select exists (select from pg_stat_activity
                           where datname = current_database() and wait_event_type = 'Lock')"""
    )
    return bool(found)
