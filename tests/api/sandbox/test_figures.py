"""Figures of a sandbox: an advance asks for them as often as real time would, not once for the whole way."""

import time
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

import pytest

from api import ratelimit
from tests.api.sandbox.conftest import Sandbox
from workers.platforms.fakes.collect import GROWS

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)

KEPT = """
    select at, value from metric_snapshot
     where organization_id = $1 and subject_id = $2 and metric = 'views' order by at"""


class Figures(NamedTuple):
    """The ages of a post at which its views were kept, and each value as a part of the last one."""

    ages: list[timedelta]
    parts: list[float]


async def of_a_post(sandbox: Sandbox, handle: str, moves: list[str]) -> Figures:
    """Of one that goes out at the beginning of these moves of the clock."""
    post = await sandbox.schedule(
        await sandbox.account(handle), f"Bread of {handle}", scheduledFor=await sandbox.later(minutes=1)
    )
    for move in moves:
        await sandbox.advance(advance=move)
    post_id = UUID(post.partition("_")[2])
    went = datetime.fromisoformat((await sandbox.show(post))["publishedAt"])
    kept = await sandbox.pool.fetch(KEPT, sandbox.org, post_id)
    views = 1000 + post_id.int % 9000
    return Figures([row["at"] - went for row in kept], [row["value"] / views for row in kept])


def check(found: Figures, late: timedelta) -> None:
    """Once an hour for two days, then every six hours; `late`: the real time that all of it took."""
    assert found.ages[0] <= HOUR + late
    for earlier, later in pairwise(found.ages):
        every = HOUR if earlier < 2 * DAY else 6 * HOUR
        assert every - late <= later - earlier <= every + late, earlier
    for age, part in zip(found.ages, found.parts, strict=True):
        assert abs(part - age / GROWS) < 0.001


async def test_the_first_day_of_a_post_has_its_hours(sandbox: Sandbox) -> None:
    began = time.monotonic()
    found = await of_a_post(sandbox, "shop", ["1d"])
    late = timedelta(seconds=time.monotonic() - began)
    check(found, late)
    assert len(found.ages) >= DAY // (HOUR + late) - 1


@pytest.mark.long
async def test_a_week_at_once_has_the_figures_of_its_hours_one_by_one(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A key may not move the clock so often in a minute.
    monkeypatch.setitem(ratelimit.QUOTAS, "sandbox", ratelimit.QUOTAS["partner"])
    began = time.monotonic()
    at_once = await of_a_post(sandbox, "once", ["7d"])
    await sandbox.pool.execute("update social_account set collect_at = null")
    by_hours = await of_a_post(sandbox, "hours", ["1h"] * 168)
    late = timedelta(seconds=time.monotonic() - began)
    for found in (at_once, by_hours):
        check(found, late)
        assert {age // DAY for age in found.ages} == set(range(7))
    assert abs(len(at_once.ages) - len(by_hours.ages)) <= 1 + late // HOUR
    for day in range(7):
        first, second = (dict(zip(found.ages, found.parts, strict=True)) for found in (at_once, by_hours))
        last = [max(part for age, part in one.items() if age < (day + 1) * DAY) for one in (first, second)]
        assert abs(last[0] - last[1]) <= (6 * HOUR + late) / WEEK
