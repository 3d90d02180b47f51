"""Wait reasons: each cause is reported while it lasts, and a job without one is pulled next."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple, get_args
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn
from db.queries import job_wait
from db.queries import worker as worker_statements
from domain.jobs import wait_reasons
from domain.jobs.wait_reasons import MAX_COUNTED_JOBS_AHEAD, JobWaitFacts
from domain.operations import pools
from jobs import maintenance
from jobs.ledger import JobClaim
from jobs.outcomes import Retry, Snooze
from schemas.ops import PoolCap
from schemas.waiting import Waiting, WaitReason
from tests.jobs import scene
from tests.jobs.scene import INTERNAL_JOB, TEST_JOB

FUTURE = datetime.max.replace(tzinfo=UTC)
CHORE = TEST_JOB._replace(name="run_chore")


def cap(most: int) -> PoolCap:
    return PoolCap(tier="standard", max_running=most, max_queued=1000)


class Case(NamedTuple):
    """Job of a tenant, and another tenant."""

    conn: Conn
    org: UUID
    other: UUID
    job_id: UUID

    async def waiting(self) -> Waiting | None:
        """Return the wait reason, which the statement of polls finds, too."""
        [found] = await wait_reasons.find_job_wait_reasons(self.conn, refs=[(self.org, self.job_id)])
        parameters = {"key_ids": [None], "orgs": [self.org], "job_ids": [self.job_id], "most": MAX_COUNTED_JOBS_AHEAD}
        [polled] = await job_wait.find_polls_with_waits.all(self.conn, **parameters)
        facts = JobWaitFacts._make(polled[-len(JobWaitFacts._fields) :])
        assert wait_reasons.find_wait_reason(facts) == found
        return found

    async def run(self, sql: str) -> None:
        await self.conn.execute(sql, self.job_id)

    async def pull(self) -> list[JobClaim]:
        return await scene.pull(self.conn, await scene.worker(self.conn, slots=1), 1)

    async def before(self, count: int) -> None:
        """Insert older jobs in the same queue."""
        await scene.insert_due_jobs(self.conn, [self.org], count)

    async def busy(self, org: UUID, slots: int) -> list[JobClaim]:
        """Register the only worker, with a job of this tenant."""
        await self.conn.execute("delete from worker")
        await scene.insert_due_jobs(self.conn, [org], 1, CHORE)
        worker_id = await scene.worker(self.conn, slots=slots)
        return await scene.pull(self.conn, worker_id, 1, CHORE)


#: Function that removes the cause again.
Undo = Callable[[], Awaitable[object]]


async def paused(case: Case) -> Undo:
    given: dict[str, Any] = {"name": TEST_JOB.pool, "slots": 10}
    await pools.pause_or_resume_pool(case.conn, paused=True, **given)
    return partial(pools.pause_or_resume_pool, case.conn, paused=False, **given)


async def without_worker(case: Case) -> Undo:
    workers = await case.conn.fetch("select id from worker")
    for worker in workers:
        await worker_statements.drain_worker.run(case.conn, id=worker["id"])
    return partial(scene.worker, case.conn)


async def capped(case: Case) -> Undo:
    claims = await case.busy(case.org, slots=10)
    await pools.set_pool_tier_job_caps(case.conn, name=TEST_JOB.pool, cap=cap(1))
    return partial(scene.settle, case.conn, claims)


async def raised(case: Case) -> Undo:
    await capped(case)
    return partial(pools.set_pool_tier_job_caps, case.conn, name=TEST_JOB.pool, cap=cap(2))


async def crowded(case: Case) -> Undo:
    return partial(scene.settle, case.conn, await case.busy(case.other, slots=1))


async def shared(case: Case) -> Undo:
    return partial(scene.settle, case.conn, await case.busy(case.org, slots=2))


async def behind(case: Case) -> Undo:
    await case.before(3)
    await case.conn.execute("update worker set slots = 3")
    return partial(case.conn.execute, "update worker set slots = 100")


async def planned(case: Case) -> Undo:
    await case.run("update job set run_at = now() + interval '1 hour', stage = 'scheduled' where id = $1")
    return partial(case.run, "update job set run_at = now(), stage = 'queued' where id = $1")


async def unripe(case: Case) -> Undo:
    await case.run("update job set run_at = now(), stage = 'scheduled' where id = $1")
    return partial(maintenance.promote_scheduled_jobs, case.conn)


async def retried(case: Case) -> Undo:
    await scene.settle(case.conn, await case.pull(), Retry("NETWORK", "no answer", after_s=60.0))
    return partial(case.run, "update job set run_at = now(), stage = 'queued' where id = $1")


async def snoozed(case: Case) -> Undo:
    await scene.settle(case.conn, await case.pull(), Snooze(60.0))
    return partial(case.run, "update job set run_at = now(), stage = 'queued' where id = $1")


async def throttled(case: Case) -> Undo:
    undo = await snoozed(case)
    await case.run("update job set kind = 'ingest_appstore' where id = $1")
    return undo


async def lost(case: Case) -> Undo:
    [claim] = await case.pull()
    await scene.expire_lease(case.conn, claim)
    return partial(maintenance.rescue_lost_jobs, case.conn, before=FUTURE)


async def late(case: Case) -> Undo:
    await case.run("update job set deadline_at = now() where id = $1")
    return partial(maintenance.fail_queued_jobs_past_deadline, case.conn)


async def suspended(case: Case) -> Undo:
    change = "update organization set tier = {}, resumes_as = {} where id = $1"
    await case.conn.execute(change.format("'suspended'", "tier"), case.org)
    return partial(case.conn.execute, change.format("resumes_as", "null"), case.org)


#: Facts of a case in the messages.
FACTS = {"behind_own_jobs": "3 jobs of the organization", "retry_wait": "NETWORK"}


@pytest.mark.parametrize(
    ("cause", "reason", "timed"),
    [
        (paused, "pool_paused", False),
        (without_worker, "no_worker", False),
        (capped, "running_cap", False),
        (raised, "running_cap", False),
        (crowded, "workers_busy", False),
        (shared, "pool_share", False),
        (behind, "behind_own_jobs", False),
        (planned, "scheduled", True),
        (unripe, "becoming_due", False),
        (retried, "retry_wait", True),
        (snoozed, "snoozed", True),
        (throttled, "source_busy", True),
        (lost, "worker_lost", False),
        (late, "overdue", False),
        (suspended, "organization_suspended", False),
    ],
)
async def test_cause_is_reported_while_it_lasts(
    conn: Conn, cause: Callable[[Case], Awaitable[Undo]], reason: str, timed: bool
) -> None:
    org, other = await scene.tenants(conn, 2)
    await scene.worker(conn, slots=100)
    case = Case(conn, org, other, (await scene.submit(conn, org)).job_id)
    assert await case.waiting() is None
    undo = await cause(case)
    told = await case.waiting()
    assert told is not None
    assert told.reason == reason
    assert FACTS.get(reason, "") in str(told)
    run_at = await conn.fetchval("select run_at from job where id = $1", case.job_id)
    assert told.until == (run_at if timed else None)
    await undo()
    assert await case.waiting() is None


def test_each_reason_has_one_place() -> None:
    told = [*wait_reasons.POST_STATUS_WAIT_MESSAGES, *(rule.reason for rule in wait_reasons.WAIT_RULES_BY_PRECEDENCE)]
    assert sorted(told) == sorted(get_args(WaitReason))


JOBS = st.lists(
    st.tuples(
        st.sampled_from(["queued", "later", "unripe", "overdue", "retry"]), st.integers(min_value=0, max_value=3)
    ),
    min_size=1,
    max_size=8,
)


class State(NamedTuple):
    """Waiting jobs, running jobs of the tenant, of its internal kinds and of another tenant, and limits."""

    made: list[tuple[str, int]]
    slots: int
    held: int
    internal: int
    others: int
    cap: int
    paused: bool


STATES = st.builds(
    State,
    made=JOBS,
    slots=st.integers(min_value=1, max_value=12),
    held=st.integers(min_value=0, max_value=6),
    internal=st.integers(min_value=0, max_value=3),
    others=st.integers(min_value=0, max_value=6),
    cap=st.integers(min_value=1, max_value=6),
    paused=st.sampled_from([False, False, False, True]),
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(state=STATES)
async def test_jobs_without_a_reason_are_pulled_next(conn: Conn, state: State) -> None:
    """Of one tenant's waiting jobs, with any running jobs and paused pools."""
    await conn.execute("delete from job_attempt; delete from job; delete from worker")
    org, other = await scene.tenants(conn, 2)
    worker_id = await scene.worker(conn, slots=state.slots)
    await bound(conn, 100, paused=False)
    for tenant, kind, count in (
        (org, TEST_JOB, state.held),
        (org, INTERNAL_JOB, state.internal),
        (other, TEST_JOB, state.others),
    ):
        await scene.insert_due_jobs(conn, [tenant], count, kind)
        await scene.pull(conn, worker_id, state.slots - await running(conn), TEST_JOB, INTERNAL_JOB)
    await conn.execute("delete from job where state = 'queued'")
    await bound(conn, state.cap, paused=state.paused)
    job_ids = [await waiting_job(conn, org, *one) for one in state.made]
    found = await wait_reasons.find_job_wait_reasons(conn, refs=[(org, job_id) for job_id in job_ids])
    claims = await scene.pull(conn, worker_id, state.slots - await running(conn), TEST_JOB, INTERNAL_JOB)
    unheld = {job_id for job_id, waiting in zip(job_ids, found, strict=True) if waiting is None}
    assert unheld == {claim.id for claim in claims}, found


async def bound(conn: Conn, most: int, *, paused: bool) -> None:
    await pools.set_pool_tier_job_caps(conn, name=TEST_JOB.pool, cap=cap(most))
    await pools.pause_or_resume_pool(conn, name=TEST_JOB.pool, paused=paused, slots=1)


async def running(conn: Conn) -> int:
    return int(await conn.fetchval("select count(*) from job where state = 'running'"))


async def waiting_job(conn: Conn, org: UUID, state: str, ago_s: int) -> UUID:
    job_id = (await scene.submit(conn, org)).job_id
    await conn.execute(
        """update job
              set run_at = now() + case $2 when 'later' then 3600 when 'retry' then 3 else -$3::int end
                           * interval '1 second',
                  stage = case when $2 in ('later', 'unripe') then 'scheduled' else 'queued' end,
                  deadline_at = case $2 when 'overdue' then now() else deadline_at end,
                  fence = ($2 = 'retry')::int
            where id = $1""",
        job_id,
        state,
        ago_s,
    )
    return job_id
