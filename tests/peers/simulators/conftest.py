"""Fixtures: a person on the simulated Instagram, and one on TikTok."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from tests.peers.simulators import tiktok_user
from tests.peers.simulators.client import Sim, visiting
from tests.peers.simulators.instagram import Instagram
from tests.peers.simulators.instagram_user import CALLBACK, InstagramVisitor, MediaHost, long_lived
from tests.peers.simulators.serving import served
from tests.peers.simulators.tiktok import TikTok


@pytest.fixture
def base() -> Iterator[str]:
    with served(Instagram(rate=0, redirect_uris=[CALLBACK])) as address:
        yield address


@pytest.fixture(scope="module")
def files() -> Iterator[str]:
    with served(MediaHost()) as address:
        yield address


@pytest_asyncio.fixture
async def sim(base: str) -> AsyncIterator[Sim]:
    async with Sim(base) as made:
        await made.account("ada")
        yield made


@pytest_asyncio.fixture
async def http(base: str) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(base) as client:
        yield client


@pytest_asyncio.fixture
async def ada(sim: Sim, http: httpx.AsyncClient, files: str) -> InstagramVisitor:
    person = await sim.account("ada")
    token = await long_lived(sim, http)
    http.headers["Authorization"] = f"Bearer {token}"
    return InstagramVisitor(http, sim, person["user_id"], files)


# The person on the simulated TikTok.


@pytest_asyncio.fixture
async def tiktok() -> AsyncIterator[Sim]:
    with served(TikTok(rate=0, redirect_uris=[tiktok_user.CALLBACK])) as address:
        async with Sim(address) as made:
            await made.account("ada")
            yield made


@pytest_asyncio.fixture
async def tiktok_http(tiktok: Sim) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(tiktok.base) as client:
        yield client


@pytest_asyncio.fixture
async def creator(tiktok: Sim, tiktok_http: httpx.AsyncClient) -> tiktok_user.TikTokVisitor:
    return await tiktok_user.connected(tiktok, tiktok_http)
