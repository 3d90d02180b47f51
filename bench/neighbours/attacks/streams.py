"""Event streams: one tenant opens as many as its keys allow, of a job that never ends."""

import asyncio
import contextlib
import random

from bench.neighbours import tenants, victim
from bench.neighbours.deployment import Deployment
from bench.neighbours.row import Course, Plan, Row
from bench.neighbours.scale import Scale
from bench.tasks import NOOP

KEYS, OF_A_KEY = 11, 100

#: Seconds until a stream is reopened, minimum and maximum: browsers wait for three.
AGAIN_S = (1.0, 5.0)


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.settle(deployment.environment, tier="standard", keys=KEYS)
    job = await tenants.endless_job(deployment.environment, attacker, NOOP)
    many = {"streams": scale.many(OF_A_KEY)}
    return Plan(port=deployment.port, keys=attacker.keys, owned=[[job]], many=many)


async def attack(plan: Plan, course: Course) -> None:
    """Open the streams of each key from its own address, so that no per-address limit helps."""
    async with asyncio.TaskGroup() as group:
        for number, key in enumerate(plan.keys, start=2):
            for _ in range(plan.many["streams"]):
                group.create_task(_listen(plan, key, f"127.0.0.{number}", course))
        await asyncio.sleep(3)
        course.ready.set()


async def _listen(plan: Plan, key: str, address: str, course: Course) -> None:
    """Hold a stream, and reopen it when it ends or is refused. Raw sockets: the attack shares the cores."""
    lines = (
        f"GET /v1/jobs/{plan.owned[0][0]}/events HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {key}",
    )
    words = "\r\n".join([*lines, "Connection: close", "", ""]).encode()
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", plan.port, local_addr=(address, 0))
            with contextlib.closing(writer):
                writer.write(words)
                answer = await reader.readline()
                course.add(answer[9:12].decode() or "0")
                await reader.read()
        await asyncio.sleep(random.uniform(*AGAIN_S))


ROW = Row("streams", "1,100 event streams of one standard tenant", victim.requests, prepare, attack)
