"""The two compared ledgers, an old one and an empty one, and the rows of the old one."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chaos.backlog import CREATE_BENCH_TABLE
from chaos.tasks import BENCH_POOL, NOOP_BENCH_KIND
from db.pool import Conn
from db.queries import worker
from jobs import ledger
from jobs.kinds import JobKindSpec
from jobs.ledger import AttemptSettlement, JobClaim
from jobs.outcomes import Done
from schemas import ids
from schemas.errors import BenchmarkFailed

LEDGER_PULL_SIZE, LEDGER_BENCH_LEASE_S, TIMED_JOB_LIST_PAGE_SIZE = 10, 3600.0, 25

#: A kind that the comparison's worker doesn't run.
UNKNOWN_BENCH_KIND = NOOP_BENCH_KIND._replace(name="bench_unknown")

#: The caps of the lowest tier, as in a pool of partners' jobs.
INSERT_BENCH_POOL_CAPS = """
insert into pool_cap (tier, pool, max_running, max_queued)
select tier, $1, max_running, max_queued from pool_cap where pool = 'ingest'
on conflict do nothing"""

INSERT_ORGANIZATIONS_WITH_PROJECT = """
with made as (
  insert into organization (id, name, env, tier)
  select id, 'bench', 'live', 'standard' from unnest($1::uuid[]) id
  returning id)
