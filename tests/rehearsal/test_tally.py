"""Tally: a missing job or effect is lost, a surplus one is doubled."""

from uuid import UUID

import pytest

from rehearsal import kinds
from rehearsal.tally import Found, Tally, tally

JOB = UUID(int=1)
DONE = Found(JOB, kinds.WRITE.name, "completed", key="1-1", left=0, error=None, rows=1)


def of(*found: Found, calls: int = 0) -> Tally:
    return tally(found, {"1-1": JOB}, {str(JOB): calls})


@pytest.mark.parametrize(
    ("found", "calls"),
    [
        (DONE, 0),
        (DONE._replace(kind=kinds.NONE.name, rows=0), 0),
        (DONE._replace(kind=kinds.STEPS.name, rows=3), 0),
        (DONE._replace(kind=kinds.CALL.name), 1),
        (DONE._replace(state="canceled", rows=0), 0),
        (DONE._replace(state="failed", error="POISONED", kind=kinds.STEPS.name, rows=2), 0),
        (DONE._replace(state="failed", error="POISONED", kind=kinds.CALL.name, rows=0), 1),
    ],
)
def test_as_it_should_be(found: Found, calls: int) -> None:
    counted = of(found, calls=calls)
    assert counted.anomalies == []
    assert counted.accepted == counted.completed + counted.failed + counted.canceled == 1


@pytest.mark.parametrize(
    ("found", "calls", "lost", "doubled"),
    [
        (DONE._replace(rows=0), 0, 1, 0),
        (DONE._replace(rows=2), 0, 0, 1),
        (DONE._replace(state="canceled", rows=1), 0, 0, 1),
        (DONE._replace(state="failed", error="DEADLINE", rows=1), 0, 0, 1),
        (DONE._replace(kind=kinds.STEPS.name, rows=2), 0, 1, 0),
        (DONE._replace(kind=kinds.STEPS.name, state="failed", error="POISONED", rows=4), 0, 0, 1),
        (DONE._replace(kind=kinds.CALL.name), 0, 1, 0),
        (DONE._replace(kind=kinds.CALL.name), 2, 0, 1),
        (DONE._replace(kind=kinds.CALL.name, state="canceled", rows=0), 2, 0, 1),
        (DONE._replace(kind=kinds.CHAIN.name, left=1), 0, 1, 0),
    ],
)
def test_what_must_not_be(found: Found, calls: int, lost: int, doubled: int) -> None:
    counted = of(found, calls=calls)
    assert (counted.lost, counted.doubled) == (lost, doubled)


def test_an_accepted_job_that_is_gone_is_lost() -> None:
    counted = of()
    assert (counted.accepted, counted.lost) == (1, 1)
    assert "1-1 was accepted" in counted.anomalies[0].why


def test_two_jobs_of_one_key_are_doubled() -> None:
    assert of(DONE, DONE._replace(id=UUID(int=2))).doubled == 1


def test_a_job_that_has_not_ended_is_open_and_those_that_died_are_given_up() -> None:
    open_one = DONE._replace(state="queued", rows=0)
    link = DONE._replace(
        id=UUID(int=2), kind=kinds.CHAIN.name, key="1-2>", state="failed", error="POISONED", rows=0
    )
    doomed = DONE._replace(
        id=UUID(int=3), kind=kinds.DOOMED.name, key="1-3>", state="failed", error="DOOMED", rows=0
    )
    counted = of(open_one, link, doomed)
    assert (counted.accepted, counted.open, counted.failed) == (3, 1, 2)
    assert counted.given_up == {"POISONED": 1}
    assert counted.anomalies == []
