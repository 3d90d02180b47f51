"""Fixtures: a web app, a phone app, and a relay in front of Postgres."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from tests.api.conftest import ApiCaller
from tests.api.events.sender import PHONE, EventSender, sender
from tests.relay import PostgresRelay, start_relay


@pytest_asyncio.fixture
async def shop(acme: ApiCaller, anonymous: httpx.AsyncClient) -> EventSender:
    return await sender(acme, anonymous)


@pytest_asyncio.fixture
async def phone(acme: ApiCaller, anonymous: httpx.AsyncClient) -> EventSender:
    return await sender(acme, anonymous, PHONE)


@pytest_asyncio.fixture
async def relay(database_url: str) -> AsyncIterator[PostgresRelay]:
    async with start_relay(database_url) as relay:
        yield relay