insert into project (organization_id, id, name, timezone, primary_language)
select id, id, 'bench', 'Europe/Berlin', 'en' from made"""

#: A UUIDv7 with the row's time.
SQL_EXPRESSION_OF_BENCH_ROW_UUIDV7 = """(lpad(to_hex((extract(epoch from t.at) * 1000)::bigint), 12, '0') || '7'
         || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid"""

#: Finished jobs over the 29 days before today; one in a thousand failed, one in a thousand was canceled.
INSERT_ENDED_JOBS = f"""
with made as (
  insert into job (organization_id, project_id, id, kind, pool, state, stage, attempt, max_attempts, fence,
                   args, result, error, run_at, deadline_at, created_at, started_at, finished_at)
  select t.org, t.org, {SQL_EXPRESSION_OF_BENCH_ROW_UUIDV7}, $3, $4, t.state, t.state, 1, 3, 1, '{{}}',
         case t.state when 'completed' then '{{}}'::jsonb end,
         case t.state when 'failed'
              then '{{"code": "DEADLINE", "message": "late", "retryable": true}}'::jsonb end,
         t.at, t.at + interval '1 hour', t.at, t.at, t.at + interval '1 second'
    from (select ($1::uuid[])[1 + n % cardinality($1::uuid[])] as org,
                 case n / cardinality($1::uuid[]) % 1000 when 500 then 'failed' when 501 then 'canceled'
                      else 'completed' end as state,
                 now() - interval '1 hour' - interval '29 days' * (1 - n::float8 / $2) as at
            from generate_series(0, $2::int - 1) n) t
  returning organization_id, id, started_at, finished_at)
insert into job_attempt (organization_id, job_id, fence, attempt, started_at, ended_at, outcome)
select organization_id, id, 1, 1, started_at, finished_at, 'completed' from made"""

INSERT_DUE_BACKLOG = f"""
insert into job (organization_id, project_id, id, kind, pool, stage, max_attempts, args, run_at, deadline_at)
select t.org, t.org, {SQL_EXPRESSION_OF_BENCH_ROW_UUIDV7}, $3, $4, 'queued', 3, '{{}}', t.at,
       now() + interval '2 hours'
  from (select ($1::uuid[])[1 + n % cardinality($1::uuid[])] as org,
               now() - interval '1 minute' + n * interval '10 microseconds' as at
          from generate_series(0, $2::int - 1) n) t"""

INSERT_RUNNING_JOBS = f"""
insert into job (organization_id, project_id, id, kind, pool, state, stage, attempt, max_attempts, fence,
                 args, lease_owner, run_at, deadline_at, started_at, attempt_started_at, attempt_deadline_at)
select t.org, t.org, {SQL_EXPRESSION_OF_BENCH_ROW_UUIDV7}, $3, $4, 'running', 'starting', 1, 3, 1,
       '{{}}', $5, t.at, now() + interval '2 hours', now(), now(), now() + interval '1 hour'
  from (select org, now() - interval '2 minutes' as at
          from unnest($1::uuid[]) org, generate_series(1, $2)) t"""


@dataclass
class BenchLedger:
    """One ledger with the connection of its timed statements; an `old` one has waiting jobs."""

    conn: Conn
    old: bool
    tenants: list[UUID] = field(default_factory=list)
    worker_id: UUID = field(default_factory=ids.new_uuid7)
    next_tenants: Iterator[UUID] = field(default_factory=lambda: iter(()))

    async def reset_tenants_and_worker(self, *, tenants: int) -> None:
        """Empty the ledger, then create `tenants` organizations of the lowest tier and one worker."""
        self.tenants, self.worker_id = [ids.new_uuid7() for _ in range(tenants)], ids.new_uuid7()
        self.next_tenants = itertools.cycle(self.tenants)
        await self.conn.execute("set statement_timeout = 0")
        await self.conn.execute(CREATE_BENCH_TABLE)
        await self.conn.execute("truncate organization, worker, job_attempt cascade")
        await self.conn.execute("insert into pool (name) values ($1) on conflict do nothing", BENCH_POOL)
        await self.conn.execute(INSERT_BENCH_POOL_CAPS, BENCH_POOL)
        await self.conn.execute(INSERT_ORGANIZATIONS_WITH_PROJECT, self.tenants)
        await worker.register_worker.run(
            self.conn, id=self.worker_id, pool=BENCH_POOL, host="bench", pid=0, version="0",
            slots=LEDGER_PULL_SIZE, lease_s=LEDGER_BENCH_LEASE_S,
        )  # fmt: skip

    async def insert_jobs_for_timed_job_list(self, org: UUID, *, waiting: int) -> None:
        """Insert `waiting` open jobs of one tenant, as many as it has on the old ledger, and 1,000 ended ones."""
        later = datetime.now(UTC) + timedelta(hours=1)
        for _ in range(waiting):
            await ledger.submit_job(
                self.conn, kind=NOOP_BENCH_KIND, organization_id=org, project_id=org, args={}, run_at=later
            )
        await self.conn.execute(INSERT_ENDED_JOBS, [org], 1_000, NOOP_BENCH_KIND.name, BENCH_POOL)
        await self.vacuum_analyze()

    async def insert_ended_and_due_jobs(self, *, ended: int, waiting: int) -> None:
        """Insert a month of ended jobs, then `waiting` due ones, and refresh statistics."""
        await self.conn.execute(INSERT_ENDED_JOBS, self.tenants, ended, NOOP_BENCH_KIND.name, BENCH_POOL, timeout=600)
        await self.insert_due_jobs(self.tenants, waiting)

    async def insert_due_jobs(self, tenants: list[UUID], count: int, kind: JobKindSpec = NOOP_BENCH_KIND) -> None:
        """Insert `count` due jobs, spread over these tenants in turn, and refresh statistics."""
        await self.conn.execute(INSERT_DUE_BACKLOG, tenants, count, kind.name, BENCH_POOL, timeout=600)
        await self.vacuum_analyze()

    async def insert_running_jobs(self, tenants: list[UUID], each: int) -> None:
        """Insert `each` running jobs for each of these tenants, on another worker."""
        await self.conn.execute(
            INSERT_RUNNING_JOBS, tenants, each, NOOP_BENCH_KIND.name, BENCH_POOL, ids.new_uuid7(), timeout=600
        )

    async def vacuum_analyze(self) -> None:
        """Refresh the statistics of all tables and remove dead rows, as after autovacuum."""
        await self.conn.execute("vacuum analyze", timeout=600)

    async def submit_job_for_each_next_tenant(self, count: int) -> None:
        """Submit one job for each of the next `count` tenants."""
        for org in itertools.islice(self.next_tenants, count):
            await ledger.submit_job(self.conn, kind=NOOP_BENCH_KIND, organization_id=org, project_id=None, args={})

    async def pull_jobs(self, free: int = LEDGER_PULL_SIZE) -> list[JobClaim]:
        return await ledger.claim_due_jobs(
            self.conn, pool=BENCH_POOL, worker_id=self.worker_id, free=free, kinds=[NOOP_BENCH_KIND]
        )

    async def pull_exactly(self, count: int) -> list[JobClaim]:
        """Pull `count` jobs (an empty ledger gets them first); return claims. Raise `BenchmarkFailed` for fewer."""
        if not self.old:
            await self.submit_job_for_each_next_tenant(count)
        pulled = await self.pull_jobs(count)
        if len(pulled) != count or len({claim.id for claim in pulled}) != count:
            raise BenchmarkFailed(f"pulled {len(pulled)} jobs of {count}")
        return pulled

    async def complete_jobs(self, claims: list[JobClaim]) -> None:
        """Complete the pulled jobs. Raises `BenchmarkFailed` if another attempt owned one."""
        moved = await ledger.settle_job_attempts(self.conn, [AttemptSettlement(claim, Done()) for claim in claims])
        if len(moved) != len(claims):
            raise BenchmarkFailed(f"settled {len(moved)} jobs of {len(claims)}")
