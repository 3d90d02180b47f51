"""Fixtures: servers that a test may break, and a fleet of processes on them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from schemas.settings import Settings
from tests import servers as made
from tests.chaos.fleet import Fleet, open_fleet
from tests.cli.conftest import elsewhere

__all__ = ["elsewhere", "fleet", "own_fleet"]


@pytest_asyncio.fixture
async def fleet(settings: Settings, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Open a fleet on the servers of the whole run, which tests must not break."""
    async with open_fleet(settings, tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture
async def own_fleet(own_servers: made.ServerPair, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Open a fleet on `own_servers`, which a test may stop, empty or kill."""
    settings = made.settings_for(own_servers.postgres.url, own_servers.valkey.url)
    async with open_fleet(settings, tmp_path) as opened:
        yield opened
