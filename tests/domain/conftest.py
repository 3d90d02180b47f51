"""Where the jobs of these tests belong."""

from collections.abc import AsyncIterator

import pytest_asyncio

from db.pool import Conn, Pool, open_pool
from schemas.settings import Settings
from tests import seeds
from tests.domain.project import Project


@pytest_asyncio.fixture
async def project(conn: Conn) -> Project:
    """A partner's project, with nothing in it."""
    org = await seeds.organization(conn)
    return Project(org, await seeds.project(conn, org))


@pytest_asyncio.fixture
async def wide(settings: Settings) -> AsyncIterator[Pool]:
    """Connections enough for many racers."""
    async with open_pool(settings.database_url, name="racers", size=20) as pool:
        yield pool
