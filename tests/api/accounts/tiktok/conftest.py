"""Fixtures: a project with a simulated TikTok, with or without workers."""

from collections.abc import AsyncIterator

import pytest_asyncio

from db.pool import Pool
from schemas.settings import Settings
from tests.api.accounts.tiktok.project import TikTokProject, opened


@pytest_asyncio.fixture
async def idle(settings: Settings, pool: Pool) -> AsyncIterator[TikTokProject]:
    """Open the project without a worker."""
    async with opened(settings, pool) as made:
        yield made


@pytest_asyncio.fixture
async def project(idle: TikTokProject) -> AsyncIterator[TikTokProject]:
    async with idle.at_work():
        yield idle
