"""Platforms that are simulated."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.workers.platforms import gram
from tests.workers.platforms.gram import Gram


@pytest_asyncio.fixture
async def ada() -> AsyncIterator[Gram]:
    async with gram.gram() as made:
        yield made
