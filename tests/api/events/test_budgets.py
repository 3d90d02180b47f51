"""Event budgets: per UTC day for all apps of an organization, independent of other organizations."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar
from redis.asyncio import Redis

from api.app import create_app
from api.events import requests
from api.services import ApiServices
from db.pool import Pool
from domain.events import budgets
from domain.events.budgets import TierDailyEventLimits
from schemas.settings import Settings
from tests.api.conftest import ApiCaller, client_of, hold_context, new_key, open_caller, read_answer
from tests.api.events.sender import PHONE, EventSender, event, read_counts, sender
from tests.api.refusals import problem
from tests.waiting import eventually

BUDGET = TierDailyEventLimits(10, 1 << 20)


@pytest.fixture(autouse=True)
def small_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set small budgets, twice as large for `partner`; don't remember refusals."""
    tiers = dict.fromkeys(budgets.EVENT_DAY_LIMITS_BY_TIER, BUDGET) | {"partner": TierDailyEventLimits(20, 2 << 20)}
    monkeypatch.setattr(budgets, "EVENT_DAY_LIMITS_BY_TIER", tiers)
    monkeypatch.setattr(requests, "MAX_LIMIT_REFUSAL_CACHE_S", 0.0)


def build_events(*numbers: int, **fields: Any) -> list[dict[str, Any]]:
    return [event(number, **fields) for number in numbers]


async def read_usage(caller: ApiCaller) -> dict[str, Any]:
    usage: dict[str, Any] = read_answer(await caller.http.get("/v1/usage"))["events"]
    return usage


async def wait_for_added(pool: Pool, caller: ApiCaller, events: int) -> None:
    """Wait until all processes together have added so many events."""
    are = "select sum(events) = $2::bigint from intake_day where organization_id = $1"
    await eventually(lambda: pool.fetchval(are, caller.organization_id, events))


async def test_events_over_the_budget_are_refused_unread_until_the_day_ends(shop: EventSender) -> None:
    assert read_counts(await shop.send(*build_events(*range(9))))[0] == 9
    # A request with more events than are left is accepted as a whole.
    assert read_counts(await shop.send(*build_events(*range(10, 14))))[0] == 4
    over = await shop.post(b"{")
    assert problem(over) == (429, "RATE_LIMITED", {"limit": "daily-events"})
    now = datetime.now(UTC)
    until_midnight = 86_400 - int(now.timestamp()) % 86_400
    assert 0 <= (int(over.headers["Retry-After"]) - until_midnight) % 86_400 <= 300


async def test_bytes_have_a_budget_of_their_own(shop: EventSender, pool: Pool) -> None:
    large = {"properties": {"text": "x" * 30_000}, "context": {}}
    answers = [await shop.send(*build_events(number, **large)) for number in range(40)]
    assert {answer.status_code for answer in answers[:9]} == {202}
    few = TierDailyEventLimits(100, 60_000)
    for tier in budgets.EVENT_DAY_LIMITS_BY_TIER:
        budgets.EVENT_DAY_LIMITS_BY_TIER[tier] = few  # type: ignore[index]  # the test's own
    assert problem(await shop.send(event(99))) == (429, "RATE_LIMITED", {"limit": "daily-event-bytes"})
    await wait_for_added(pool, shop.owner, 10)
    used = (await read_usage(shop.owner))["bytes"]
    assert 300_000 < used["used"] < 310_000


async def test_all_apps_and_keys_of_an_organization_share_it(
    acme: ApiCaller, rival: ApiCaller, anonymous: httpx.AsyncClient, pool: Pool
) -> None:
    shop, phone = await sender(acme, anonymous), await sender(acme, anonymous, PHONE)
    theirs = await sender(rival, anonymous)
    for one, number in ((shop, 0), (phone, 5)):
        assert read_counts(await one.send(*build_events(*range(number, number + 5))))[0] == 5
    body = {"projectId": shop.project, "sdkAppId": shop.app["appId"], "events": build_events(20)}
    for answer in (await shop.send(event(20)), await phone.send(event(20)), await post_segment(phone)):
        assert problem(answer)[2] == {"limit": "daily-events"}
    for headers in ({}, {"Idempotency-Key": "k1"}):
        answer = await acme.http.post("/v1/events", json=body, headers=headers)
        assert problem(answer)[2] == {"limit": "daily-events"}
    assert read_counts(await theirs.send(event(1)))[0] == 1
    await wait_for_added(pool, acme, 10)
    shown = await read_usage(acme)
    assert shown["count"] == {"used": 10, "limit": 10}
    assert shown["bytes"]["limit"] == BUDGET.size
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    resets = datetime.fromisoformat(shown["resetsAt"])
    assert timedelta(0) <= resets - midnight <= timedelta(days=2)
    assert (await read_usage(rival))["count"]["used"] in {0, 1}


async def post_segment(phone: EventSender) -> httpx.Response:
    return await phone.post(b'{"batch":[{"type":"track","event":"a","messageId":"m"}]}', at="/v1/b")


