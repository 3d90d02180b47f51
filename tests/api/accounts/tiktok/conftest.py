"""Fixtures: a project with a simulated TikTok, with or without workers."""

from collections.abc import AsyncIterator

import pytest_asyncio

from db.pool import Pool
from schemas.settings import Settings
from tests.api.accounts.tiktok.project import Project, opened


@pytest_asyncio.fixture
async def idle(settings: Settings, pool: Pool) -> AsyncIterator[Project]:
    """Open the project without a worker."""
    async with opened(settings, pool) as made:
        yield made


@pytest_asyncio.fixture
async def project(idle: Project) -> AsyncIterator[Project]:
    async with idle.at_work():
        yield idle
