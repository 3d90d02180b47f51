"""Jobs under random events: each transition is allowed, and each answer, filter and count agrees."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn
from domain.jobs import bulk, counts, jobs
from domain.operations import operator_jobs
from domain.values.periods import UNBOUNDED_PERIOD
from jobs import controls, ledger, maintenance
from jobs.ledger import AttemptSettlement, JobClaim
from jobs.outcomes import Canceled, Done, Failed, Interrupted, Retry, Snooze, TaskOutcome
from jobs.states import (
    ALL_JOB_PHASES,
    ALLOWED_JOB_STATE_CHANGE_PAIRS,
    JOB_TRANSITIONS,
    OPEN_JOB_PHASES,
    TERMINAL_JOB_STATES,
    JobState,
    api_status_of_job_phase,
)
from schemas import ids
from schemas.errors import AttemptFenced
from tests.jobs import scene
from tests.jobs.scene import UNCAPPED_JOB

FUTURE = datetime.max.replace(tzinfo=UTC)
JOBS = 3
KINDS = [UNCAPPED_JOB.name]

#: An outcome and the resulting phase; a job with a short backoff stays in its queue.
OUTCOMES: list[tuple[TaskOutcome, str]] = [
    (Done(), "completed"),
    (Failed("X", "x"), "failed"),
    (Canceled(), "canceled"),
    (Retry("X", "x", after_s=60), "waiting"),
    (Retry("X", "x", after_s=1), "queued"),
    (Snooze(60), "waiting"),
    (Snooze(1), "queued"),
    (Interrupted(), "queued"),
]


#: A method of `History` with its arguments, and the index of the job.
HistoryEvent = tuple[tuple[Any, ...], int]


class ExpectedJob(NamedTuple):
    """A job's expected phase by its history, its running attempt, and all attempts so far."""

    job_id: UUID
    phase: str
    claim: JobClaim | None = None
    asked_to_stop: bool = False
    claims: tuple[JobClaim, ...] = ()


