"""A primary that ends amid load, and its synchronous standby, promoted: each acknowledged write is there."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import asyncpg
import httpx
import pytest
import pytest_asyncio

from api.lifespan import POSTGRES_STATEMENT_TIMEOUT_S
from db.migrate import migrate_databases
from db.pool import open_postgres_pool
from db.server import LocalServer
from tests import servers as made
from tests.api.conftest import new_key
from tests.chaos.acknowledged import CALL_TIMEOUT_S, AcknowledgedWrites, RecordingPds, open_api, serve_pds, writing
from tests.chaos.fleet import Fleet, open_fleet
from tests.standby import promote, require_standby, run_on, run_standby, url_of_both
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.chaos

#: Seconds without an acknowledged write: three times the timeout of a request's statement.
MAX_OUTAGE_S = 3 * POSTGRES_STATEMENT_TIMEOUT_S

PROJECT = {"name": "Bakery", "timezone": "Europe/Berlin"}


class ReplicatedFleet(NamedTuple):
    fleet: Fleet
    primary: LocalServer
    standby: LocalServer


@pytest_asyncio.fixture
async def replicated(own_servers: made.ServerPair, tmp_path: Path) -> AsyncIterator[ReplicatedFleet]:
    """Open a fleet on a primary and its synchronous standby."""
    primary = own_servers.postgres
    with run_standby(primary, tmp_path / "standby") as standby:
        await require_standby(primary)
        settings = made.settings_for(url_of_both(primary, standby), own_servers.valkey.url)
        async with open_fleet(settings, tmp_path) as fleet:
            yield ReplicatedFleet(fleet, primary, standby)


@asynccontextmanager
async def open_writes(fleet: Fleet, pds: RecordingPds) -> AsyncIterator[AcknowledgedWrites]:
    """Start an API, and let partners write to it until the end of the block."""
    key = await new_key(fleet.pool, fleet.org)
    async with open_api(await fleet.serve_api(), key) as api, writing(writes := AcknowledgedWrites([api], pds)):
        yield writes


async def kill(primary: LocalServer) -> None:
    await asyncio.to_thread(primary.kill)


async def silence(primary: LocalServer) -> None:
    """Let it accept connections, and answer none, as a host without a power supply or a network."""
    await asyncio.to_thread(primary.pause)


async def demote(primary: LocalServer) -> None:
    """Refuse writes on all connections, as a managed server does that is no primary any more."""
    await run_on(primary, "alter system set default_transaction_read_only = on", "select pg_reload_conf()")


@pytest.mark.parametrize("end", [kill, silence, demote])
async def test_each_acknowledged_write_survives_a_failover(
    replicated: ReplicatedFleet, end: Callable[[LocalServer], Awaitable[None]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Running jobs continue, and no process needs a restart."""
    fleet, primary, standby = replicated
    async with serve_pds() as pds:
        fleet.allow(pds.host)
        processes = [await fleet.dispatcher(), await fleet.worker(), await fleet.of_product("publish")]
        jobs = await fleet.submit(6, pauses=["handler"])
        await fleet.reached("handler", jobs)
        async with open_writes(fleet, pds) as writes:
            await writes.more(10)
            await end(primary)
            ended_at = time.monotonic()
            await promote(standby)
            promoted_at = time.monotonic()
            fleet.go()
            await writes.more(10)
        report(capsys, end.__name__, writes, ended_at, promoted_at)
        await kill(primary)
        assert await migrate_databases(fleet.settings.database_url) == []
        async with open_postgres_pool(standby.url, name="chaos test") as fleet.pool:
            rows = await fleet.completed(jobs)
            assert {(row["attempt"], row["crashes"]) for row in rows} == {(1, 0)}
            await writes.assert_present_once(fleet.pool)
    assert [process.popen.poll() for process in processes] == [None] * 3


async def test_an_old_primary_acknowledges_nothing_after_a_promotion(
    replicated: ReplicatedFleet, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is up, and is the first host of the URL. Its commits wait for the standby that has left it."""
    fleet, primary, standby = replicated
    async with serve_pds() as pds:
        fleet.allow(pds.host)
        await fleet.dispatcher()
        await fleet.of_product("publish")
        async with open_writes(fleet, pds) as writes:
            await writes.more(10)
            await promote(standby)
            promoted_at = time.monotonic()
            # Each partner gives up its first request meanwhile, and repeats it with its key.
            await asyncio.sleep(3 * CALL_TIMEOUT_S)
            await kill(primary)
            ended_at = time.monotonic()
            await writes.more(10)
        async with open_postgres_pool(standby.url, name="chaos test") as pool:
            await writes.assert_present_once(pool)
    # Requests from before the promotion have ended by then.
    assert not any(promoted_at + CALL_TIMEOUT_S < at < ended_at for at in writes.acknowledged_at)
    report(capsys, "split", writes, ended_at, ended_at)


def report(
    capsys: pytest.CaptureFixture[str], title: str, writes: AcknowledgedWrites, ended_at: float, promoted_at: float
) -> None:
    """Print the seconds without an acknowledged write, the figures of docs/howto/failover.md, and limit them."""
    first = min(at for at in writes.acknowledged_at if at > promoted_at)
    last = max(at for at in writes.acknowledged_at if at < promoted_at)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{title}: promotion {promoted_at - ended_at:.2f} s, then {first - promoted_at:.2f} s to the first"
            f" acknowledged write; none for {first - last:.2f} s; attempts without one: {dict(writes.refused)}"
        )
    assert first - last < MAX_OUTAGE_S


async def test_a_replay_waits_for_the_standby_as_the_write_did(replicated: ReplicatedFleet) -> None:
    """After a restart the primary shows writes that its standby still lacks: a failover could lose them."""
    fleet, primary, standby = replicated
    key = await new_key(fleet.pool, fleet.org)
    async with open_api(await fleet.serve_api(), key, timeout_s=PATIENCE_S) as api:
        project = (await api.post("/v1/projects", json=PROJECT)).json()["id"]

        def write_both() -> "asyncio.Future[tuple[httpx.Response, httpx.Response]]":
            """Create a project in one statement, and content in a transaction."""
            upload = api.post(
                f"/v1/projects/{project}/content/upload",
                files={"caption": (None, "Fresh bread.")},
                headers={"Idempotency-Key": "upload"},
            )
            return asyncio.gather(api.post("/v1/projects", json=PROJECT, headers={"Idempotency-Key": "create"}), upload)

        standby.pause()
        first = write_both()
        await wait_for_commits_that_wait(primary, 2)
        await kill(primary)
        assert {answer.status_code for answer in await first} == {503}
        await asyncio.to_thread(primary.start_and_wait_until_ready)
        repeated = write_both()
        await wait_for_commits_that_wait(primary, 2)
        assert not repeated.done()
        standby.resume()
        assert [answer.headers.get("Idempotent-Replayed") for answer in await repeated] == ["true", "true"]


async def wait_for_commits_that_wait(primary: LocalServer, count: int) -> None:
    """Wait until so many of the API's commits wait for the standby."""
    waiting = "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and application_name = 'tenantry-web'"
    conn = await asyncpg.connect(primary.url)
    try:

        async def do_wait() -> bool:
            return bool(await conn.fetchval(waiting) == count)

        await eventually(do_wait)
    finally:
        await conn.close()
