"""Fixtures: servers that a test may break, and a fleet of processes on them."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from schemas.settings import Settings
from tests import servers as made
from tests.api.conftest import new_key
from tests.chaos.fleet import Fleet, open_fleet
from tests.cli.conftest import elsewhere
from tests.waiting import PATIENCE_S
from tests.workers.tasks.deliver_webhook.conftest import receiver

__all__ = ["api", "elsewhere", "fleet", "own_fleet", "receiver"]


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


@pytest_asyncio.fixture
async def api(fleet: Fleet) -> AsyncIterator[httpx.AsyncClient]:
    """Serve an API of the fleet's settings, and yield a client with a key of its organization."""
    headers = {"Authorization": f"Bearer {await new_key(fleet.pool, fleet.org)}"}
    async with httpx.AsyncClient(base_url=await fleet.serve_api(), headers=headers, timeout=PATIENCE_S) as client:
        yield client
