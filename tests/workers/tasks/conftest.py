"""A project, and one of a sandbox."""

import pytest_asyncio

from tests.workers.runtime.workers import Workers
from tests.workers.tasks.project import IngestProject, create


@pytest_asyncio.fixture
async def project(workers: Workers) -> IngestProject:
    return await create(workers)


@pytest_asyncio.fixture
async def sandbox(workers: Workers) -> IngestProject:
    return await create(workers, sandbox=True)
