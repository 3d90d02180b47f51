"""Cost of the process that looks into an upload."""

import sys

import pytest

from domain.media import probing
from domain.media.probe import cpu_limit
from telemetry import costs
from telemetry.costs import Cost


async def test_a_process_that_ends_without_a_word_is_charged_its_wall_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hostile file may have it killed before it can tell its CPU time."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    cost = Cost()
    with costs.metered(cost):
        assert await probing._run(["3:image/png"], []) == []
    assert 0 < cost.children_s <= cpu_limit(1)


async def test_a_process_tells_its_cpu_time() -> None:
    cost = Cost()
    with costs.metered(cost):
        assert await probing._run([], []) == []
    assert 0.01 < cost.children_s < cpu_limit(0)
