"""All faults at once, each twice: each job leaves exactly one effect."""

import asyncio
import random
import signal

import pytest
import redis

from tests.chaos.fleet import Fleet, Process
from tests.servers import ServerPair

BLOWS = ("kill", "freeze", "stop", "empty", "redis", "dispatcher")

pytestmark = pytest.mark.chaos


async def test_jobs_survive_a_storm(own_fleet: Fleet, own_servers: ServerPair) -> None:
    """Workers are killed, frozen and stopped, Redis is emptied and killed, dispatchers restart."""
    chance = random.Random(7)  # The seed makes the storm repeatable.
    dispatcher, workers = (await own_fleet.dispatcher(), [await own_fleet.worker(drain_s=0.2) for _ in range(3)])
    jobs = await own_fleet.submit(100, takes_s=0.2)
    for blow in chance.sample(BLOWS, len(BLOWS)) + chance.sample(BLOWS, len(BLOWS)):
        jobs += await own_fleet.submit(20, takes_s=0.2)
        match blow:
            case "kill":
                workers = await replaced(own_fleet, workers, signal.SIGKILL)
            case "freeze":
                workers[0].signal(signal.SIGSTOP)
                workers.append(await own_fleet.worker())
                workers[0].signal(signal.SIGCONT)
            case "stop":
                workers = await replaced(own_fleet, workers, signal.SIGTERM)
            case "empty":
                with redis.Redis.from_url(own_servers.valkey.url) as client:
                    client.flushall()
            case "redis":
                await asyncio.to_thread(own_servers.valkey.kill)
                await asyncio.to_thread(own_servers.valkey.start_and_wait_until_ready)
            case "dispatcher":
                dispatcher.kill()
                dispatcher = await own_fleet.dispatcher()
    await own_fleet.completed(jobs)


async def replaced(fleet: Fleet, workers: list[Process], signum: signal.Signals) -> list[Process]:
    oldest, *rest = workers
    oldest.signal(signum)
    await oldest.exited()
    return [*rest, await fleet.worker(drain_s=0.2)]
