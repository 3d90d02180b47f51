"""Fixtures: a project with a simulated TikTok, with or without workers."""

from collections.abc import AsyncIterator

import pytest_asyncio

from db.pool import Pool
from schemas.settings import Settings
from tests.api.accounts.tiktok.project import TikTokProject, open_project


@pytest_asyncio.fixture
async def project_without_worker(settings: Settings, pool: Pool) -> AsyncIterator[TikTokProject]:
    """Open the project without a worker."""
    async with open_project(settings, pool) as created:
        yield created


@pytest_asyncio.fixture
async def project(project_without_worker: TikTokProject) -> AsyncIterator[TikTokProject]:
    async with project_without_worker.at_work():
        yield project_without_worker
