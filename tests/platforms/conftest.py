"""Simulated platforms."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.platforms import instagram_account
from tests.platforms.instagram_account import InstagramAccount


@pytest_asyncio.fixture
async def ada() -> AsyncIterator[InstagramAccount]:
    async with instagram_account.instagram_account() as made:
        yield made