class PhaseHistory:
    """Jobs of one organization and the expected phase of each."""

    def __init__(self, conn: Conn, org: UUID, worker_id: UUID) -> None:
        self.conn, self.org, self._worker_id = conn, org, worker_id
        self.expected: list[ExpectedJob] = []

    async def submit(self, later: bool) -> None:
        run_at = datetime.now(UTC) + timedelta(days=7) if later else None
        submitted = await scene.submit(self.conn, self.org, UNCAPPED_JOB, run_at=run_at)
        phase = "scheduled" if later else "queued"
        assert submitted.phase == phase
        self.expected.append(ExpectedJob(submitted.job_id, phase))

    def _now(self, index: int, phase: str, **more: Any) -> None:
        self.expected[index] = self.expected[index]._replace(phase=phase, **{"claim": None} | more)

    async def pull(self, index: int) -> None:
        """Pull any queued job with one slot, after the end of short backoffs. `index` is unused."""
        await self.conn.execute("update job set run_at = now() where stage = 'queued' and run_at > now()")
        for claim in await scene.pull(self.conn, self._worker_id, 1, UNCAPPED_JOB):
            [found] = [at for at, job in enumerate(self.expected) if job.job_id == claim.id]
            self._now(found, "running", claim=claim, claims=(*self.expected[found].claims, claim))

    async def settle(self, index: int, outcome: TaskOutcome, phase: str) -> None:
        job = self.expected[index]
        if job.claim is None:
            return
        last = job.claim.attempt >= UNCAPPED_JOB.max_attempts and isinstance(outcome, Retry)
        await ledger.settle_job_attempts(self.conn, [AttemptSettlement(job.claim, outcome)])
        self._now(index, "canceled" if job.asked_to_stop else "failed" if last else phase)

    async def end(self, index: int) -> None:
        job = self.expected[index]
        if job.claim and not job.asked_to_stop:
            await ledger.complete_job(self.conn, job.claim, result={})
            self._now(index, "completed")

    async def progress(self, index: int) -> None:
        job = self.expected[index]
        if job.claim and not job.asked_to_stop:
            await ledger.store_job_progress(self.conn, job.claim, progress=0.5, stage="reading")

    async def cancel(self, index: int) -> None:
        job = self.expected[index]
        await scene.cancel(self.conn, self.org, job.job_id)
        if job.phase == "running":
            self.expected[index] = job._replace(asked_to_stop=True)
        elif job.phase in OPEN_JOB_PHASES:
            self._now(index, "canceled")

    async def promote(self, index: int) -> None:
        job = self.expected[index]
        await self.conn.execute("update job set run_at = now() where stage = 'scheduled' and id = $1", job.job_id)
        await maintenance.promote_scheduled_jobs(self.conn)
        if job.phase in {"scheduled", "waiting"}:
            self._now(index, "queued")

    async def run_now(self, index: int) -> None:
        job = self.expected[index]
        await controls.make_job_due(self.conn, organization_id=self.org, job_id=job.job_id)
        if job.phase in {"scheduled", "waiting"}:
            self._now(index, "queued")

    async def move(self, index: int) -> None:
        """Move the job to another time, as with its post: no attempt counts for that time."""
        job = self.expected[index]
        when = datetime.now(UTC) + timedelta(days=7)
        await controls.reschedule_job_row(
            self.conn, kind=UNCAPPED_JOB, organization_id=self.org, job_id=job.job_id, run_at=when
        )
        if job.phase in {"scheduled", "queued", "waiting"}:
            self._now(index, "scheduled")

    async def rescue(self, index: int) -> None:
        """Let the attempt exceed its time. A job without an attempt is unchanged."""
        job = self.expected[index]
        if job.claim is None:
            return
        late = "update job set attempt_deadline_at = now() - interval '1 hour' where id = $1"
        await self.conn.execute(late, job.job_id)
        await maintenance.rescue_lost_jobs(self.conn, before=FUTURE)
        self._lose(index, job.claim)

    async def lose_worker(self, index: int) -> None:
        """Let the worker's lease run out: all its attempts are lost. `index` is unused."""
        await self.conn.execute("update worker set lease_expires_at = now() - interval '1 second'")
        await maintenance.rescue_lost_jobs(self.conn, before=FUTURE)
        await self.conn.execute("update worker set lease_expires_at = now() + interval '1 hour'")
        for place, job in enumerate(self.expected):
            if job.claim:
                self._lose(place, job.claim)

    def _lose(self, index: int, claim: JobClaim) -> None:
        last = claim.attempt >= UNCAPPED_JOB.max_attempts
        self._now(index, "canceled" if self.expected[index].asked_to_stop else "failed" if last else "queued")

    async def resume(self, index: int, outcome: TaskOutcome, _: str) -> None:
        """Let the first attempt resume after its end: each of its writes is refused."""
        job = self.expected[index]
        if not job.claims or job.claims[0] is job.claim:
            return
        ended = job.claims[0]
        assert await ledger.settle_job_attempts(self.conn, [AttemptSettlement(ended, outcome)]) == []
        with pytest.raises(AttemptFenced):
            await ledger.store_job_progress(self.conn, ended, progress=0.9, stage="resumed")
        with pytest.raises(AttemptFenced):
            await ledger.complete_job(self.conn, ended, result={})

    async def pass_deadline(self, index: int) -> None:
        job = self.expected[index]
        if job.phase not in {"scheduled", "queued", "waiting"}:
            return
        await self.conn.execute("update job set deadline_at = now() where id = $1", job.job_id)
        await maintenance.fail_queued_jobs_past_deadline(self.conn)
        self._now(index, "failed")

    async def rows(self) -> dict[UUID, asyncpg.Record]:
        """Return the rows of the jobs by their ids."""
        found = await self.conn.fetch("select * from job where organization_id = $1", self.org)
        return {row["id"]: row for row in found}


EVENTS = st.one_of(
    st.tuples(st.sampled_from(["pull", "pull", "pull", "end", "cancel", "promote", "run_now", "move"])),
    st.tuples(st.sampled_from(["progress", "rescue", "lose_worker", "pass_deadline"])),
    st.builds(lambda outcome: ("settle", *outcome), st.sampled_from(OUTCOMES)),
    st.builds(lambda outcome: ("settle", *outcome), st.sampled_from(OUTCOMES)),
    st.builds(lambda outcome: ("resume", *outcome), st.sampled_from(OUTCOMES)),
)


SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ANY_HISTORY = given(
    later=st.lists(st.booleans(), min_size=JOBS, max_size=JOBS),
    events=st.lists(st.tuples(EVENTS, st.integers(0, JOBS - 1)), min_size=3, max_size=18),
)


@SETTINGS
@ANY_HISTORY
async def test_a_phase_follows_from_the_jobs_history(conn: Conn, later: list[bool], events: list[HistoryEvent]) -> None:
    await check_history(conn, later, events)


@pytest.mark.long
@settings(SETTINGS, max_examples=120)
@ANY_HISTORY
async def test_phases_in_many_examples(conn: Conn, later: list[bool], events: list[HistoryEvent]) -> None:
    await check_history(conn, later, events)


async def start_history(conn: Conn) -> PhaseHistory:
    [org] = await scene.tenants(conn)
    return PhaseHistory(conn, org, await scene.worker(conn, UNCAPPED_JOB))


async def check_history(conn: Conn, later: list[bool], events: list[HistoryEvent]) -> None:
    history = await start_history(conn)
    for is_later in later:
        await history.submit(is_later)
    before, seen = await history.rows(), await check_answers(history, {})
    for (verb, *args), index in events:
        await getattr(history, verb)(index, *args)
        after = await history.rows()
        for job_id, row in after.items():
            check_transition(before[job_id], row)
        before, seen = after, await check_answers(history, seen)
    await check_lists(history)
    await check_attempts(history)
    for table in ("job", "job_attempt", "organization", "worker"):
        await conn.execute(f"delete from {table}")


def check_transition(before: asyncpg.Record, after: asyncpg.Record) -> None:
    visible = "state stage progress result error attempt cancel_requested_at finished_at".split()
    changed = any(before[name] != after[name] for name in visible)
    assert after["state"] == before["state"] or (before["state"], after["state"]) in ALLOWED_JOB_STATE_CHANGE_PAIRS
    assert after["progress"] >= before["progress"]
    assert after["fence"] - before["fence"] == int(before["state"] == "queued" and after["state"] == "running")
    assert not changed or after["state_version"] > before["state_version"]
    assert not (changed and before["state"] in TERMINAL_JOB_STATES)


async def check_attempts(history: PhaseHistory) -> None:
    """Check that each attempt but the running one has ended exactly once."""
    for job in history.expected:
        rows = await history.conn.fetch("select fence from ended_attempt where job_id = $1 order by fence", job.job_id)
        assert [row["fence"] for row in rows] == [claim.fence for claim in job.claims if claim is not job.claim]


async def check_answers(history: PhaseHistory, before: dict[str, tuple[str, int]]) -> dict[str, tuple[str, int]]:
    """Check the phases in the answers; a phase changes only with the version."""
    reads: dict[str, tuple[str, int]] = {}
    for job in history.expected:
        answer, version = await jobs.read_job(history.conn, organization_id=history.org, job_id=job.job_id)
        assert answer.phase == job.phase
        assert answer.status == api_status_of_job_phase(answer.phase)
        previous = before.get(answer.job_id)
        assert previous is None or version >= previous[1]
        assert previous is None or (answer.phase == previous[0] or version > previous[1])
        reads[answer.job_id] = (answer.phase, version)
    return reads


async def check_lists(history: PhaseHistory) -> None:
    """Check the phases in each filter and count."""
    phase_by_id = {ids.format_prefixed_id(ids.JOB_ID_PREFIX, job.job_id): job.phase for job in history.expected}
    for phase in ALL_JOB_PHASES:
        matching = {job_id for job_id, job_phase in phase_by_id.items() if job_phase == phase}
        assert await list_jobs(history, phase) == matching, phase
        assert await list_operator_jobs(history, phase) == matching, phase
        if phase in OPEN_JOB_PHASES:
            assert await count_cancelable(history, phase) == len(
                [job for job in history.expected if job.phase == phase and not job.asked_to_stop]
            )
    counted = Counter(phase_by_id.values())
    counted_by_project = await counts.count_visible_jobs(
        history.conn, organization_id=history.org, project_id=None, kinds=KINDS
    )
    all_phases = filters(history, None)
    counted_by_operator = await operator_jobs.count_operator_jobs(history.conn, wanted=all_phases)
    for phase in ALL_JOB_PHASES:
        assert (
            getattr(counted_by_project.by_phase, phase)
            == getattr(counted_by_operator.by_phase, phase)
            == counted[phase]
        )


