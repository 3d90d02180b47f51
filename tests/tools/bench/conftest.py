"""A benchmark environment on the servers of the test run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from chaos.environment import BenchServersAndSettings, open_bench_environment_on_servers


@pytest_asyncio.fixture
async def environment(servers: tuple[str, str], tmp_path: Path) -> AsyncIterator[BenchServersAndSettings]:
    async with open_bench_environment_on_servers(*servers, folder=tmp_path) as opened:
        yield opened
