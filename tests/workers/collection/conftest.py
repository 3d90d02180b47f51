"""A project with one account to collect from."""

import pytest_asyncio

from db.pool import Pool
from tests import seeds
from tests.workers.collection.scene import Scene


@pytest_asyncio.fixture
async def scene(pool: Pool) -> Scene:
    async with pool.acquire() as conn:
        org = await seeds.organization(conn)
        project_id = await seeds.project(conn, org)
        account_id = await seeds.account(conn, org, project_id)
    return Scene(pool, org, project_id, account_id)
