"""Fixture: a project for scheduling."""

from collections.abc import AsyncIterator

import pytest_asyncio

from db.pool import Pool
from schemas.settings import Settings
from tests import seeds
from tests.api.parties import parties
from tests.api.posts.project import Project


@pytest_asyncio.fixture
async def project(settings: Settings, pool: Pool) -> AsyncIterator[Project]:
    async with parties(settings, pool) as found:
        async with pool.acquire() as conn:
            project = await seeds.project(conn, found.acme.organization_id, timezone="America/New_York")
        yield Project(**vars(found), id=project)
