"""A stage on the servers of the test run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bench import stage
from bench.stage import Stage


@pytest_asyncio.fixture
async def on_stage(servers: tuple[str, str], tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage.on(*servers, folder=tmp_path) as opened:
        yield opened
