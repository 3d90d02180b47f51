"""Counts between bounds of any zone match the events, folded or not."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from db.pool import Conn
from domain.events import folds
from domain.metrics import buckets, rollup_counts
from domain.metrics.rollup_counts import ROLLUP_NAMES_MEANING_ALL_EVENTS, EventCountGrouping
from domain.metrics.windows import QUARTER_HOUR, TimeWindow
from domain.values import timezones
from schemas.metrics import Granularity
from tests.domain.events.sending import PROJECT, fold_all

BEGAN = datetime(2026, 3, 20, tzinfo=UTC)
DAYS = 40


class Happened(NamedTuple):
    """Event, as far as counts need it."""

    at: datetime
    name: str
    app_no: int
    currency: str
    micros: int


async def happen(conn: Conn, dice: random.Random, number: int) -> list[Happened]:
    """Insert events, two thirds of them folded, and events of another project."""
    events = [
        Happened(
            BEGAN + timedelta(seconds=dice.randrange(DAYS * 86_400)),
            dice.choice(("open", "purchase_success")),
            dice.randrange(3),
            dice.choice(("", "EUR")),
            dice.randrange(100),
        )
        for _ in range(number)
    ]
    await _queue(conn, PROJECT, events[: number * 2 // 3])
    await _queue(conn, UUID(int=8), events)
    await fold_all(conn)
    await _queue(conn, PROJECT, events[number * 2 // 3 :])
    return events


async def _queue(conn: Conn, project_id: UUID, events: Sequence[Happened]) -> None:
    await conn.executemany(
        """insert into event_delta (project_id, app_no, bucket, name, currency, n, value_micros)
           values ($1, $2, date_bin('15 minutes', $3, '2000-01-01Z'), $4, $5, 1, $6)""",
        [(project_id, event.app_no, event.at, event.name, event.currency, event.micros) for event in events],
    )


def at_random(dice: random.Random) -> tuple[TimeWindow, ZoneInfo, Granularity]:
    since = BEGAN + QUARTER_HOUR * dice.randrange(DAYS * 96)
    window = TimeWindow(since, since + QUARTER_HOUR * dice.randrange(1, 800))
    zones = [*sorted(timezones.known_timezone_names()), *["Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu"] * 50]
    return window, ZoneInfo(dice.choice(zones)), dice.choice(("hour", "day", "week"))


async def wrong(conn: Conn, events: Sequence[Happened], dice: random.Random) -> object:
    """Return a query with an answer that differs from the events' own local times; None if it agrees."""
    window, zone, granularity = at_random(dice)
    cut = buckets.split_window_into_buckets(window, zone, granularity)
    bounds = [*(bucket.since for bucket in cut), window.until]
    await folds.fold_project_for_read(conn, project_id=PROJECT)
    found = await rollup_counts.count_rolled_up_events(
        conn, project_id=PROJECT, names=ROLLUP_NAMES_MEANING_ALL_EVENTS, bounds=bounds
    )
    said = {cut[row.place - 1].label: row.n for row in found}
    true = Counter(_label(event.at, zone, granularity) for event in events if window.since <= event.at < window.until)
    shown = (
        {_label(datetime.fromisoformat(f"{label}"), zone, "hour"): n for label, n in said.items()}
        if granularity == "hour"
        else said
    )
    return None if shown == true else (window, zone, granularity)


def _label(at: datetime, zone: ZoneInfo, granularity: Granularity) -> str:
    local = at.astimezone(zone)
    if granularity == "hour":
        return f"{local:%Y-%m-%d %H %z}"
    return (local.date() - timedelta(days=local.weekday() if granularity == "week" else 0)).isoformat()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("windows", [200, pytest.param(1_500, marks=pytest.mark.long)])
async def test_no_event_is_counted_in_a_wrong_bucket(conn: Conn, windows: int) -> None:
    dice = random.Random(windows)
    events = await happen(conn, dice, 3_000)
    assert [bad for _ in range(windows) if (bad := await wrong(conn, events, dice))] == []


async def test_counts_are_grouped_as_requested(conn: Conn) -> None:
    """By names, of which one is repeated, apps and currencies; of one app; and with the sums of values."""
    events = await happen(conn, random.Random(23), 500)
    await folds.fold_project_for_read(conn, project_id=PROJECT)
    bounds = [BEGAN, BEGAN + timedelta(days=DAYS)]
    names = ["open", "purchase_success", "open"]
    found = await rollup_counts.count_rolled_up_events(
        conn, project_id=PROJECT, names=names, bounds=bounds, by=EventCountGrouping(place=False, name=True, app=True)
    )
    assert {(row.name, row.app_no, row.currency): row.n for row in found} == Counter(
        (event.name, event.app_no, event.currency) for event in events
    )
    assert sum(row.micros for row in found) == sum(event.micros for event in events)
    one_app = await rollup_counts.count_rolled_up_events(
        conn, project_id=PROJECT, names=names, bounds=bounds, app_nos=[1]
    )
    assert sum(row.n for row in one_app) == sum(event.app_no == 1 for event in events)
    assert (
        await rollup_counts.count_rolled_up_events(conn, project_id=PROJECT, names=names, bounds=bounds, app_nos=[])
        == []
    )
