"""Noisy neighbours: each attack and its victim in miniature, and the judgement of a row."""

import math

import pytest

from chaos.environment import BenchServersAndSettings
from tools.bench.neighbours import measure
from tools.bench.neighbours.measure import NEIGHBOUR_ATTACKS_BY_NAME, NeighbourAttackResult
from tools.bench.neighbours.victim import TINY_ATTACK_SCALE, VictimTimings


@pytest.mark.long
@pytest.mark.parametrize("name", NEIGHBOUR_ATTACKS_BY_NAME)
async def test_attack_runs_during_the_measurement(environment: BenchServersAndSettings, name: str) -> None:
    steps: list[str] = []
    measured = await measure.measure_neighbour_attacks(
        environment, [name], TINY_ATTACK_SCALE, lambda row, what: steps.append(f"{row} {what}")
    )
    assert list(measured) == [name]
    row = measured[name]
    for times in (row.rest, row.beside):
        assert not times.failed, times.sample
        assert math.isfinite(times.p95)
        assert 0 < times.p50 <= times.p95
    assert row.noted["attack"], "the attack did nothing"
    assert "421" not in row.noted["attack"], "the attack named a host that isn't allowed, and cost nothing"
    assert steps[-1] == f"{name} during the attack"


def timings(p95: float, *, failed: int = 0) -> VictimTimings:
    return VictimTimings(p95 / 2, p95, tried=10, failed=failed, sample="")


def test_limit_is_twice_the_rest_plus_250_ms() -> None:
    assert NeighbourAttackResult("", timings(10), timings(270), {}).is_target_met
    assert not NeighbourAttackResult("", timings(10), timings(270.1), {}).is_target_met


def test_row_with_a_failure_is_not_reached() -> None:
    assert not NeighbourAttackResult("", timings(10), timings(10, failed=1), {}).is_target_met
