"""Recovery time of an attempt from its first fault, and refusals from logs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from rehearsal.faults import Strike
from rehearsal.fences import fenced
from rehearsal.recovery import Ran, percentile, recoveries
from rehearsal.schedule import Fault
from schemas import ids

JOB, WORKER = UUID(int=1), UUID(int=2)
HOSTS = {WORKER: "worker 1"}


def at(second: float) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)


def attempts(outcome: str = "lost") -> list[Ran]:
    """Return an attempt from second 10 to 14, and the next from 15 on."""
    first = Ran(JOB, 1, 1, WORKER, at(10), at(14), outcome)
    return [
        first,
        Ran(JOB, 2, 2, UUID(int=3), at(15), at(16), "completed"),
        Ran(JOB, 3, 0, None, at(16), None, None),
    ]


def strike(second: float, host: str = "worker 1") -> Strike:
    return Strike(Fault.KILL_WORKER, at(second), frozenset({host}))


@pytest.mark.parametrize(
    ("strikes", "taken_s"),
    [
        ([strike(12)], [3]),
        ([strike(9), strike(11), strike(13)], [4]),
        ([strike(12, "worker 2"), strike(13)], [2]),
        ([strike(12, "worker 2")], []),
        ([strike(14.5)], []),
    ],
)
def test_it_begins_with_the_first_fault_that_the_attempt_met(
    strikes: list[Strike], taken_s: list[float]
) -> None:
    assert recoveries(attempts(), strikes, HOSTS) == taken_s
    assert recoveries(attempts("completed"), strikes, HOSTS) == []
    assert recoveries(attempts("retry"), strikes, HOSTS) == []


def test_a_job_that_ends_with_its_attempt_has_recovered_then() -> None:
    ended = [attempts()[0], Ran(JOB, 2, 0, None, at(14), None, None)]
    other = [Ran(UUID(int=9), 1, 1, WORKER, at(20), at(21), "lost")]
    assert recoveries([*ended, *other], [strike(12)], HOSTS) == [2]


def test_a_refusal_counts_where_the_ledger_took_the_attempt_away(tmp_path: Path) -> None:
    lines = [
        {"event": "write refused", "job_id": ids.show(ids.JOB, JOB), "attempt": 1},
        {"event": "attempt ended", "job_id": ids.show(ids.JOB, JOB), "attempt": 1, "now": None},
        {"event": "attempt ended", "job_id": ids.show(ids.JOB, JOB), "attempt": 2, "now": None},
        {"event": "attempt ended", "job_id": ids.show(ids.JOB, JOB), "attempt": 3, "now": "queued"},
        {"event": "working"},
    ]
    log = tmp_path / "log"
    log.write_bytes(b"\n".join(map(msgspec.json.encode, lines)) + b'\nnot json\n{"cut off')
    assert fenced(log, attempts()) == 1
    assert fenced(log, attempts("interrupted")) == 0


def test_percentiles_are_by_nearest_rank() -> None:
    assert [percentile([3, 1, 2], percent) for percent in (50, 95, 100)] == [2, 3, 3]
    assert percentile([], 50) is None
