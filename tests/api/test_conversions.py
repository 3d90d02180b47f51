"""Conversions: every grouping adds up to the events, from the 202 on."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from db.pool import Conn
from domain.events.event import NewEventRow
from schemas.conversion_counts import ConversionGrouping
from tests import seeds
from tests.api.conftest import ApiCaller, read_answer, uuid_of
from tests.domain.events.sending import NOW, event, fold_all, send

ZONE = ZoneInfo("Asia/Kathmandu")
APPS = [{"platform": "web", "webDomain": "shop.example"}, {"platform": "ios", "bundleId": "a.b"}]
WINDOW = {
    "since": seeds.in_utc(NOW.replace(minute=15) - timedelta(days=2)),
    "until": seeds.in_utc(NOW.replace(minute=30)),
}


async def read_conversions(caller: ApiCaller, path: str, **params: str) -> dict[str, Any]:
    return read_answer(await caller.http.get(f"{path}/conversions", params=WINDOW | params))


def random_events(dice: random.Random, project_id: UUID, numbers: range) -> list[NewEventRow]:
    return [
        event(
            number,
            project_id=project_id,
            app_no=dice.choice((1, 2)),
            name=dice.choice(("purchase_success", "sign_up", "open")),
            occurred_at=NOW - timedelta(minutes=dice.randrange(2 * 1440)),
            value_micros=dice.choice((None, 0, 100_000, 200_000)),
            currency=dice.choice((None, "EUR", "USD")),
        )
        for number in numbers
    ]


def expected_totals(events: Sequence[NewEventRow]) -> dict[str, Any]:
    """Compute the totals directly from the events."""
    sums = defaultdict[str | None, int](int)
    for one in events:
        sums[one.currency] += one.value_micros or 0
    worth = {currency: micros for currency, micros in sums.items() if currency or micros}
    currency, micros = next(iter(worth.items()), (None, 0))
    one_currency = len(worth) < 2
    return {
        "count": len(events),
        "value": micros / 1e6 if one_currency else None,
        "currency": currency if one_currency else None,
    }


def group_key(one: NewEventRow, apps: list[str], by: Sequence[str]) -> tuple[Any, ...]:
    local = one.occurred_at.astimezone(ZONE)
    said = {
        "platform": APPS[one.app_no - 1]["platform"],
        "appId": apps[one.app_no - 1],
        "eventName": one.name,
        "day": f"{local:%Y-%m-%d}",
        "hour": f"{local:%Y-%m-%d %H}",
        "currency": one.currency,
    }
    return tuple(said[name] for name in by)


def shown_group_key(group: dict[str, Any], by: Sequence[str]) -> tuple[Any, ...]:
    hour = group["hour"] and f"{datetime.fromisoformat(group['hour']).astimezone(ZONE):%Y-%m-%d %H}"
    return tuple((group | {"hour": hour})[name] for name in by)


async def test_every_grouping_adds_up_to_the_events(acme: ApiCaller, conn: Conn) -> None:
    """In Nepal, with a web and a phone app. Half of the events are in rollups, the other half not yet."""
    project = (await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": ZONE.key})).json()["id"]
    path, project_id, dice = f"/v1/projects/{project}", uuid_of(project), random.Random(31)
    apps = [(await acme.http.post(f"{path}/sdk-apps", json={"name": "A"} | app)).json()["appId"] for app in APPS]
    first, second = (random_events(dice, project_id, numbers) for numbers in (range(150), range(150, 300)))
    await send(conn, first)
    await fold_all(conn)
    await send(conn, second)
    names = ["purchase_success", "sign_up"]
    start, end = (datetime.fromisoformat(WINDOW[name]) for name in ("since", "until"))
    inside = [one for one in first + second if one.name in names and start <= one.occurred_at < end]
    for size in range(3):
        for by in combinations(get_args(ConversionGrouping), size):
            found = await read_conversions(acme, path, **({"groupBy": ",".join(by)} if by else {}))
            assert found["totals"] == expected_totals(inside)
            groups = defaultdict[tuple[Any, ...], list[NewEventRow]](list)
            for one in inside if by else ():
                groups[group_key(one, apps, by)].append(one)
            shown = {shown_group_key(group, by): group for group in found["groups"]}
            assert len(shown) == len(found["groups"])
            expected = {key: expected_totals(of) for key, of in groups.items()}
            assert {key: {name: shown[key][name] for name in of} for key, of in expected.items()} == expected
            assert shown.keys() == expected.keys()
    # Filters limit names and apps.
    for names, app_no in ((["open"], 1), (["open", "sign_up"], 2)):
        params = {"eventNames": ",".join(names), "appId": apps[app_no - 1]}
        found = await read_conversions(acme, path, **params, since=seeds.in_utc(NOW - timedelta(days=3)))
        inside = [one for one in first + second if one.name in names and one.app_no == app_no]
        assert (found["totals"], found["eventNames"]) == (expected_totals(inside), names)
