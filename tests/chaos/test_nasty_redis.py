"""A Redis that restarts a hundred times and then misbehaves: no process dies, no job fails, no sender stays
silent.
"""

import asyncio
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
import pytest_asyncio

from jobs.kinds import ARCHIVE_PROJECT_KIND
from tests import nasty_redis
from tests.chaos.fleet import LONG_S, Fleet, Process
from tests.nasty_redis import NastyRedis
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.long]

RESTARTS, AT_ONCE = 100, 4


@pytest_asyncio.fixture
async def redis(fleet: Fleet) -> AsyncIterator[NastyRedis]:
    async with nasty_redis.serving(fleet.settings.redis_url) as served:
        fleet.settings = msgspec.structs.replace(fleet.settings, redis_url=served.url)
        yield served


async def test_api_survives_a_hundred_redis_restarts(fleet: Fleet, redis: NastyRedis, api: httpx.AsyncClient) -> None:
    dispatcher = await fleet.dispatcher()
    worker = await fleet.of_product(ARCHIVE_PROJECT_KIND.pool, lease_s=LONG_S)
    for _ in range(RESTARTS):
        redis.restart()
        await asyncio.gather(*(start_a_job(api) for _ in range(AT_ONCE)))
    assert (dispatcher.popen.poll(), worker.popen.poll()) == (None, None)
    await eventually(lambda: completed(fleet, RESTARTS * AT_ONCE))
    redis.restart(well=True)
    await eventually(lambda: sends_again(api))
    assert tracebacks(worker) + tracebacks(dispatcher) == []


def tracebacks(process: Process) -> list[str]:
    """Return the text after each traceback in the log."""
    return process.log.read_text().split("Traceback")[1:]


async def start_a_job(api: httpx.AsyncClient) -> None:
    """Create a project and archive it by a job; both requests succeed."""
    created = await api.post("/v1/projects", json={"name": "Shop", "timezone": "Europe/Berlin"})
    assert created.status_code == 201, created.text
    deleted = await api.delete(f"/v1/projects/{created.json()['id']}")
    assert deleted.status_code == 200, deleted.text


async def completed(fleet: Fleet, count: int) -> bool:
    completed_jobs = await fleet.pool.fetchval("select count(*) from job where state = 'completed' and crashes = 0")
    return bool(completed_jobs == count)


async def sends_again(api: httpx.AsyncClient) -> bool:
    before = await sent(api)
    await start_a_job(api)
    return await sent(api) > before


async def sent(api: httpx.AsyncClient) -> float:
    """Return the number of messages for the pool that the API has sent to Redis."""
    label = f'courier_sends_total{{outcome="sent",pool="{ARCHIVE_PROJECT_KIND.pool}"}} '
    lines = (await api.get("/metrics")).text.splitlines()
    return sum(float(line.removeprefix(label)) for line in lines if line.startswith(label))
