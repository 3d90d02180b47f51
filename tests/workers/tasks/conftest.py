"""A project, and one of a sandbox."""

import pytest_asyncio

from tests.workers.runtime.workers import Workers
from tests.workers.tasks.project import Project, create


@pytest_asyncio.fixture
async def project(workers: Workers) -> Project:
    return await create(workers)


@pytest_asyncio.fixture
async def sandbox(workers: Workers) -> Project:
    return await create(workers, sandbox=True)
