"""Noisy neighbours: each attack and its victim in miniature, and the judgement of a row."""

import math

import pytest

from bench.environment import Environment
from bench.neighbours import measure
from bench.neighbours.measure import Measured
from bench.neighbours.rows import ROWS
from bench.neighbours.scale import TINY
from bench.neighbours.victim import Seen


@pytest.mark.long
@pytest.mark.parametrize("name", ROWS)
async def test_an_attack_runs_beside_its_victim(environment: Environment, name: str) -> None:
    said: list[str] = []
    measured = await measure.measure(
        environment, [name], TINY, lambda row, what: said.append(f"{row} {what}")
    )
    assert list(measured) == [name]
    row = measured[name]
    for seen in (row.rest, row.beside):
        assert not seen.failed, seen.sample
        assert math.isfinite(seen.p95)
        assert 0 < seen.p50 <= seen.p95
    assert row.noted["attack"], "the attack did nothing"
    assert "421" not in row.noted["attack"], "the attack named a host that isn't allowed, and cost nothing"
    assert said[-1] == f"{name} during the attack"


def seen(p95: float, *, failed: int = 0) -> Seen:
    return Seen(p95 / 2, p95, tried=10, failed=failed, sample="")


def test_a_row_is_reached_within_twice_the_rest_and_250_ms() -> None:
    assert Measured("", seen(10), seen(270), {}).reached
    assert not Measured("", seen(10), seen(270.1), {}).reached


def test_a_row_with_a_failure_is_not_reached() -> None:
    assert not Measured("", seen(10), seen(10, failed=1), {}).reached
