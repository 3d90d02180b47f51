"""Recovery time of an attempt from its first fault, and refusals from logs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from chaos.rehearsal.faults import InjectedFault
from chaos.rehearsal.recovery import (
    AttemptRow,
    compute_interrupted_job_recovery_times_s,
    count_fenced_attempts,
    nearest_rank_percentile,
)
from chaos.rehearsal.schedule import RehearsalFaultKind
from schemas import ids

JOB, WORKER = UUID(int=1), UUID(int=2)
HOSTS = {WORKER: "worker 1"}


def at_second(second: float) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)


def attempts(outcome: str = "lost") -> list[AttemptRow]:
    """Return an attempt from second 10 to 14, and the next from 15 on."""
    first = AttemptRow(JOB, 1, 1, WORKER, at_second(10), at_second(14), outcome)
    return [
        first,
        AttemptRow(JOB, 2, 2, UUID(int=3), at_second(15), at_second(16), "completed"),
        AttemptRow(JOB, 3, 0, None, at_second(16), None, None),
    ]


def injected(second: float, host: str = "worker 1") -> InjectedFault:
    return InjectedFault(RehearsalFaultKind.KILL_WORKER, at_second(second), frozenset({host}))


@pytest.mark.parametrize(
    ("faults", "times_s"),
    [
        ([injected(12)], [3]),
        ([injected(9), injected(11), injected(13)], [4]),
        ([injected(12, "worker 2"), injected(13)], [2]),
        ([injected(12, "worker 2")], []),
        ([injected(14.5)], []),
    ],
)
def test_recovery_begins_with_the_first_fault_of_the_attempt(faults: list[InjectedFault], times_s: list[float]) -> None:
    assert compute_interrupted_job_recovery_times_s(attempts(), faults, HOSTS) == times_s
    assert compute_interrupted_job_recovery_times_s(attempts("completed"), faults, HOSTS) == []
    assert compute_interrupted_job_recovery_times_s(attempts("retry"), faults, HOSTS) == []


def test_recovery_ends_with_the_job() -> None:
    ended = [attempts()[0], AttemptRow(JOB, 2, 0, None, at_second(14), None, None)]
    other = [AttemptRow(UUID(int=9), 1, 1, WORKER, at_second(20), at_second(21), "lost")]
    assert compute_interrupted_job_recovery_times_s([*ended, *other], [injected(12)], HOSTS) == [2]


def test_only_refusals_of_lost_attempts_are_fenced(tmp_path: Path) -> None:
    lines = [
        {"event": "write refused", "job_id": ids.format_prefixed_id(ids.JOB_ID_PREFIX, JOB), "attempt": 1},
        {"event": "attempt ended", "job_id": ids.format_prefixed_id(ids.JOB_ID_PREFIX, JOB), "attempt": 1, "now": None},
        {"event": "attempt ended", "job_id": ids.format_prefixed_id(ids.JOB_ID_PREFIX, JOB), "attempt": 2, "now": None},
        {
            "event": "attempt ended",
            "job_id": ids.format_prefixed_id(ids.JOB_ID_PREFIX, JOB),
            "attempt": 3,
            "now": "queued",
        },
        {"event": "working"},
    ]
    log = tmp_path / "log"
    log.write_bytes(b"\n".join(map(msgspec.json.encode, lines)) + b'\nnot json\n{"cut off')
    assert count_fenced_attempts(log, attempts()) == 1
    assert count_fenced_attempts(log, attempts("interrupted")) == 0


def test_percentiles_are_by_nearest_rank() -> None:
    assert [nearest_rank_percentile([3, 1, 2], percent) for percent in (50, 95, 100)] == [2, 3, 3]
    assert nearest_rank_percentile([], 50) is None
