"""Rows of a run: tenants with caps, waiting jobs, and the check that each job ran exactly once."""

from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any
from uuid import UUID

from chaos.tasks import BENCH_POOL
from db.pool import Pool
from jobs import ledger
from jobs.kinds import JobKindSpec
from schemas import ids
from schemas.errors import BenchmarkFailed

#: Effects of a run's tasks. No primary key, so that a job that ran twice shows.
CREATE_BENCH_TABLE = "create table if not exists bench_effect (job_id uuid not null, fence bigint not null)"

#: Queue caps that no run reaches; the running caps are those of a real pool.
INSERT_POOL_CAPS = """
insert into pool_cap (tier, pool, max_running, max_queued)
select tier, $1, max_running, 1000000 from pool_cap where pool = 'ingest'
on conflict do nothing"""

INSERT_TENANTS = """
insert into organization (id, name, env, tier)
select id, 'bench', 'live', 'standard' from unnest($1::uuid[]) id"""

#: Copies of a submitted row, so that no column is forgotten.
INSERT_COPIES_OF_SUBMITTED_JOB = """
insert into job
select (jsonb_populate_record(template, jsonb_build_object('organization_id', c.org, 'id', c.id))).*
  from job template, unnest($2::uuid[], $3::uuid[]) c (org, id)
 where template.id = $1"""

COUNT_BENCH_JOBS_AND_EFFECTS = """
select count(*) filter (where state = 'completed') as completed, count(*) as jobs, max(fence) as fence,
       (select count(*) from ended_attempt) as attempts,
       (select count(*) from bench_effect) as effects,
       (select count(distinct job_id) from bench_effect) as touched
  from job"""


async def reset_bench_database_with_tenants(pool: Pool, *, tenants: int) -> list[UUID]:
    """Delete all organizations and jobs. Create the bench pool, its caps and `tenants` live organizations.

    The organizations are of the lowest tier. Return their ids.
    """
    await pool.execute(CREATE_BENCH_TABLE)
    await pool.execute("truncate organization cascade")
    await delete_all_jobs(pool)
    await pool.execute("insert into pool (name) values ($1) on conflict do nothing", BENCH_POOL)
    await pool.execute(INSERT_POOL_CAPS, BENCH_POOL)
    made = [ids.new_uuid7() for _ in range(tenants)]
    await pool.execute(INSERT_TENANTS, made)
    return made


async def delete_all_jobs(pool: Pool) -> None:
    """Delete all jobs, attempts and effects, so that no round pays for the previous one."""
    await pool.execute("truncate job, job_attempt, bench_effect cascade")


async def insert_waiting_jobs(
    pool: Pool, kind: JobKindSpec, tenants: Sequence[UUID], *, count: int, args: dict[str, Any] | None = None
) -> None:
    """Insert `count` waiting jobs of a kind, spread over the tenants in turn, and refresh statistics.

    Wakes no worker.
    """
    async with pool.acquire() as conn:
        first = await ledger.submit_job(conn, kind=kind, organization_id=tenants[0], project_id=None, args=args or {})
    owners = list(islice(cycle(tenants), 1, count))
    await pool.execute(INSERT_COPIES_OF_SUBMITTED_JOB, first.job_id, owners, [ids.new_uuid7() for _ in owners])
    await pool.execute("vacuum analyze job")


async def check_bench_jobs_neither_lost_nor_doubled(
    pool: Pool, *, count: int, effects: int = 0, fence: int = 1
) -> None:
    """Check that all jobs completed: `count` jobs in `fence` attempts each, with `effects` effects in all.

    Raises `BenchmarkFailed` for any other number, or for a job with two effects.
    """
    row = dict(await pool.fetchrow(COUNT_BENCH_JOBS_AND_EFFECTS) or {})
    wanted = {
        "completed": count, "jobs": count, "fence": fence, "attempts": count * fence,
        "effects": effects, "touched": effects,
    }  # fmt: skip
    if row != wanted:
        raise BenchmarkFailed(f"lost or doubled: found {row}, wanted {wanted}")
