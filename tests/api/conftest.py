"""Fixtures: an API in the test's own event loop, and organizations that call it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar
from redis.asyncio import Redis

from api import lifespan
from api.app import build_application, set_api_settings_and_clock
from api.http import oauth_return, paging, time_window
from api.streams.long_poll import LongPollHub
from db.pool import Pool, open_postgres_pool
from domain.events import folds
from domain.tenancy import api_keys, organizations
from domain.tenancy.api_keys import Actor
from schemas.api_keys import ApiKeyEnv
from schemas.organizations import LiveOrganizationTier
from schemas.settings import Settings
from tests import seeds, social_servers
from tests.api.all_objects import AllRightsCaller, create_one_of_each, no_change
from tests.api.documented_routes import routes
from tests.relay import PostgresRelay, start_relay
from tests.servers import ServerPair, settings_for
from tests.social_servers import Fediverse
from tests.waiting import PATIENCE_S, eventually

T = TypeVar("T")
EVERYTHING = tuple(sorted(api_keys.ALL_API_KEY_SCOPES))
#: Seconds between two polls of the API for a request that waits.
POLL_S = 0.03
PEPPERS = seeds.PEPPERS


class ApiCaller(NamedTuple):
    """A key and a client that sends it."""

    organization_id: UUID
    key: str
    http: httpx.AsyncClient


async def poll(condition: Callable[[], T]) -> T:
    """Return the first truthy value of a condition that awaits nothing."""

    async def found() -> T:
        return condition()

    return await eventually(found)


def uuid_of(shown: str) -> UUID:
    """Return the UUID of an id with a prefix."""
    return UUID(shown.rpartition("_")[2])


@cache
def built_app() -> Litestar:
    """Build the application once per process; each test starts it with its own servers and clock."""
    return build_application()


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the time limits of lists and counts for a busy machine, and shorten the pauses between polls."""
    for module in (paging, time_window):
        monkeypatch.setattr(module, "LIST_PAGE_READ_TIMEOUT_S", PATIENCE_S)
    monkeypatch.setattr(folds, "MAX_READ_FOLD_STATEMENT_MS", int(PATIENCE_S * 1000))
    monkeypatch.setattr(oauth_return, "LONG_POLL_INTERVAL_S", POLL_S)
    monkeypatch.setattr(lifespan, "QUARANTINE_WRITE_PAUSE_S", POLL_S)
    defaults = cast("dict[str, Any]", LongPollHub.__init__.__kwdefaults__)
    monkeypatch.setitem(defaults, "interval_s", POLL_S)


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest_asyncio.fixture
async def clocked(settings: Settings) -> AsyncIterator[tuple[Litestar, list[datetime]]]:
    """An API with a clock that a test sets."""
    now = [datetime.now(UTC)]
    served = set_api_settings_and_clock(built_app(), settings, clock=lambda: now[0])
    async with hold_context(served.lifespan()):
        yield served, now


@pytest_asyncio.fixture
async def app(settings: Settings) -> AsyncIterator[Litestar]:
    served = set_api_settings_and_clock(built_app(), settings, private=True)
    async with hold_context(served.lifespan()):
        yield served


@pytest_asyncio.fixture
async def anonymous(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client without a key."""
    async with client_of(app) as client:
        yield client


@pytest_asyncio.fixture
async def acme(app: Litestar, pool: Pool) -> AsyncIterator[ApiCaller]:
    """An organization with a key for everything but operating the platform."""
    async with open_caller(app, pool, "Acme") as caller:
        yield caller


@pytest_asyncio.fixture
async def rival(app: Litestar, pool: Pool) -> AsyncIterator[ApiCaller]:
    """Another organization with the same rights."""
    async with open_caller(app, pool, "Rival") as caller:
        yield caller


@pytest_asyncio.fixture
async def acme_apart(own_servers: ServerPair) -> AsyncIterator[ApiCaller]:
    """An organization on servers that the test may stop."""
    settings = settings_for(own_servers.postgres.url, own_servers.valkey.url)
    app = set_api_settings_and_clock(built_app(), settings)
    async with (
        hold_context(app.lifespan()),
        open_postgres_pool(settings.database_url, name="test") as pool,
        open_caller(app, pool, "Acme") as caller,
    ):
        yield caller


@pytest_asyncio.fixture
async def relay(database_url: str) -> AsyncIterator[PostgresRelay]:
    """Open a relay in front of Postgres."""
    async with start_relay(database_url) as relay:
        yield relay


@pytest_asyncio.fixture
async def fediverse() -> AsyncIterator[Fediverse]:
    async with social_servers.fediverse() as server:
        yield server


@pytest_asyncio.fixture
async def ops_caller(app: Litestar, pool: Pool) -> AsyncIterator[ApiCaller]:
    """An operator's key, without a partner's rights."""
    async with open_caller(app, pool, "Platform", scopes=("ops:read", "ops:write")) as caller:
        yield caller


@asynccontextmanager
async def open_caller(
    app: Litestar,
    pool: Pool,
    name: str,
    *,
    scopes: tuple[str, ...] = ("*",),
    env: ApiKeyEnv = "live",
    tier: LiveOrganizationTier = "standard",
) -> AsyncIterator[ApiCaller]:
    async with pool.acquire() as conn:
        pair = await organizations.insert_organization_pair(conn, name=name, tier=tier)
    organization_id = pair.live if env == "live" else pair.sandbox
    key = await new_key(pool, organization_id, scopes=scopes, env=env)
    async with client_of(app, key) as client:
        yield ApiCaller(organization_id, key, client)


async def new_key(
    pool: Pool, organization_id: UUID, *, scopes: tuple[str, ...] = ("*",), env: ApiKeyEnv = "live"
) -> str:
    """Create a key as an operator on the server does."""
    actor = Actor(organization_id, env, None, api_keys.ALL_API_KEY_SCOPES)
    async with pool.acquire() as conn:
        return (await seeds.api_key(conn, organization_id, actor=actor, scopes=list(scopes))).api_key


def read_answer(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """Check the status of an answer, and return its body."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def list_pages(http: httpx.AsyncClient, path: str, **params: str) -> list[dict[str, Any]]:
    """Return the items of all pages of a list."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = read_answer(await http.get(path, params=params | cursor))
        items += page["items"]
        if page["nextCursor"] is None:
            return items
        cursor = {"cursor": page["nextCursor"]}


@asynccontextmanager
async def client_of(app: Litestar, key: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # two spellings of one protocol
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client


@asynccontextmanager
async def hold_context(context: AbstractAsyncContextManager[object]) -> AsyncIterator[None]:
    """Enter and exit a context in one task, as anyio's cancel scopes require; fixtures use two."""
    entered, done = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with context:
            entered.set()
            await done.wait()

    task = asyncio.create_task(hold())
    waiting = asyncio.create_task(entered.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if not task.done():
            yield
    finally:
        done.set()
        await task


@pytest_asyncio.fixture
async def operator(app: Litestar, pool: Pool) -> AsyncIterator[AllRightsCaller]:
    async with open_caller(app, pool, "Acme", scopes=EVERYTHING, tier="partner") as acme:
        guarded = [route for route in routes(app) if route.needs_key]
        assert len(guarded) > 10
        yield AllRightsCaller(acme.key, acme.http, await create_one_of_each(acme.http, pool), guarded)


@pytest_asyncio.fixture
async def unchanged(pool: Pool, operator: AllRightsCaller) -> AsyncIterator[None]:
    """Fail if a test leaves a changed row."""
    async with no_change(pool):
        yield