async def list_jobs(history: PhaseHistory, phase: str) -> set[str]:
    statuses: list[Any] = [None, [api_status_of_job_phase(phase)]]
    pages = []
    for status in statuses:
        page = await jobs.list_filtered_jobs(
            history.conn,
            organization_id=history.org,
            project_id=None,
            kinds=None,
            statuses=status,
            stages=None,
            phases=[phase],  # type: ignore[list-item]
            before=None,
            limit=25,
        )
        assert [job.job_id for job in page] == sorted((job.job_id for job in page), reverse=True)
        pages.append({job.job_id for job in page})
    assert pages[0] == pages[1]
    return pages[0]


def filters(history: PhaseHistory, phase: Any) -> operator_jobs.OperatorJobFilter:
    return operator_jobs.OperatorJobFilter(history.org, None, None, None, None, phase, None, UNBOUNDED_PERIOD)


async def list_operator_jobs(history: PhaseHistory, phase: str) -> set[str]:
    page = await operator_jobs.list_operator_job_page(
        history.conn, wanted=filters(history, phase), before=None, limit=25
    )
    assert {job.phase for job in page} <= {phase}
    return {job.job_id for job in page}


async def count_cancelable(history: PhaseHistory, phase: str) -> int:
    chosen = bulk.JobCancelFilter(None, KINDS, None, [phase], UNBOUNDED_PERIOD)
    answer = await bulk.cancel_matching_org_jobs(history.conn, organization_id=history.org, chosen=chosen, dry_run=True)
    return answer.matched


TRANSITION_EVENTS: dict[tuple[JobState, JobState], list[tuple[Any, ...]]] = {
    (JobState.QUEUED, JobState.RUNNING): [("pull",)],
    (JobState.QUEUED, JobState.CANCELED): [("cancel",)],
    (JobState.QUEUED, JobState.FAILED): [("pass_deadline",)],
    (JobState.RUNNING, JobState.QUEUED): [("pull",), ("settle", Interrupted(), "queued")],
    (JobState.RUNNING, JobState.COMPLETED): [("pull",), ("end",)],
    (JobState.RUNNING, JobState.FAILED): [("pull",), ("settle", Failed("X", "x"), "failed")],
    (JobState.RUNNING, JobState.CANCELED): [("pull",), ("cancel",), ("settle", Done(), "completed")],
}


async def test_each_listed_transition_is_possible(conn: Conn) -> None:
    for source, target, _ in JOB_TRANSITIONS:
        history = await start_history(conn)
        await history.submit(later=False)
        for verb, *args in TRANSITION_EVENTS[source, target]:
            await getattr(history, verb)(0, *args)
        assert (await scene.row(conn, history.expected[0].job_id))["state"] == target
        await conn.execute("delete from job")


async def test_the_check_constraint_has_the_same_states(conn: Conn) -> None:
    states = await conn.fetchval(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'job_state_check'"
    )
    assert set(re.findall(r"'(\w+)'", states)) == set(JobState)


async def test_check_constraints_tie_each_state_to_its_columns(conn: Conn) -> None:
    """Reject a running row without an owner, and an ended one without a time."""
    [org] = await scene.tenants(conn)
    job_id = (await scene.submit(conn, org, UNCAPPED_JOB)).job_id
    for state in JobState:
        ended = "finished_at = now()" if state not in TERMINAL_JOB_STATES else "finished_at = null"
        owner = "lease_owner = null" if state is JobState.RUNNING else "lease_owner = gen_random_uuid()"
        for wrong in (ended, owner):
            with pytest.raises(asyncpg.CheckViolationError):
                await conn.execute(f"update job set state = $1, {wrong} where id = $2", state, job_id)
