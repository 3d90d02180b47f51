"""Figures of a sandbox: an advance produces each hour's own figure, as real time would."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest

from api.limits import rate_limits
from tests.api.sandbox.conftest import ApiSandbox
from workers.platforms.fakes.collect import SANDBOX_METRIC_GROWTH_TIME

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

KEPT = """
    select at, value from metric_snapshot
     where organization_id = $1 and subject_id = $2 and metric = 'views' order by at"""


class Figures(NamedTuple):
    """The ages of a post at its stored views, and each value as a fraction of the last one."""

    ages: list[timedelta]
    parts: list[float]


async def collect_figures(sandbox: ApiSandbox, handle: str, moves: list[str]) -> Figures:
    """Return the figures of a post published at the start of these moves."""
    post = await sandbox.schedule(
        await sandbox.account(handle), f"Bread of {handle}", scheduledFor=await sandbox.time_after(minutes=1)
    )
    for move in moves:
        await sandbox.advance(advance=move)
    post_id = UUID(post.partition("_")[2])
    went = datetime.fromisoformat((await sandbox.read_post(post))["publishedAt"])
    kept = await sandbox.pool.fetch(KEPT, sandbox.org, post_id)
    views = 1000 + post_id.int % 9000
    return Figures([row["at"] - went for row in kept], [row["value"] / views for row in kept])


def expected_ages(until: timedelta) -> list[timedelta]:
    """Return the ages: hourly for two days, then every six hours."""
    hours = [*range(1, 49), *range(54, 168, 6)]
    return [hour * HOUR for hour in hours if hour * HOUR <= until]


def check_figures(found: Figures, until: timedelta) -> None:
    """Check that each time of the cadence has its own figure."""
    assert found.ages == expected_ages(until)
    for age, part in zip(found.ages, found.parts, strict=True):
        assert abs(part - age / SANDBOX_METRIC_GROWTH_TIME) < 0.001


async def test_several_advances_keep_the_hourly_cadence(sandbox: ApiSandbox) -> None:
    check_figures(await collect_figures(sandbox, "shop", ["90m", "20h", "10m", "30h"]), 51 * HOUR)


async def test_one_advance_of_a_week_has_every_day(sandbox: ApiSandbox) -> None:
    found = await collect_figures(sandbox, "shop", ["7d"])
    check_figures(found, 162 * HOUR)
    assert {age // DAY for age in found.ages} == set(range(7))


@pytest.mark.long
async def test_one_advance_equals_hourly_advances(sandbox: ApiSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    # A key's rate limit allows fewer moves of the clock in a minute.
    monkeypatch.setitem(
        rate_limits.REQUEST_RATE_LIMITS_BY_TIER, "sandbox", rate_limits.REQUEST_RATE_LIMITS_BY_TIER["partner"]
    )
    for handle, moves in (("once", ["7d"]), ("hours", ["1h"] * 168)):
        await sandbox.pool.execute("update social_account set collect_at = null")
        check_figures(await collect_figures(sandbox, handle, moves), 162 * HOUR)
