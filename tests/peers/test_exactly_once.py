"""Exactly once: under any fault of a call to TikTok or Instagram, the post is published once, or reported.

The expected results are in docs/reference/exactly-once.md: `python -m tests.peers.exactly_once --write`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.peers.exactly_once import faults, kills, page, system
from tests.peers.exactly_once.rows import AFTER_COMMIT, KILL, OutcomeRow, wrong
from tests.peers.exactly_once.shapes import LAST, PLATFORMS, SHAPES
from tests.peers.exactly_once.timeline import find_contradictions

pytestmark = [pytest.mark.long, pytest.mark.first, pytest.mark.timeout(1800)]


def hold(rows: Sequence[OutcomeRow], platforms: Sequence[str], *, killed: bool) -> None:
    """Assert that the rows follow the rule and match the page."""
    assert [*wrong(rows)] == []
    titles = {shape.title for shape in SHAPES if shape.platform in platforms}
    kept = [each for each in page.kept() if each.title in titles and each.killed is killed]
    found = page.lines(rows)
    assert [line for line in found if line not in kept] == []
    assert found == kept


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_each_fault_of_each_call(servers: tuple[str, str], tmp_path: Path, platform: str) -> None:
    async with system.opened(*servers, tmp_path, [platform]) as opened:
        rows = await faults.play_all(opened, frozenset({platform}), print)
    hold(rows, [platform], killed=False)


async def test_a_worker_killed_at_each_call(servers: tuple[str, str], tmp_path: Path) -> None:
    async with system.opened(*servers, tmp_path, PLATFORMS) as opened:
        rows = await kills.play_all(opened, frozenset(PLATFORMS), tmp_path, print)
    hold(rows, PLATFORMS, killed=True)


def test_oracle_finds_each_violation() -> None:
    """An oracle that never fails would prove nothing."""
    good = OutcomeRow(
        "TikTok: photos", "content/init", "drop_before", "published", live=1, drafts=0, sends=1, attempts=1
    )
    bad = [
        good._replace(live=2),
        good._replace(live=0),
        good._replace(drafts=1),
        good._replace(became="failed (PLATFORM_REJECTED)"),
        good._replace(became="draft_in_inbox"),
        good._replace(became="outcome_unknown", call="creator_info"),
        good._replace(became="publishing"),
        good._replace(untrue="it ends with failed"),
    ]
    assert [*wrong([good, good._replace(became="outcome_unknown, published")])] == []
    assert [*wrong([good._replace(became="outcome_unknown", live=0)])] == []
    assert [found.row for found in wrong(bad)] == bad


def entry(kind: str, fence: int = 1, **said: Any) -> dict[str, Any]:
    return {"type": kind, "attempt": fence, "fence": fence, "workerId": f"wrk_{fence}", **said}


def test_oracle_finds_a_wrong_timeline() -> None:
    shape = next(shape for shape in SHAPES if shape.send == LAST)
    row = OutcomeRow(
        shape.title, LAST.name, f"{KILL} after its answer", "published", live=1, drafts=0, sends=1, attempts=2
    )
    begun, lost = entry("attempt_started"), entry("attempt_ended", outcome="lost")
    entries = [begun, entry("call"), entry("answer_lost"), lost, entry("attempt_started", 2), entry("published")]
    assert [*find_contradictions(entries, row, shape)] == []
    assert [*find_contradictions([entry("not_sent"), *entries], row, shape)] == []
    for wrong_row in (
        row._replace(sends=2),
        row._replace(sends=0, live=2),
        row._replace(attempts=1),
        row._replace(attempts=3),
        row._replace(became="failed (PLATFORM_REJECTED)"),
        row._replace(event=AFTER_COMMIT),
    ):
        assert [*find_contradictions(entries, wrong_row, shape)], wrong_row
    for wrong_entries in (
        entries[:-1],
        entries[2:],
        [*entries, entry("outcome_unknown"), entries[-1]],
        [one for one in entries if one["type"] != "answer_lost"],
        [one | {"workerId": "wrk_1"} for one in entries],
        [*entries[:4], entry("call"), *entries[4:]],
        [*entries[:4], entry("look_up", verdict="found"), entry("not_sent"), *entries[4:]],
    ):
        assert [*find_contradictions(wrong_entries, row, shape)], wrong_entries
