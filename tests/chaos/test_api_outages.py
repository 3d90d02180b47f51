"""Requests during an outage of Postgres: they wait for the end of a short one, and fail fast in a long one."""

import asyncio
import signal
import time
from collections.abc import Callable

import httpx
import msgspec
import pytest

from db.outages import MAX_OUTAGE_WAIT_S
from tests.api.conftest import new_key
from tests.chaos.fleet import Fleet, Process
from tests.process_tree import descendants, kill_all
from tests.servers import ServerPair
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.chaos


async def open_client(fleet: Fleet) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {await new_key(fleet.pool, fleet.org)}"}
    return httpx.AsyncClient(base_url=await fleet.serve_api(), headers=headers, timeout=PATIENCE_S)


async def timed_call(client: httpx.AsyncClient) -> tuple[int, float, str | None]:
    """Send a request that reads Postgres; return its status, its seconds and the header `Retry-After`."""
    began = time.monotonic()
    answer = await client.get("/v1/projects")
    return answer.status_code, time.monotonic() - began, answer.headers.get("retry-after")


async def test_requests_wait_for_a_restarted_postgres(own_fleet: Fleet, own_servers: ServerPair) -> None:
    async with await open_client(own_fleet) as client:
        assert (await timed_call(client))[0] == 200
        await asyncio.to_thread(own_servers.postgres.stop)
        waiting = [asyncio.create_task(timed_call(client)) for _ in range(30)]
        await asyncio.to_thread(own_servers.postgres.start_and_wait_until_ready)
        calls = await asyncio.gather(*waiting)
    assert {status for status, _, _ in calls} == {200}


async def test_requests_fail_fast_in_a_long_outage(own_fleet: Fleet, own_servers: ServerPair) -> None:
    async with await open_client(own_fleet) as client:
        await asyncio.to_thread(own_servers.postgres.stop)
        calls = await asyncio.gather(*[timed_call(client) for _ in range(30)])
        assert {(status, retry_after) for status, _, retry_after in calls} == {(503, "1")}
        assert min(seconds for _, seconds, _ in calls) < MAX_OUTAGE_WAIT_S + 1
        later = [await timed_call(client) for _ in range(10)]
        assert sum(seconds for _, seconds, _ in later) < 10 * MAX_OUTAGE_WAIT_S
        await asyncio.to_thread(own_servers.postgres.start_and_wait_until_ready)

        async def served() -> bool:
            return (await timed_call(client))[0] == 200

        await eventually(served)


async def logged(api: Process, event: str, times: int) -> None:
    """Wait until processes of the API have logged an event at least this number of times."""

    async def has_come() -> bool:
        return api.log.read_text().count(f'"event":"{event}"') >= times

    await eventually(has_come)


def deploy(api: Process) -> int:
    api.signal(signal.SIGHUP)
    return 2


def kill_one_and_the_spare(api: Process) -> int:
    *_, serving, spare = descendants(api.popen.pid)
    kill_all([spare, serving])
    return 1


@pytest.mark.parametrize("start", [deploy, kill_one_and_the_spare])
async def test_a_process_that_waits_for_postgres_leaves_connections_to_those_that_serve(
    own_fleet: Fleet, own_servers: ServerPair, start: Callable[[Process], int]
) -> None:
    """Those know that a request without a key gets a 401. A fallback server would answer 503."""
    own_fleet.settings = msgspec.structs.replace(own_fleet.settings, processes=2)
    url, api = await own_fleet.serve_api(), own_fleet.processes[-1]
    await logged(api, "serving", 2)
    await logged(api, "ready as the spare", 1)
    await asyncio.to_thread(own_servers.postgres.stop)
    started = start(api)
    await logged(api, "Postgres is away, waiting for it", started)
    for _ in range(30):
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S) as client:
            assert (await client.get("/v1/projects")).status_code == 401
    await asyncio.to_thread(own_servers.postgres.start_and_wait_until_ready)
    await logged(api, "serving", 2 + started)
