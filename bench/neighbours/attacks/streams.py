"""Event streams: one tenant opens as many as its keys allow, of a job that doesn't end."""

import asyncio
import contextlib

import httpx

from bench.neighbours import tenants, victim
from bench.neighbours.calls import caller
from bench.neighbours.deployment import Deployment
from bench.neighbours.row import Course, Plan, Row
from bench.neighbours.scale import Scale
from bench.tasks import NOOP

KEYS, OF_A_KEY = 11, 100


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.settle(deployment.environment, tier="standard", keys=KEYS)
    job = await tenants.endless_job(deployment.environment, attacker, NOOP)
    many = {"streams": scale.many(OF_A_KEY)}
    return Plan(port=deployment.port, keys=attacker.keys, owned=[[job]], many=many)


async def attack(plan: Plan, course: Course) -> None:
    async with asyncio.TaskGroup() as group:
        for key in plan.keys:
            for _ in range(plan.many["streams"]):
                group.create_task(_listen(plan, key, course))
        await asyncio.sleep(3)
        course.ready.set()


async def _listen(plan: Plan, key: str, course: Course) -> None:
    """A stream that ends is opened anew."""
    while True:
        with contextlib.suppress(httpx.TransportError):
            async with (
                caller(plan, key) as client,
                client.stream("GET", f"/v1/jobs/{plan.owned[0][0]}/events") as answer,
            ):
                course.counted[str(answer.status_code)] += 1
                async for _ in answer.aiter_raw():
                    pass
        await asyncio.sleep(0.5)


ROW = Row("streams", "1,100 event streams of one standard tenant", victim.requests, prepare, attack)
