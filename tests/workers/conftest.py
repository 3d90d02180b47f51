"""Workers in the test's own loop, kinds of jobs for tests only, and a simulated network."""

import re
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import anyio
import pytest
import pytest_asyncio

from db.pool import Pool
from jobs import courier
from schemas.settings import Settings
from tests import seeds
from tests.waiting import PATIENCE_S
from tests.workers.net import GOOD, GOOD6, SimulatedNetwork
from tests.workers.runtime.workers import Workers
from workers.app_media import picture_suggestions
from workers.ingest.pictures import fetch_images
from workers.runtime import heartbeat


@pytest_asyncio.fixture
async def org(pool: Pool) -> UUID:
    async with pool.acquire() as conn:
        return await seeds.organization(conn)


@pytest_asyncio.fixture
async def workers(settings: Settings, pool: Pool, org: UUID, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workers]:
    """Start workers and submit jobs to them. A cancel arrives with the next renewal, so soon."""
    monkeypatch.setattr(heartbeat, "LEASE_RENEWAL_INTERVAL_SHARE", 1 / 100)
    async with courier.open_redis_wake_courier(settings.redis_url) as sender:
        yield Workers(settings, pool, org, sender)


@pytest_asyncio.fixture
async def effects(workers: Workers) -> Any:
    """Create a table for tasks to write to; return a function that reads it."""
    await workers.pool.execute("create table effect (job_id uuid, what text)")

    async def read() -> list[str]:
        return [row["what"] for row in await workers.pool.fetch("select what from effect order by what")]

    return read


watched: list[object] = []


@pytest.fixture(scope="session")
def _audit() -> None:
    """Record every connect by the interpreter's audit hook. A hook can't be removed, so it only records."""
    sys.addaudithook(lambda event, args: watched.append(args[1]) if event == "socket.connect" else None)


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch, _audit: None) -> Iterator[SimulatedNetwork]:
    """Fail a test that connected to anything but the network's good addresses, at the web's ports."""
    made = SimulatedNetwork()
    monkeypatch.setattr(anyio, "connect_tcp", made.connect)
    watched.clear()
    yield made
    assert watched == []
    assert {address for address, _ in made.connects} <= {GOOD, GOOD6}
    assert {port for _, port in made.connects} <= {80, 443}


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give pictures enough time on a busy machine: an ingest would otherwise finish without them.

    Workers find at once what becomes due without a wake.
    """
    monkeypatch.setattr("workers.runtime.puller.LEDGER_PULL_EVERY_S", 0.1)
    monkeypatch.setattr(fetch_images, "MAX_IMAGE_FETCHING_S", PATIENCE_S)
    monkeypatch.setattr(picture_suggestions, "MAX_INGEST_PICTURES_FETCH_S", PATIENCE_S)
    monkeypatch.setattr(picture_suggestions, "MAX_INGEST_PICTURES_INSPECTION_S", PATIENCE_S)


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse DNS lookups: recorded responses name pictures on real servers."""
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, *more: Any, **named: Any) -> Any:
        if isinstance(host, str) and re.search(r"\.[a-z]", host):
            raise socket.gaierror(socket.EAI_NONAME, f"tests must not look up {host}")
        return look_up(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
