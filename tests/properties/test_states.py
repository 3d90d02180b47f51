"""Jobs under random events: only allowed transitions, and a consistent row."""

import contextlib
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn
from jobs import controls, ledger, maintenance
from jobs.ledger import AttemptSettlement, JobClaim
from jobs.outcomes import Canceled, Done, Failed, Interrupted, Retry, Snooze, TaskOutcome
from jobs.states import ALLOWED_JOB_TRANSITIONS, JOB_TRANSITIONS, TERMINAL_JOB_STATES, JobState
from schemas.errors import AttemptFenced, JobCancelRequested
from tests.jobs import scene
from tests.jobs.scene import UNCAPPED_JOB

FUTURE = datetime.max.replace(tzinfo=UTC)

OUTCOMES: list[TaskOutcome] = [
    Done(),
    Failed("X", "x"),
    Retry("X", "x", after_s=0),
    Retry("X", "x", after_s=60),
    Snooze(0),
    Canceled(),
    Interrupted(),
]


class JobHistory(NamedTuple):
    """A job and all its claims, the latest last."""

    org: UUID
    job_id: UUID
    worker_id: UUID
    claims: list[JobClaim]


Event = Callable[[Conn, JobHistory], Awaitable[object]]


async def pull(conn: Conn, history: JobHistory) -> None:
    history.claims.extend(await scene.pull(conn, history.worker_id, 1, UNCAPPED_JOB))


async def cancel(conn: Conn, history: JobHistory) -> None:
    await controls.cancel_open_job(conn, organization_id=history.org, job_id=history.job_id)


async def lose_worker(conn: Conn, history: JobHistory) -> None:
    await conn.execute("update worker set lease_expires_at = now() - interval '1 second'")
    await maintenance.rescue_lost_jobs(conn, before=FUTURE)
    await conn.execute("update worker set lease_expires_at = now() + interval '1 hour'")


async def promote(conn: Conn, history: JobHistory) -> None:
    await conn.execute("update job set run_at = now() where stage = 'scheduled' and id = $1", history.job_id)
    await maintenance.promote_scheduled_jobs(conn)


async def pass_deadline(conn: Conn, history: JobHistory) -> None:
    await conn.execute("update job set deadline_at = now() where id = $1", history.job_id)
    await maintenance.fail_overdue_jobs(conn)


def settle(outcome: TaskOutcome, *, index: int = -1) -> Event:
    """Return an event that settles the latest attempt, or an earlier one that resumed."""

    async def event(conn: Conn, history: JobHistory) -> None:
        for claim in history.claims[index:][:1]:
            await ledger.settle_job_attempts(conn, [AttemptSettlement(claim, outcome)])

    return event


def step(verb: Callable[[Conn, JobClaim], Awaitable[object]], *, index: int = -1) -> Event:
    async def event(conn: Conn, history: JobHistory) -> None:
        for claim in history.claims[index:][:1]:
            with contextlib.suppress(AttemptFenced, JobCancelRequested):
                await verb(conn, claim)

    return event


async def progress(conn: Conn, claim: JobClaim) -> None:
    await ledger.store_job_progress(conn, claim, progress=1 / claim.fence, stage="working")


async def complete(conn: Conn, claim: JobClaim) -> None:
    await ledger.complete_job(conn, claim, result={})


ATTEMPTS = st.sampled_from([-1, -1, -1, 0])
EVENTS = st.one_of(
    st.sampled_from([pull, pull, pull, cancel, lose_worker, promote, pass_deadline]),
    st.builds(lambda outcome, index: settle(outcome, index=index), st.sampled_from(OUTCOMES), ATTEMPTS),
    st.builds(lambda verb, index: step(verb, index=index), st.sampled_from([progress, complete]), ATTEMPTS),
)


async def start_history(conn: Conn) -> JobHistory:
    [org] = await scene.tenants(conn)
    submitted = await scene.submit(conn, org, UNCAPPED_JOB)
    return JobHistory(org, submitted.job_id, await scene.worker(conn, UNCAPPED_JOB), [])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, min_size=3, max_size=15))
async def test_a_job_makes_only_allowed_transitions(conn: Conn, events: list[Event]) -> None:
    history = await start_history(conn)
    before = await scene.row(conn, history.job_id)
    for event in events:
        await event(conn, history)
        after = await scene.row(conn, history.job_id)
        check_transition(before, after)
        before = after
    outcomes = await conn.fetch("select fence from job_attempt where job_id = $1 order by fence", history.job_id)
    ended = history.claims if before["state"] != "running" else history.claims[:-1]
    assert [row["fence"] for row in outcomes] == [claim.fence for claim in ended]  # exactly once each
    await conn.execute("delete from job")


def check_transition(before: asyncpg.Record, after: asyncpg.Record) -> None:
    visible = "state stage progress result error attempt cancel_requested_at finished_at".split()
    changed = any(before[name] != after[name] for name in visible)
    assert after["state"] == before["state"] or (before["state"], after["state"]) in ALLOWED_JOB_TRANSITIONS
    assert after["progress"] >= before["progress"]
    assert after["fence"] - before["fence"] == int(before["state"] == "queued" and after["state"] == "running")
    assert not changed or after["state_version"] > before["state_version"]
    assert not (changed and before["state"] in TERMINAL_JOB_STATES)


TRANSITION_EVENTS: dict[tuple[JobState, JobState], list[Event]] = {
    (JobState.QUEUED, JobState.RUNNING): [pull],
    (JobState.QUEUED, JobState.CANCELED): [cancel],
    (JobState.QUEUED, JobState.FAILED): [pass_deadline],
    (JobState.RUNNING, JobState.QUEUED): [pull, settle(Interrupted())],
    (JobState.RUNNING, JobState.COMPLETED): [pull, step(complete)],
    (JobState.RUNNING, JobState.FAILED): [pull, settle(Failed("X", "x"))],
    (JobState.RUNNING, JobState.CANCELED): [pull, cancel, settle(Done())],
}


async def test_each_listed_transition_is_possible(conn: Conn) -> None:
    for source, target, _ in JOB_TRANSITIONS:
        history = await start_history(conn)
        for event in TRANSITION_EVENTS[source, target]:
            await event(conn, history)
        assert (await scene.row(conn, history.job_id))["state"] == target
        await conn.execute("delete from job")


async def test_the_check_constraint_has_the_same_states(conn: Conn) -> None:
    states = await conn.fetchval(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'job_state_check'"
    )
    assert set(re.findall(r"'(\w+)'", states)) == set(JobState)


async def test_check_constraints_tie_each_state_to_its_columns(conn: Conn) -> None:
    """Reject a running row without an owner, and an ended one without a time."""
    history = await start_history(conn)
    for state in JobState:
        ended = "finished_at = now()" if state not in TERMINAL_JOB_STATES else "finished_at = null"
        owner = "lease_owner = null" if state is JobState.RUNNING else "lease_owner = gen_random_uuid()"
        for wrong in (ended, owner):
            with pytest.raises(asyncpg.CheckViolationError):
                await conn.execute(f"update job set state = $1, {wrong} where id = $2", state, history.job_id)
