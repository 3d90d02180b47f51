"""Fixtures: a web app and a phone app."""

import httpx
import pytest_asyncio

from tests.api.conftest import ApiCaller
from tests.api.events.sender import PHONE, EventSender, sender


@pytest_asyncio.fixture
async def shop(acme: ApiCaller, anonymous: httpx.AsyncClient) -> EventSender:
    return await sender(acme, anonymous)


@pytest_asyncio.fixture
async def phone(acme: ApiCaller, anonymous: httpx.AsyncClient) -> EventSender:
    return await sender(acme, anonymous, PHONE)
