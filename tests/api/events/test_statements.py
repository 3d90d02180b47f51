"""Round trips of a request with events on a warm API: two to Postgres, and one or two to Redis."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar

from api.app import set_api_settings_and_clock
from api.services import ApiServices
from db.pool import Pool
from schemas.settings import Settings
from tests.api.conftest import built_app, client_of, hold_context, open_caller
from tests.api.events.sender import PHONE, EventSender, event, read_counts, sender
from tests.relay import PostgresRelay
from tests.waiting import eventually

Execute = Callable[..., Awaitable[Any]]


@pytest_asyncio.fixture
async def relayed_api(settings: Settings, relay: PostgresRelay) -> AsyncIterator[Litestar]:
    """An API with its Postgres connections through a relay that reads the statements."""
    served = set_api_settings_and_clock(built_app(), msgspec.structs.replace(settings, database_url=relay.url))
    async with hold_context(served.lifespan()):
        yield served


@pytest_asyncio.fixture
async def warm_app(relayed_api: Litestar, pool: Pool) -> AsyncIterator[EventSender]:
    """An app with one answered request and all of its write-behind rows written."""
    async with client_of(relayed_api) as http, open_caller(relayed_api, pool, "Acme") as acme:
        phone = await sender(acme, http, PHONE)
        assert read_counts(await phone.send(event(0)))[0] == 1
        await eventually(lambda: pool.fetchval("select last_event_at from sdk_app"))
        yield phone


async def test_request_needs_one_key_query_and_one_commit(
    relayed_api: Litestar, relay: PostgresRelay, warm_app: EventSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sequential requests have constant costs; concurrent ones need no more than one alone."""
    statements, commands = list[str](), list[str]()
    services: ApiServices = relayed_api.state.services
    execute: Execute = services.redis.execute_command

    async def counting(*words: Any, **options: Any) -> Any:
        if not any(str(word).startswith("budget:") for word in words):  # One per second, for all requests.
            commands.append(words[0])
        return await execute(*words, **options)

    monkeypatch.setattr(relay, "loss_of", statements.append)
    monkeypatch.setattr(services.redis, "execute_command", counting)
    for number in (1, 2, 3):
        many = [event(number * 100 + turn) for turn in range(20)]
        assert read_counts(await warm_app.send(*many))[0] == 20
        assert ["sdk_app" in said or "keep_events" in said for said in statements] == [True, True] * number
        assert number <= len(commands) <= 2 * number
    assert {*commands} == {"EVALSHA"}
    answers = await asyncio.gather(*(warm_app.send(event(1_000 + turn)) for turn in range(10)))
    assert [read_counts(answer)[0] for answer in answers] == [1] * 10
    assert len(statements) <= 2 * 13
    assert len(commands) <= 2 * 13