async def test_a_sandbox_has_its_own(
    app: Litestar, pool: Pool, acme: ApiCaller, shop: EventSender, anonymous: httpx.AsyncClient
) -> None:
    assert read_counts(await shop.send(*build_events(*range(12))))[0] == 12
    question = "select id from organization where live_organization_id = $1"
    sandbox_id = await pool.fetchval(question, acme.organization_id)
    async with client_of(app, await new_key(pool, sandbox_id, env="test")) as http:
        sandbox = ApiCaller(sandbox_id, "", http)
        test = await sender(sandbox, anonymous)
        assert read_counts(await test.send(*build_events(*range(10))))[0] == 10
        assert problem(await test.send(event(30)))[2] == {"limit": "daily-events"}
        await wait_for_added(pool, sandbox, 10)
        assert (await read_usage(sandbox))["count"] == {"used": 10, "limit": 10}
    await wait_for_added(pool, acme, 12)


async def test_repeated_events_are_charged_once(shop: EventSender, pool: Pool) -> None:
    for _ in range(5):
        await shop.send(*build_events(*range(4)))
    assert read_counts(await shop.send(*build_events(*range(3, 9))))[:2] == (5, 1)
    await wait_for_added(pool, shop.owner, 9)
    size = await pool.fetchval("select bytes from intake_day")
    one = len(b'{"events":[],"sentAt":"2026-01-01T00:00:00Z"}') + 9 * 75
    assert abs(size - one) < 150
    assert read_counts(await shop.send(event(9)))[0] == 1
    assert problem(await shop.send(event(10)))[0] == 429


async def test_the_next_utc_day_has_its_own(clocked: tuple[Litestar, list[datetime]], pool: Pool) -> None:
    app, now = clocked
    async with open_caller(app, pool, "Acme") as acme, client_of(app) as http:
        shop = await sender(acme, http)
        await shop.send(*build_events(*range(10)))
        refused = await shop.send(event(10))
        now[0] += timedelta(seconds=int(refused.headers["Retry-After"]) - 1)
        assert problem(await shop.send(event(10)))[0] == 429
        now[0] += timedelta(seconds=1)
        assert read_counts(await shop.send(event(10)))[0] == 1
        await wait_for_added(pool, acme, 11)
        assert (await read_usage(acme))["count"]["used"] == 1


async def test_a_higher_tier_counts_at_once(shop: EventSender, pool: Pool, redis: Redis) -> None:
    """The count survives an emptied Redis."""
    await shop.send(*build_events(*range(10)))
    assert problem(await shop.send(event(10)))[0] == 429
    await redis.flushdb()
    assert problem(await shop.send(event(10)))[2] == {"limit": "daily-events"}
    await pool.execute("update organization set tier = 'partner' where id = $1", shop.owner.organization_id)
    assert read_counts(await shop.send(event(10)))[0] == 1
    await pool.execute("update organization set tier = 'pilot' where id = $1", shop.owner.organization_id)
    assert problem(await shop.send(event(11)))[0] == 429


async def test_refused_app_causes_no_query(shop: EventSender, app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MAX_LIMIT_REFUSAL_CACHE_S", 600.0)
    await shop.send(*build_events(*range(10)))
    assert problem(await shop.send(event(10)))[0] == 429
    services: ApiServices = app.state.services
    monkeypatch.delattr(services.events.apps, "_apps")
    monkeypatch.delattr(services.events.limiter, "_questions")
    assert problem(await shop.post(b"{"))[2] == {"limit": "daily-events"}


async def test_two_processes_count_each_accepted_event_once(app: Litestar, settings: Settings, pool: Pool) -> None:
    """The count is exact for any concurrency. A process that starts later learns it after its first
    addition.
    """
    for tier in budgets.EVENT_DAY_LIMITS_BY_TIER:
        budgets.EVENT_DAY_LIMITS_BY_TIER[tier] = TierDailyEventLimits(100, 1 << 30)  # type: ignore[index]  # the test's own
    other = create_app(settings)
    numbers = itertools.count()
    async with open_caller(app, pool, "Acme") as acme, client_of(app) as one:
        shop = await sender(acme, one)

        async def send(through: EventSender) -> int:
            accepted = 0
            for _ in range(15):
                answer = await through.send(*build_events(*itertools.islice(numbers, 3)))
                assert answer.status_code in {202, 429}
                accepted += answer.json().get("accepted", 0)
            return accepted

        async with hold_context(other.lifespan()), client_of(other) as http:
            senders = [shop, shop._replace(http=http)]
            accepted = sum(await asyncio.gather(*(send(senders[n % 2]) for n in range(12))))
            assert 100 <= accepted <= 2 * 102
        await wait_for_added(pool, acme, accepted)
        assert (await read_usage(acme))["count"]["used"] == accepted
    third = create_app(settings)
    async with hold_context(third.lifespan()), client_of(third) as http:
        again = shop._replace(http=http)
        assert read_counts(await again.send(*build_events(*itertools.islice(numbers, 3))))[0] == 3

        async def knows() -> bool:
            return (await again.send(*build_events(next(numbers)))).status_code == 429

        await eventually(knows)
