"""An operator with an offered account, and a project that leases it."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio

from db.pool import Conn, Pool, open_pool
from schemas.settings import Settings
from tests import leasing
from tests.domain.project import Project
from tests.leasing import Owner


@pytest_asyncio.fixture
async def wide(settings: Settings) -> AsyncIterator[Pool]:
    """Connections enough for many racers."""
    async with open_pool(settings.database_url, name="racers", size=20) as pool:
        yield pool


@pytest_asyncio.fixture
async def owner(conn: Conn) -> Owner:
    return await leasing.owner(conn)


@pytest_asyncio.fixture
async def leased(pool: Pool, owner: Owner, project: Project) -> UUID:
    """The owner's account, as it is to the tenant."""
    return await leasing.lend(pool, owner, project)
