"""A project with one account to collect from."""

import pytest_asyncio

from db.pool import Pool
from tests import seeds
from tests.workers.collection.scene import CollectionScene


@pytest_asyncio.fixture
async def scene(pool: Pool) -> CollectionScene:
    async with pool.acquire() as conn:
        org = await seeds.organization(conn)
        project_id = await seeds.project(conn, org)
        account_id = await seeds.account(conn, org, project_id)
    return CollectionScene(pool, org, project_id, account_id)
