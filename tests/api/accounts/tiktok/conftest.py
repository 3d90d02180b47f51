"""A project before the simulated TikTok, with workers or without."""

from collections.abc import AsyncIterator

import pytest_asyncio

from db.pool import Pool
from schemas.settings import Settings
from tests.api.accounts.tiktok.project import Project, opened


@pytest_asyncio.fixture
async def idle(settings: Settings, pool: Pool) -> AsyncIterator[Project]:
    """Without a worker."""
    async with opened(settings, pool) as made:
        yield made


@pytest_asyncio.fixture
async def project(idle: Project) -> AsyncIterator[Project]:
    async with idle.at_work():
        yield idle
