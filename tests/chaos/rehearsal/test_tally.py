"""Tally: a missing job or effect is lost, a surplus one is doubled."""

from uuid import UUID

import pytest

from chaos.rehearsal import tasks
from chaos.rehearsal.tally import RehearsedJob, RehearsedJobsTally, tally_rehearsed_jobs

JOB = UUID(int=1)
DONE = RehearsedJob(JOB, tasks.ONE_WRITE_REHEARSAL_KIND.name, "completed", key="1-1", left=0, error=None, rows=1)


def report_of(*jobs: RehearsedJob, calls: int = 0) -> RehearsedJobsTally:
    return tally_rehearsed_jobs(jobs, {"1-1": JOB}, {str(JOB): calls})


@pytest.mark.parametrize(
    ("job", "calls"),
    [
        (DONE, 0),
        (DONE._replace(kind=tasks.NO_EFFECT_REHEARSAL_KIND.name, rows=0), 0),
        (DONE._replace(kind=tasks.NAMED_STEPS_REHEARSAL_KIND.name, rows=3), 0),
        (DONE._replace(kind=tasks.RECEIVER_CALL_REHEARSAL_KIND.name), 1),
        (DONE._replace(state="canceled", rows=0), 0),
        (DONE._replace(state="failed", error="POISONED", kind=tasks.NAMED_STEPS_REHEARSAL_KIND.name, rows=2), 0),
        (DONE._replace(state="failed", error="POISONED", kind=tasks.RECEIVER_CALL_REHEARSAL_KIND.name, rows=0), 1),
    ],
)
def test_expected_effects_are_no_anomaly(job: RehearsedJob, calls: int) -> None:
    counted = report_of(job, calls=calls)
    assert counted.anomalies == []
    assert counted.accepted == counted.completed + counted.failed + counted.canceled == 1


@pytest.mark.parametrize(
    ("job", "calls", "lost", "doubled"),
    [
        (DONE._replace(rows=0), 0, 1, 0),
        (DONE._replace(rows=2), 0, 0, 1),
        (DONE._replace(state="canceled", rows=1), 0, 0, 1),
        (DONE._replace(state="failed", error="DEADLINE", rows=1), 0, 0, 1),
        (DONE._replace(kind=tasks.NAMED_STEPS_REHEARSAL_KIND.name, rows=2), 0, 1, 0),
        (DONE._replace(kind=tasks.NAMED_STEPS_REHEARSAL_KIND.name, state="failed", error="POISONED", rows=4), 0, 0, 1),
        (DONE._replace(kind=tasks.RECEIVER_CALL_REHEARSAL_KIND.name), 0, 1, 0),
        (DONE._replace(kind=tasks.RECEIVER_CALL_REHEARSAL_KIND.name), 2, 0, 1),
        (DONE._replace(kind=tasks.RECEIVER_CALL_REHEARSAL_KIND.name, state="canceled", rows=0), 2, 0, 1),
        (DONE._replace(kind=tasks.JOB_CHAIN_REHEARSAL_KIND.name, left=1), 0, 1, 0),
    ],
)
def test_missing_effects_are_lost_and_surplus_doubled(job: RehearsedJob, calls: int, lost: int, doubled: int) -> None:
    counted = report_of(job, calls=calls)
    assert (counted.lost_count, counted.doubled_count) == (lost, doubled)


def test_missing_accepted_job_is_lost() -> None:
    counted = report_of()
    assert (counted.accepted, counted.lost_count) == (1, 1)
    assert "1-1 was accepted" in counted.anomalies[0].why


def test_two_jobs_with_one_key_are_doubled() -> None:
    assert report_of(DONE, DONE._replace(id=UUID(int=2))).doubled_count == 1


def test_unfinished_jobs_are_open_and_failed_ones_given_up() -> None:
    open_job = DONE._replace(state="queued", rows=0)
    link = DONE._replace(
        id=UUID(int=2), kind=tasks.JOB_CHAIN_REHEARSAL_KIND.name, key="1-2>", state="failed", error="POISONED", rows=0
    )
    doomed = DONE._replace(
        id=UUID(int=3),
        kind=tasks.ALWAYS_FAILING_REHEARSAL_KIND.name,
        key="1-3>",
        state="failed",
        error="DOOMED",
        rows=0,
    )
    counted = report_of(open_job, link, doomed)
    assert (counted.accepted, counted.open, counted.failed) == (3, 1, 2)
    assert counted.given_up == {"POISONED": 1}
    assert counted.anomalies == []
