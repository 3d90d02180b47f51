"""Rate limits: requests in a sliding minute for each key and class, writes in a day for each organization."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import cast

import httpx
import pytest
from litestar import Litestar
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from api.limits import rate_limits
from api.limits.rate_limits import RateClass, RequestLimitsPerMinuteAndDay
from db.pool import Pool
from domain.tenancy import key_text
from tests.api.conftest import ApiCaller, client_of, new_key, open_caller
from tests.jobs.test_loop_time import slow_loop
from tests.media import picture
from tests.servers import ServerPair

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FEW = RequestLimitsPerMinuteAndDay(
    {RateClass.READ_LIGHT: 3, RateClass.WRITE_LIGHT: 2, RateClass.LONG_RUNNING: 1}, day=4
)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the time limit of Redis for a busy machine: a slow Redis lets requests pass uncounted."""
    monkeypatch.setattr(rate_limits, "MAX_REDIS_WAIT_S", 60.0)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, patient: None) -> None:
    """Set low limits for every tier."""
    monkeypatch.setattr(
        rate_limits, "REQUEST_RATE_LIMITS_BY_TIER", dict.fromkeys(rate_limits.REQUEST_RATE_LIMITS_BY_TIER, FEW)
    )


async def age_windows(redis: Redis, seconds: int) -> None:
    """Move every counted request into the past."""
    for window in [key async for key in redis.scan_iter("rate:*:*-*") if await redis.type(key) == "hash"]:
        counts = await cast("Awaitable[dict[str, str]]", redis.hgetall(window))
        await redis.delete(window)
        earlier = {str(int(at) - seconds): many for at, many in counts.items()}
        await cast("Awaitable[int]", redis.hset(window, mapping=earlier))


def parse_policies(header: str) -> dict[str, dict[str, int]]:
    """Parse `"read-light";q=120;w=60, ...` by name."""
    found = {}
    for item in header.split(", "):
        name, *parameters = item.split(";")
        found[name.strip('"')] = {p.partition("=")[0]: int(p.partition("=")[2]) for p in parameters}
    return found


def read_reads_left(answer: httpx.Response) -> int:
    return parse_policies(answer.headers["RateLimit"])["read-light"]["r"]


@pytest.mark.usefixtures("patient")
async def test_the_tiers_are_the_contracts(acme: ApiCaller, redis: Redis) -> None:
    answer = await acme.http.get("/v1/whoami")
    assert parse_policies(answer.headers["RateLimit-Policy"]) == {"read-light": {"q": 120, "w": 60}}
    assert parse_policies(answer.headers["RateLimit"]) == {"read-light": {"r": 119, "t": 60}}
    assert answer.headers["X-RateLimit-Endpoint-Class"] == "read-light"
    answer = await acme.http.post("/v1/api-keys", json={"name": "a", "scopes": ["*"]})
    assert parse_policies(answer.headers["RateLimit-Policy"]) == {
        "write-light": {"q": 60, "w": 60},
        "daily-writes": {"q": 10_000, "w": 86_400},
    }
    # The counts expire, and the script is loaded again after a flush.
    lives = {await redis.type(key): await redis.ttl(key) async for key in redis.scan_iter("rate:*")}
    assert 0 < lives["hash"] <= 61
    assert 86_400 < lives["string"] <= 90_000
    await redis.script_flush()
    assert read_reads_left(await acme.http.get("/v1/whoami")) == 118


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/projects/prj_none/ingest/website", {"url": "https://example.com"}, 404),
        ("/v1/projects/{}/ingest/website", {"url": 5}, 422),
        ("/v1/projects/{}/ingest/website", {"url": "http://127.0.0.1/"}, 422),
    ],
)
async def test_a_refused_start_counts_as_a_write_of_the_day_alone(
    acme: ApiCaller, path: str, body: dict[str, object], status: int
) -> None:
    project = (await acme.http.post("/v1/projects", json={"name": "a", "timezone": "UTC"})).json()["id"]
    for left_of_day in (2, 1, 0):
        answer = await acme.http.post(path.format(project), json=body)
        standing = parse_policies(answer.headers["RateLimit"])
        assert (answer.status_code, standing["long-running"]["r"]) == (status, 1), answer.text
        assert standing["daily-writes"]["r"] == left_of_day
    assert (await acme.http.post(path.format(project), json=body)).status_code == 429


