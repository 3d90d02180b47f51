"""Servers that accounts live on, and a project to connect them to."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests import seeds, social_servers
from tests.social_servers import Fediverse, Pds
from tests.workers.accounts.place import Place
from tests.workers.runtime.crew import Crew


@pytest_asyncio.fixture
async def place(crew: Crew) -> AsyncIterator[Place]:
    async with social_servers.fediverse() as fediverse, social_servers.pds() as pds:
        async with crew.pool.acquire() as conn:
            project_id = await seeds.project(conn, crew.org)
        yield Place(crew, fediverse, pds, project_id)


@pytest_asyncio.fixture
async def fediverse(place: Place) -> Fediverse:
    return place.fediverse


@pytest_asyncio.fixture
async def pds(place: Place) -> Pds:
    return place.pds
