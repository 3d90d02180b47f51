"""Cost of the process that probes an upload."""

import sys

import pytest

from domain.media import probing
from domain.media.probe import probe_cpu_limit_s_by_file_count
from telemetry import costs
from telemetry.costs import RequestCostMeter


async def test_killed_process_is_charged_its_wall_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile file may get it killed before it reports its CPU time."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    cost = RequestCostMeter()
    with costs.charge_costs_of_code_block_to_request(cost):
        assert await probing._run_probe_process(["3:image/png"], []) == []
    assert 0 < cost.children_s <= probe_cpu_limit_s_by_file_count(1)


async def test_process_reports_its_cpu_time() -> None:
    cost = RequestCostMeter()
    with costs.charge_costs_of_code_block_to_request(cost):
        assert await probing._run_probe_process([], []) == []
    assert 0.01 < cost.children_s < probe_cpu_limit_s_by_file_count(0)
