"""Accounts on simulated platforms."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.platforms import instagram_account, tiktok_account
from tests.platforms.instagram_account import InstagramAccount
from tests.platforms.tiktok_account import TikTokAccount


@pytest_asyncio.fixture
async def ada() -> AsyncIterator[InstagramAccount]:
    async with instagram_account.instagram_account() as made:
        yield made


@pytest_asyncio.fixture
async def person() -> AsyncIterator[TikTokAccount]:
    async with tiktok_account.ada() as made:
        yield made
