"""A worker inside the test's own loop, and kinds of jobs that only tests know."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest_asyncio

from db.pool import Pool
from jobs import courier
from schemas.settings import Settings
from tests import seeds
from tests.workers.crew import Crew


@pytest_asyncio.fixture
async def org(pool: Pool) -> UUID:
    async with pool.acquire() as conn:
        return await seeds.organization(conn)


@pytest_asyncio.fixture
async def crew(settings: Settings, pool: Pool, org: UUID) -> AsyncIterator[Crew]:
    """Starts workers and submits jobs to them."""
    async with courier.open_courier(settings.redis_url) as sender:
        yield Crew(settings, pool, org, sender)
