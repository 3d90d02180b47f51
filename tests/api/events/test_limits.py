"""Rate limits of events: they slow no other app, and a refused app causes no queries."""

import asyncio
import gzip

import httpx
import pytest
from litestar import Litestar
from redis.asyncio import Redis

from api.limits import event_limits, rate_limits
from api.limits.event_limits import EventRateLimits
from api.services import ApiServices
from tests.api.conftest import ApiCaller
from tests.api.events.sender import EventSender, event, read_counts, sender
from tests.api.refusals import problem
from tests.api.test_ratelimit import parse_policies
from tests.waiting import eventually

FEW = EventRateLimits(3, 10)


@pytest.fixture(autouse=True)
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set low limits without a refill during a test; raise Redis's time limit."""
    monkeypatch.setattr(rate_limits, "MAX_REDIS_WAIT_S", 60.0)
    monkeypatch.setattr(event_limits, "EVENT_LIMITS_BY_TIER", dict.fromkeys(event_limits.EVENT_LIMITS_BY_TIER, FEW))
    monkeypatch.setattr(event_limits, "EVENT_BUCKET_REFILL_S", 36_000)


async def refill_buckets(app: Litestar, redis: Redis) -> None:
    """Fill the buckets as if the window had passed."""
    for bucket in [key async for key in redis.scan_iter("rate:*:events")]:
        await redis.delete(bucket)
    services: ApiServices = app.state.services
    services.events.limiter._refused.clear()


async def events_left(redis: Redis, sender: EventSender) -> float:
    """Return the number of events that the app may send."""
    [bucket] = [key async for key in redis.scan_iter(f"rate:{sender.app['appId'][4:]}:events")]
    return float(await redis.hget(bucket, "events") or 0)  # type: ignore[misc]  # redis-py's two clients


async def test_requests_over_the_limit_are_refused(
    shop: EventSender, phone: EventSender, app: Litestar, redis: Redis
) -> None:
    """Another app is not refused."""
    answers = [await shop.send(event(number)) for number in range(3)]
    assert [read_counts(answer)[0] for answer in answers] == [1, 1, 1]
    assert [parse_policies(answer.headers["RateLimit"])["event-requests"]["r"] for answer in answers] == [2, 1, 0]
    assert answers[0].headers["X-RateLimit-Endpoint-Class"] == "events"
    assert parse_policies(answers[0].headers["RateLimit-Policy"]) == {
        "event-requests": {"q": 3, "w": event_limits.EVENT_BUCKET_REFILL_S},
        "events": {"q": 10, "w": event_limits.EVENT_BUCKET_REFILL_S},
    }
    for _ in range(2):
        over = await shop.send(event(9))
        assert problem(over) == (429, "RATE_LIMITED", {"limit": "event-requests"})
        assert 11_000 < int(over.headers["Retry-After"]) <= 12_000
        assert parse_policies(over.headers["RateLimit"])["event-requests"]["r"] == 0
    assert read_counts(await phone.send(event(1)))[0] == 1
    await refill_buckets(app, redis)
    assert read_counts(await shop.send(event(9)))[0] == 1


async def test_large_request_is_accepted_and_paid_by_later_ones(shop: EventSender, redis: Redis) -> None:
    assert read_counts(await shop.send(*(event(number) for number in range(25))))[0] == 25

    async def spent() -> bool:
        return await events_left(redis, shop) < 0

    await eventually(spent)
    over = await shop.send(event(30))
    assert problem(over) == (429, "RATE_LIMITED", {"limit": "events"})
    assert 57_000 < int(over.headers["Retry-After"]) <= 57_601


BOMB = gzip.compress(b" " * 8_000_001)


COSTS = (
    ("", b"{" + b" " * 100_000, (400, 48)),
    ("", b'{"events": {}}' + b" " * 100_000, (422, 48)),
    ("", gzip.compress(b" " * 100_000), (400, 48)),
    ("", BOMB, (413, 3_906)),
    ("", BOMB[:-9], (400, 3_906)),
    ("b", b"[" + b" " * 100_000, (400, 48)),
    ("b", gzip.compress(b" " * 100_000), (400, 48)),
    ("b", BOMB, (413, 488)),
    ("b", b'{"batch":[]}', (200, 1)),
)


async def test_refused_body_costs_its_size(phone: EventSender, app: Litestar, redis: Redis) -> None:
    for case in COSTS:
        await check_cost(phone, redis, *case)
        await refill_buckets(app, redis)


async def check_cost(phone: EventSender, redis: Redis, path: str, content: bytes, outcome: tuple[int, int]) -> None:
    at, (status, cost) = f"/v1/{path}" if path else phone.at, outcome
    packed = {"Content-Encoding": "gzip"} if content.startswith(b"\x1f\x8b") else {}
    assert (await phone.post(content, at=at, headers=packed)).status_code == status

    async def spent() -> bool:
        return round(await events_left(redis, phone)) == FEW.events - cost

    await eventually(spent)


async def test_revoked_key_uses_no_budget_of_its_app(shop: EventSender) -> None:
    """The first request with the key is counted in parallel with the look-up; later ones aren't."""
    assert read_counts(await shop.send(event(1)))[0] == 1
    new = await shop.rotate()
    for _ in range(4):
        assert problem(await shop.send(event(2)))[0] == 401
    assert read_counts(await shop.send(event(2), key=new))[0] == 1


async def test_refused_app_makes_no_round_trip(
    shop: EventSender, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No query to Postgres or Redis, and the body isn't read."""
    while (await shop.send(event(1))).status_code == 202:
        pass
    services: ApiServices = app.state.services
    monkeypatch.delattr(services.events.apps, "_apps")
    monkeypatch.delattr(services.events.limiter, "_questions")
    assert problem(await shop.post(b"{"))[:2] == (429, "RATE_LIMITED")


async def test_repeated_refusals_are_delayed(shop: EventSender) -> None:
    while (await shop.send(event(1))).status_code == 202:
        pass
    loop = asyncio.get_running_loop()
    start = loop.time()
    answers = await asyncio.gather(*(shop.send(event(1)) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {429}
    assert loop.time() - start >= 99 * event_limits.APP_REFUSAL_INTERVAL_S


async def test_refusals_delay_no_other_app(
    shop: EventSender, phone: EventSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    while (await shop.send(event(1))).status_code == 202:
        pass
    # Longer than any test: a wait for one of these would be noticed.
    monkeypatch.setattr(event_limits, "APP_REFUSAL_INTERVAL_S", 1000.0)
    monkeypatch.setattr(event_limits, "MAX_APP_REFUSAL_DELAY_S", 1000.0)
    refusals = [asyncio.create_task(shop.send(event(1))) for _ in range(20)]
    assert read_counts(await phone.send(event(1)))[0] == 1
    for refusal in refusals:
        refusal.cancel()
    await asyncio.gather(*refusals, return_exceptions=True)


async def test_concurrent_requests_stop_at_the_limit(shop: EventSender) -> None:
    answers = await asyncio.gather(*(shop.send(event(number)) for number in range(20)))
    assert sorted(answer.status_code for answer in answers) == [202] * 3 + [429] * 17


async def test_all_requests_pass_without_redis(acme_apart: ApiCaller, own_servers: object) -> None:
    async with httpx.AsyncClient(
        transport=acme_apart.http._transport, base_url="http://localhost", trust_env=False
    ) as http:
        mine = await sender(acme_apart, http)
        own_servers.valkey.stop()  # type: ignore[attr-defined]
        answers = [await mine.send(event(number)) for number in range(5)]
    assert [read_counts(answer)[0] for answer in answers] == [1] * 5
