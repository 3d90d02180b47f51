"""Cost of the process that probes an upload."""

import sys
from pathlib import Path

import pytest

from domain.media import probing
from domain.media.probe import READ_ROLES_OPTION, MediaMetadata, probe_cpu_limit_s_by_file_count
from telemetry import costs
from telemetry.costs import RequestCostMeter
from tests import media


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


@pytest.mark.parametrize(
    ("file", "mime"),
    [
        (media.large("PNG", "RGBA"), "image/png"),
        (media.large("PNG", "P"), "image/png"),
        (media.large("JPEG", "CMYK"), "image/jpeg"),
        (media.large("WEBP", side=4800), "image/webp"),
        (media.picture(size=(1, 1)), "image/png"),
        (media.picture(size=(8192, 1)), "image/png"),
    ],
)
async def test_the_largest_and_smallest_pictures_have_a_role_within_the_limits(
    file: bytes, mime: str, tmp_path: Path
) -> None:
    (tmp_path / "picture").write_bytes(file)
    with (tmp_path / "picture").open("rb") as opened:
        arguments = [READ_ROLES_OPTION, f"{opened.fileno()}:{mime}"]
        [found] = await probing._run_probe_process(arguments, [opened.fileno()])
    assert isinstance(found, MediaMetadata)
    assert found.role
    assert found.fingerprint
    assert found.thumbnail
