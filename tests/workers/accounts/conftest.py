"""Servers of accounts, and a project to connect them to."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests import seeds, social_servers
from tests.social_servers import Fediverse, LoopbackPds
from tests.workers.accounts.project import ConnectingProject
from tests.workers.runtime.workers import Workers


@pytest_asyncio.fixture
async def project(workers: Workers) -> AsyncIterator[ConnectingProject]:
    async with social_servers.fediverse() as fediverse, social_servers.pds() as pds:
        async with workers.pool.acquire() as conn:
            project_id = await seeds.project(conn, workers.org)
        yield ConnectingProject(workers, fediverse, pds, project_id)


@pytest_asyncio.fixture
async def fediverse(project: ConnectingProject) -> Fediverse:
    return project.fediverse


@pytest_asyncio.fixture
async def pds(project: ConnectingProject) -> LoopbackPds:
    return project.pds
