"""Schedule and load: pure functions of a seed; a longer rehearsal only appends."""

from itertools import islice, pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some

from chaos.rehearsal.load import REHEARSAL_LOAD_MIX, generate_rehearsal_job_specs
from chaos.rehearsal.schedule import (
    FAULT_DURATIONS_S,
    FAULT_PAUSE_RANGE_S,
    FIRST_FAULT_AFTER_S,
    RehearsalFaultKind,
    schedule_rehearsal_faults,
)

SEEDS = some.integers(0, 2**32)
TENANTS = [UUID(int=1), UUID(int=2)]


@given(seed=SEEDS, seconds=some.floats(0, 600), longer_s=some.floats(0, 600))
def test_same_seed_has_same_faults(seed: int, seconds: float, longer_s: float) -> None:
    faults, longer = schedule_rehearsal_faults(seed, seconds), schedule_rehearsal_faults(seed, seconds + longer_s)
    assert faults == schedule_rehearsal_faults(seed, seconds) == longer[: len(faults)]
    assert all(scheduled.at_s < seconds for scheduled in faults)


@given(seed=SEEDS)
def test_each_round_has_every_fault(seed: int) -> None:
    faults = schedule_rehearsal_faults(seed, 120)
    assert faults[0].at_s == FIRST_FAULT_AFTER_S
    for first in range(0, len(faults) - len(RehearsalFaultKind), len(RehearsalFaultKind)):
        assert {scheduled.fault for scheduled in faults[first : first + len(RehearsalFaultKind)]} == {
            *RehearsalFaultKind
        }
    for fault, following in pairwise(faults):
        assert FAULT_PAUSE_RANGE_S[0] - 0.01 <= following.at_s - fault.at_s <= FAULT_PAUSE_RANGE_S[1] + 0.01
    for scheduled in faults:
        minimum, maximum = FAULT_DURATIONS_S.get(scheduled.fault, (0, 0))
        assert minimum - 0.01 <= scheduled.lasts_s <= maximum + 0.01
        assert 0 <= scheduled.chance < 1


def test_a_minute_has_every_fault() -> None:
    assert all(
        {scheduled.fault for scheduled in schedule_rehearsal_faults(seed, 60)} == {*RehearsalFaultKind}
        for seed in range(100)
    )


@given(seed=SEEDS)
def test_same_seed_has_same_load(seed: int) -> None:
    first, second = ([*islice(generate_rehearsal_job_specs(seed, TENANTS), 20)] for _ in range(2))
    assert first == second
    assert len({job_spec.key for job_spec in first}) == 20


def test_the_load_has_every_kind() -> None:
    assert sum(entry.percent for entry in REHEARSAL_LOAD_MIX) == 100
    kinds = {job_spec.kind for job_spec in islice(generate_rehearsal_job_specs(1, TENANTS), 1000)}
    assert kinds == {entry.kind for entry in REHEARSAL_LOAD_MIX}