@pytest.mark.usefixtures("few")
async def test_a_refusal_by_the_limit_gives_nothing_back(acme: ApiCaller) -> None:
    project = (await acme.http.post("/v1/projects", json={"name": "a", "timezone": "UTC"})).json()["id"]
    path, body = f"/v1/projects/{project}/ingest/website", {"url": "https://example.com"}
    answers = [await acme.http.post(path, json=body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 429, 429]


@pytest.mark.usefixtures("patient")
async def test_an_upload_is_no_start(acme: ApiCaller) -> None:
    """The same route starts a job for a `url`."""
    project = (await acme.http.post("/v1/projects", json={"name": "a", "timezone": "UTC"})).json()["id"]
    path = f"/v1/projects/{project}/app-media"
    file = {"file": ("logo.png", picture(size=(64, 64)))}
    uploaded = await acme.http.post(path, data={"kind": "logo"}, files=file)
    assert (uploaded.status_code, uploaded.headers["X-RateLimit-Endpoint-Class"]) == (201, "write-light")
    fetched = await acme.http.post(path, json={"kind": "logo", "url": "https://example.com/logo.png"})
    assert (fetched.status_code, fetched.headers["X-RateLimit-Endpoint-Class"]) == (202, "long-running")


@pytest.mark.usefixtures("few")
async def test_what_is_over_the_limit_is_refused_until_the_window_has_passed(
    acme: ApiCaller, app: Litestar, pool: Pool, redis: Redis
) -> None:
    """Other classes and keys have their own limits."""
    assert [read_reads_left(await acme.http.get("/v1/whoami")) for _ in range(3)] == [2, 1, 0]
    refused = await acme.http.get("/v1/whoami")
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (429, "RATE_LIMITED")
    assert error["details"] == {"limit": "read-light"}
    assert 58 <= int(refused.headers["Retry-After"]) <= 60
    assert read_reads_left(refused) == 0
    assert (await acme.http.post("/v1/api-keys", json={"name": "a", "scopes": ["*"]})).status_code == 201
    async with client_of(app, await new_key(pool, acme.organization_id)) as other:
        assert (await other.get("/v1/whoami")).status_code == 200
    await age_windows(redis, 61)
    assert (await acme.http.get("/v1/whoami")).status_code == 200


@pytest.mark.usefixtures("few")
async def test_the_window_slides(acme: ApiCaller, redis: Redis) -> None:
    await acme.http.get("/v1/whoami")
    await age_windows(redis, 40)
    for _ in range(2):
        await acme.http.get("/v1/whoami")
    refused = await acme.http.get("/v1/whoami")
    assert 18 <= int(refused.headers["Retry-After"]) <= 20
    await age_windows(redis, 21)
    answers = [(await acme.http.get("/v1/whoami")).status_code for _ in range(2)]
    assert answers == [200, 429]


@pytest.mark.usefixtures("few")
async def test_a_refusal_of_another_kind_counts_and_a_strangers_request_does_not(
    acme: ApiCaller, anonymous: httpx.AsyncClient
) -> None:
    wrong = acme.key[:-1] + ("A" if acme.key[-1] != "A" else "B")
    assert (await anonymous.get("/v1/whoami", headers={"X-Api-Key": wrong})).status_code == 401
    assert (await acme.http.get("/v1/projects/prj_none")).status_code == 404
    answer = await acme.http.get("/v1/whoami")
    assert read_reads_left(answer) == 1


@pytest.mark.usefixtures("few")
async def test_many_at_once_are_counted_exactly(acme: ApiCaller) -> None:
    answers = await asyncio.gather(*(acme.http.get("/v1/whoami") for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 17
    left = [read_reads_left(answer) for answer in answers if answer.is_success]
    assert sorted(left) == [0, 1, 2]


async def test_slow_loop_is_not_taken_for_a_redis_outage(app: Litestar, acme: ApiCaller) -> None:
    """Exactly the limit passes on a busy process: each iteration of the loop takes 60 ms."""
    services = app.state.services
    principal = await services.authenticator.authenticate(key_text.parse_api_key(acme.key), expected=None, address="")
    before = count_uncounted()
    with slow_loop():
        asked = [services.limiter.count_request(principal, RateClass.READ_LIGHT) for _ in range(400)]
        standings = await asyncio.gather(*asked)
    assert sum(standing.passed for standing in standings) == 120
    assert count_uncounted() == before


@pytest.mark.usefixtures("patient")
async def test_a_request_that_passed_uncounted_is_not_given_back(app: Litestar, acme: ApiCaller) -> None:
    """Without Redis it has no second of its count. Its return must not count it once Redis is back."""
    services = app.state.services
    principal = await services.authenticator.authenticate(key_text.parse_api_key(acme.key), expected=None, address="")
    counted = await services.limiter.count_request(principal, RateClass.READ_LIGHT)
    await services.limiter.uncount_request(counted._replace(second=0))
    following = await services.limiter.count_request(principal, RateClass.READ_LIGHT)
    assert following.left == counted.left - 1


@pytest.mark.usefixtures("few")
async def test_daily_writes_count_per_organization_and_utc_day(
    clocked: tuple[Litestar, list[datetime]], pool: Pool, redis: Redis
) -> None:
    app, now = clocked
    now[0] = NOON
    body = {"name": "a", "scopes": ["*"]}
    async with (
        open_caller(app, pool, "Acme") as acme,
        client_of(app, await new_key(pool, acme.organization_id)) as other,
    ):
        for client in (acme.http, acme.http, other, other):
            assert (await client.post("/v1/api-keys", json=body)).status_code == 201
        await age_windows(redis, 61)
        refused = await acme.http.post("/v1/api-keys", json=body)
        assert (refused.status_code, refused.json()["error"]["details"]) == (429, {"limit": "daily-writes"})
        assert int(refused.headers["Retry-After"]) == 12 * 3600
        assert (await acme.http.get("/v1/whoami")).status_code == 200
        now[0] = datetime(2026, 11, 25, tzinfo=UTC)
        assert (await acme.http.post("/v1/api-keys", json=body)).status_code == 201


@pytest.mark.usefixtures("few")
async def test_a_304_of_a_job_is_free(acme: ApiCaller) -> None:
    path = (await acme.http.post("/v1/projects", json={"name": "a", "timezone": "UTC"})).headers["Location"]
    job = (await acme.http.delete(path)).json()["jobId"]
    first = await acme.http.get(f"/v1/jobs/{job}")
    for _ in range(5):
        answer = await acme.http.get(f"/v1/jobs/{job}", headers={"If-None-Match": first.headers["ETag"]})
        assert answer.status_code == 304
        assert read_reads_left(answer) == 2
    answer = await acme.http.get(f"/v1/jobs/{job}")
    assert read_reads_left(answer) == 1


def count_uncounted() -> float:
    return REGISTRY.get_sample_value("rate_limit_uncounted_total") or 0.0


@pytest.mark.parametrize("stop", ["stop", "pause"])
async def test_uncounted_requests_pass_without_redis(own_servers: ServerPair, acme_apart: ApiCaller, stop: str) -> None:
    getattr(own_servers.valkey, stop)()
    before = count_uncounted()
    answers = [await acme_apart.http.get("/v1/whoami") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert parse_policies(answers[0].headers["RateLimit-Policy"]) == {"read-light": {"q": 120, "w": 60}}
    assert count_uncounted() == before + 3
