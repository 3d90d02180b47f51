"""Frequent statements read few rows of a large ledger, also with plans from an empty one."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool
from domain.jobs import counts, jobs, timelines, wait_reasons
from domain.operations import pools
from jobs import controls, heartbeat, ledger, maintenance, steps
from jobs.ledger import JobClaim, NewJob
from jobs.outcomes import Done, Snooze
from schemas import ids
from tests import plans, seeds
from tests.jobs import scene
from tests.jobs.scene import TEST_JOB, UNCAPPED_JOB
from tests.waiting import eventually

pytestmark = pytest.mark.fresh

TENANTS, EACH, ENDED, RUNNING, WAITING, SCHEDULED = 200, 100, 20_000, 200, 5_000, 10_000
FUTURE = datetime.max.replace(tzinfo=UTC)

#: A pull that reads more than 580 rows walks once more over each waiting line, and stores skip hints.
PULL = 580 + 4 * RUNNING + 8 * TENANTS


#: Jobs that have left their lines. Each statement reads their dead index entries, as long as any snapshot may
#: see them, including that of an autovacuum of another table.
GONE = 2 * RUNNING

#: A filter on open jobs reads the tenant's open jobs, bounded by its caps, and no ended jobs.
OPEN = SCHEDULED + WAITING + EACH + 2 * RUNNING + GONE

#: A list of queued jobs reads the ids of the tenant's line, bounded by its caps, but no other open job.
LINE = WAITING + EACH + 2 * RUNNING + GONE


class LedgerScene(NamedTuple):
    """A tenant with a project, some of its jobs, and a worker that runs 200 jobs of many tenants."""

    org: UUID
    project_id: UUID
    worker_id: UUID
    claims: list[JobClaim]
    last_id: UUID


Use = Callable[[Conn, LedgerScene], Awaitable[Any]]


async def list_page(conn: Conn, org: UUID, project_id: UUID | None = None, **filters: str) -> None:
    """List a page with one value for each filter."""
    asked: dict[str, Any] = dict.fromkeys(("kinds", "statuses", "stages", "phases", "before"))
    asked["error_code"] = filters.pop("error_code", None)
    asked |= {
        {"kind": "kinds", "status": "statuses", "stage": "stages", "phase": "phases"}[name]: [value]
        for name, value in filters.items()
    }
    await jobs.list_filtered_jobs(conn, organization_id=org, project_id=project_id, **asked, limit=25)


async def count(conn: Conn, found: LedgerScene, project_id: UUID | None = None) -> None:
    kinds = [UNCAPPED_JOB.name, scene.TEST_JOB.name]
    await counts.count_visible_jobs(conn, organization_id=found.org, project_id=project_id, kinds=kinds)


async def wait(conn: Conn, found: LedgerScene) -> None:
    """Read the wait reason of the last job of its line."""
    await wait_reasons.find_job_wait_reasons(conn, refs=[(found.org, found.last_id)])


async def tell(conn: Conn, found: LedgerScene) -> None:
    await timelines.list_job_timeline(conn, organization_id=found.org, job_id=found.claims[0].id)


async def nothing(_: Conn) -> None:
    """Do nothing: the body of a step."""


async def submit_grouped(conn: Conn, found: LedgerScene) -> None:
    """Submit behind many jobs, and with the key of an open job."""
    jobs = [NewJob(ids.new_uuid7(), TEST_JOB, found.org, None, {}, key) for key in (None, "one")]
    await ledger.submit_jobs_of_tenants(conn, jobs)


async def get_many(conn: Conn, found: LedgerScene) -> None:
    await jobs.read_jobs_by_ids(conn, refs=[(claim.organization_id, claim.id) for claim in found.claims[:10]])


USES: dict[str, tuple[Use, int]] = {
    "submit": (lambda conn, found: scene.submit(conn, found.org, UNCAPPED_JOB, unique_key="one"), 10),
    "submit behind many": (lambda conn, found: scene.submit(conn, found.org), 10),
    "grouped submit behind many": (submit_grouped, 20),
    "pull": (lambda conn, found: scene.pull(conn, found.worker_id, 10, UNCAPPED_JOB), PULL),
    "settle": (lambda conn, found: scene.settle(conn, [found.claims.pop() for _ in range(10)], Done()), 50),
    "lock": (lambda conn, found: ledger.lock_claimed_job(conn, found.claims[0]), 5),
    "named step": (lambda conn, found: steps.run_named_step(conn, found.claims[1], str(ids.new_uuid7()), nothing), 5),
    "commit": (lambda conn, found: ledger.complete_job(conn, found.claims.pop(), result={}), 10),
    "progress": (lambda conn, found: ledger.store_job_progress(conn, found.claims[0], progress=0.5), 5),
    "renew": (
        lambda conn, found: heartbeat.renew_worker_lease(conn, worker_id=found.worker_id, lease_s=60),
        2 * RUNNING + 10,
    ),
    "get": (lambda conn, found: jobs.read_job(conn, organization_id=found.org, job_id=found.claims[0].id), 5),
    "get_many": (get_many, 30),
    "list all": (lambda conn, found: list_page(conn, found.org), 60),
    "list of project": (lambda conn, found: list_page(conn, found.org, found.project_id), 60),
    "list failed": (lambda conn, found: list_page(conn, found.org, status="failed"), 5),
    "list canceled of project": (lambda conn, found: list_page(conn, found.org, found.project_id, stage="canceled"), 5),
    "list contradiction": (lambda conn, found: list_page(conn, found.org, status="completed", stage="failed"), 0),
    "list open": (lambda conn, found: list_page(conn, found.org, status="running"), 60),
    "list queued": (lambda conn, found: list_page(conn, found.org, stage="queued"), RUNNING + 60),
    "list of stage": (lambda conn, found: list_page(conn, found.org, stage="reading"), 3 * RUNNING),
    "list scheduled": (lambda conn, found: list_page(conn, found.org, phase="scheduled"), 120),
    "list that waits": (lambda conn, found: list_page(conn, found.org, phase="waiting"), 10),
    "list in line": (lambda conn, found: list_page(conn, found.org, phase="queued"), LINE),
    "list with a worker": (lambda conn, found: list_page(conn, found.org, phase="running"), 3 * RUNNING),
    "list of kind": (lambda conn, found: list_page(conn, found.org, kind="tidy_up"), 5),
    "list of kind of project": (lambda conn, found: list_page(conn, found.org, found.project_id, kind="tidy_up"), 5),
    "list open of kind": (lambda conn, found: list_page(conn, found.org, kind="tidy_up", status="running"), 5),
    "list open of project": (
        lambda conn, found: list_page(conn, found.org, found.project_id, status="running"),
        3 * RUNNING,
    ),
    "list scheduled of kind": (lambda conn, found: list_page(conn, found.org, kind="tidy_up", phase="scheduled"), 5),
    "list with a code": (lambda conn, found: list_page(conn, found.org, error_code="TIMED_OUT"), 5),
    "wait": (wait, 2 * wait_reasons.MAX_COUNTED_JOBS_AHEAD + 10 * RUNNING),
    "timeline": (tell, 10),
    "count": (count, 3 * counts.MAX_JOBS_PER_COUNT),
    "count of project": (lambda conn, found: count(conn, found, found.project_id), ENDED + 2 * RUNNING),
    "cancel": (lambda conn, found: scene.cancel(conn, found.org, found.claims.pop().id), 5),
    "look": (lambda conn, _: maintenance.find_due_pools(conn), 10),
    "count due": (
        lambda conn, _: maintenance.count_next_part_of_queued_jobs(conn),
        2 * maintenance.MAX_JOBS_PER_COUNT_PART + GONE,
    ),
    "pools": (
        lambda conn, _: pools.list_worker_pools(conn, slots=10),
        2 * maintenance.MAX_JOBS_PER_COUNT_PART + 2 * RUNNING + 300,
    ),
    "promote": (lambda conn, _: maintenance.promote_scheduled_jobs(conn), 5),
    "rescue": (lambda conn, _: maintenance.rescue_lost_jobs(conn, before=FUTURE), 2 * RUNNING + 10),
    "terminate_idle_sessions": (
        lambda conn, _: maintenance.terminate_stuck_sessions(conn, before=FUTURE, patience_s=1.0),
        2 * RUNNING + 10,
    ),
    "end_overdue": (lambda conn, _: maintenance.fail_queued_jobs_past_deadline(conn), 5),
    "prune_passing": (lambda conn, _: maintenance.prune_short_lived_jobs(conn), 5),
}

#: Lists whose plans are cached on a large ledger too, for a tenant without a large part of its jobs.
LISTS = ("list all", "list failed", "list open", "list of kind")

#: Without statistics a list may sort a tenant's open jobs, bounded by its caps.
FROM_THE_START = USES | {"list open": (USES["list open"][0], OPEN)}


@pytest_asyncio.fixture
async def found(conn: Conn) -> LedgerScene:
    """Set up the empty ledger with the rows that the uses need for planning."""
    [org] = await scene.tenants(conn, tier="partner")
    project_id = await seeds.project(conn, org)
    worker_id = await scene.worker(conn, UNCAPPED_JOB, lease_s=600)
    for _ in range(150):
        await scene.submit(conn, org, UNCAPPED_JOB, project_id=project_id)
    claims = await scene.pull(conn, worker_id, 150, UNCAPPED_JOB)
    for _ in range(2):
        # Some waiting jobs, so that the first plans have seen one of each phase.
        await scene.submit(conn, org, UNCAPPED_JOB, run_at=datetime.now(UTC) + timedelta(days=7))
        await scene.settle(conn, [claims.pop()], Snooze(3600))
    last = await scene.submit(conn, org, UNCAPPED_JOB, run_at=datetime.now(UTC))
    return LedgerScene(org, project_id, worker_id, claims, last.job_id)


async def load_jobs(conn: Conn, found: LedgerScene) -> None:
    """Insert 20,000 queued, 20,000 ended, 200 running jobs; one tenant has 5,000 more, 10,000 scheduled."""
    orgs = await scene.tenants(conn, TENANTS)
    await scene.insert_due_jobs(conn, [*orgs, found.org], EACH, UNCAPPED_JOB)
    await scene.insert_due_jobs(conn, [found.org], WAITING)
    await scene.submit(conn, found.org)  # Counts its line, for the submits after it.
    await conn.execute(
        """insert into job (organization_id, project_id, id, kind, pool, state, stage, args, max_attempts,
                            run_at, deadline_at, finished_at)
           select $1, $2, gen_random_uuid(), 'run_free_errand', 'default', 'completed', 'completed', '{}', 3,
                  now(), now() + interval '1 hour', now() from generate_series(1, $3)""",
        found.org,
        found.project_id,
        ENDED,
    )
    await conn.execute(
        """insert into job (organization_id, project_id, id, kind, pool, stage, args, max_attempts,
                            run_at, deadline_at)
           select $1, $2, gen_random_uuid(), 'run_free_errand', 'default', 'scheduled', '{}', 3,
                  now() + interval '7 days', now() + interval '8 days' from generate_series(1, $3)""",
        found.org,
        found.project_id,
        SCHEDULED,
    )
    found.claims.extend(await scene.pull(conn, found.worker_id, RUNNING - len(found.claims), UNCAPPED_JOB))


async def vacuumed(conn: Conn) -> bool:
    """Vacuum; return False if a snapshot kept dead rows: the plans assume pages without any."""
    await conn.execute("vacuum analyze job")
    return bool(await conn.fetchval("select relallvisible > 0.9 * relpages from pg_class where relname = 'job'"))


@pytest.mark.parametrize("analyzed", [True, False])
async def test_no_statement_reads_more_than_it_must(pool: Pool, conn: Conn, found: LedgerScene, analyzed: bool) -> None:
    uses = USES if analyzed else FROM_THE_START
    for table in ("job", "job_attempt", "organization", "pool", "worker"):
        # Otherwise an autovacuum may analyze a table in between, and its plans are made again.
        await conn.execute(f"alter table {table} set (autovacuum_enabled = false)")
    async with pool.acquire() as session:
        await plans.plan(session, uses, found)
        await load_jobs(session, found)
        if analyzed:
            await eventually(partial(vacuumed, conn))
        assert await plans.excess(session, uses, found, "job") == {}
    if analyzed:
        tenant = await conn.fetchval("select organization_id from job where organization_id <> $1 limit 1", found.org)
        assert await plans.unkept(conn, {name: USES[name] for name in LISTS}, found._replace(org=tenant)) == []


async def test_many_jobs_are_locked_by_their_ids(pool: Pool, conn: Conn, found: LedgerScene) -> None:
    of_tenant: dict[str, Any] = {"organization_id": found.org, "job_ids": [found.claims[0].id, found.claims[1].id]}
    uses: plans.Uses[LedgerScene] = {
        "lock": (lambda conn, _: controls.lock_job_rows(conn, **of_tenant), 10),
        "cancel": (lambda conn, _: controls.cancel_open_jobs_by_ids(conn, **of_tenant), 20),
    }
    async with pool.acquire() as session:
        await plans.plan(session, uses, found)
        await scene.insert_due_jobs(conn, [found.org], WAITING)
        assert await plans.excess(session, uses, found, "job") == {}
