"""Redis emptied and stopped, Postgres stopped, dispatchers killed."""

import asyncio
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
import redis

from tests.chaos.fleet import LONG_S, Fleet
from tests.servers import ServerPair
from tests.waiting import eventually

pytestmark = pytest.mark.chaos


async def test_redis_emptied_with_jobs_queued_and_running(own_fleet: Fleet, own_servers: ServerPair) -> None:
    await own_fleet.dispatcher()
    await own_fleet.worker(slots=2, lease_s=LONG_S)
    running = await own_fleet.submit(2, pauses=["handler"])
    await own_fleet.reached("handler", running)
    queued = await own_fleet.submit(10)
    with redis.Redis.from_url(own_servers.valkey.url) as client:
        client.flushall()
    own_fleet.go()
    rows = await own_fleet.completed([*running, *queued])
    assert {row["fence"] for row in rows} == {1}


async def test_redis_stopped_for_five_seconds(own_fleet: Fleet, own_servers: ServerPair) -> None:
    """Running jobs keep their fences, submits succeed, and the backlog drains before Redis is back."""
    await own_fleet.dispatcher()
    await own_fleet.worker(slots=2, lease_s=LONG_S)
    running = await own_fleet.submit(2, pauses=["handler"])
    await own_fleet.reached("handler", running)
    queued = await own_fleet.submit(10)
    await asyncio.to_thread(own_servers.valkey.stop)
    back_at = time.monotonic() + 5
    meanwhile = await own_fleet.submit(10)
    own_fleet.go()
    await own_fleet.completed([*running, *queued, *meanwhile])
    # The scenario is an outage of five seconds.
    await asyncio.sleep(max(0, back_at - time.monotonic()))
    await asyncio.to_thread(own_servers.valkey.start_and_wait_until_ready)
    rows = await own_fleet.completed([*running, *queued, *meanwhile, *await own_fleet.submit(10)])
    assert {(row["fence"], row["crashes"]) for row in rows} == {(1, 0)}


async def test_redis_and_the_dispatcher_both_dead(own_fleet: Fleet, own_servers: ServerPair) -> None:
    await own_fleet.worker()
    await asyncio.to_thread(own_servers.valkey.kill)
    jobs = await own_fleet.submit(3)
    await own_fleet.reached("handler", jobs)
    await own_fleet.completed(jobs)


async def test_postgres_stopped_for_five_leases(own_fleet: Fleet, own_servers: ServerPair) -> None:
    """No worker could renew: none counts as dead, no attempt is used up, and no log has a traceback."""
    processes = [await own_fleet.dispatcher(), *[await own_fleet.worker(slots=3) for _ in range(2)]]
    jobs = await own_fleet.submit(20, pauses=["handler"])
    await eventually(lambda: own_fleet.pool.fetchval("select count(*) = 6 from job where state = 'running'"))
    await asyncio.to_thread(own_servers.postgres.stop)
    # The scenario is an outage of five leases.
    await asyncio.sleep(5 * own_fleet.settings.lease_s)
    await asyncio.to_thread(own_servers.postgres.start_and_wait_until_ready)
    own_fleet.go()
    rows = await own_fleet.completed(jobs)
    assert {(row["attempt"], row["crashes"]) for row in rows} == {(1, 0)}
    assert [found for process in processes if (found := process.log.read_text().partition("Traceback")[2])] == []


async def test_a_worker_started_while_postgres_is_away(own_fleet: Fleet, own_servers: ServerPair) -> None:
    """The worker logs why it waits, and can be stopped meanwhile."""
    await asyncio.to_thread(own_servers.postgres.stop)
    worker, stopped = await own_fleet.waiting_worker(), await own_fleet.waiting_worker()
    stopped.signal(signal.SIGTERM)
    assert await stopped.exited() == 0
    await asyncio.to_thread(own_servers.postgres.start_and_wait_until_ready)
    await own_fleet.completed(await own_fleet.submit(3))
    for process in (worker, stopped):
        said = process.log.read_text()
        assert "Postgres is away" in said
        assert "Traceback" not in said


async def test_postgres_frozen_beyond_a_lease(own_fleet: Fleet, own_servers: ServerPair) -> None:
    """Postgres accepts connections and never responds: workers stop their own work, and resume it later."""
    await own_fleet.dispatcher()
    await own_fleet.worker()
    jobs = await own_fleet.submit(3, pauses=["handler"])
    await own_fleet.reached("handler", jobs)
    own_servers.postgres.pause()
    await own_fleet.reached("canceled", jobs)
    own_servers.postgres.resume()
    rows = await own_fleet.completed(jobs)
    assert {(row["attempt"], row["crashes"]) for row in rows} == {(1, 0)}


async def test_one_of_two_dispatchers_killed(fleet: Fleet) -> None:
    """With either dispatcher, a scheduled job becomes due and a lost one is rescued."""
    first = await fleet.dispatcher()
    second = await fleet.dispatcher()
    worker = await fleet.worker()
    lost = await fleet.submit(2, pauses=["handler"])
    await fleet.reached("handler", lost)
    later = await fleet.submit(2, run_at=datetime.now(UTC) + timedelta(seconds=2))
    first.kill()
    worker.kill()
    await fleet.worker()
    await fleet.completed([*lost, *later])
    assert second.popen.poll() is None
