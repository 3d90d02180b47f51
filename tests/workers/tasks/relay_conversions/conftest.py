"""Simulated destinations, each with a pixel for an app."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from db.pool import Pool
from domain.events import conversion_lines, conversions
from schemas.settings import Settings
from tests import seeds
from tests.peers.simulators.client import Sim
from tests.peers.simulators.meta import Meta
from tests.peers.simulators.serving import served
from tests.peers.simulators.tiktok_events import TikTokEvents
from tests.workers.tasks.relay_conversions.scene import PIXEL, TOKEN, RelayScene

SIMULATORS = {"meta": Meta, "tiktok": TikTokEvents}


@pytest.fixture(params=sorted(SIMULATORS))
def destination(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def base(destination: str) -> Iterator[str]:
    with served(SIMULATORS[destination]()) as address:
        yield address


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable the ends of pauses and batching windows, on a slow machine too, until a test triggers them."""
    monkeypatch.setattr(conversions, "CONVERSION_BATCH_WAIT_S", 600.0)
    monkeypatch.setattr(conversion_lines, "FIRST_DESTINATION_BACKOFF_S", 600.0)


@pytest_asyncio.fixture
async def scene(pool: Pool, settings: Settings, org: UUID, destination: str, base: str) -> AsyncIterator[RelayScene]:
    mine = msgspec.structs.replace(
        settings, meta_api_url=base, tiktok_ads_url=base, fetch_allow=base.removeprefix("http://")
    )
    async with pool.acquire() as conn:
        await conn.execute("insert into pool (name) values ('publish') on conflict do nothing")
        project_id = await seeds.project(conn, org)
        app = await seeds.app(conn, org, project_id)
    async with Sim(base) as sim:
        made = RelayScene(pool, mine, sim, org, project_id, destination, app)
        await sim.call("POST", "/pixels", pixel=PIXEL, token=TOKEN)
        await made.patch(enabled=True, pixelId=PIXEL, accessToken=TOKEN)
        yield made
