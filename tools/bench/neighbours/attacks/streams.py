"""Event streams: one tenant opens as many as its keys allow, of a job that never ends."""

import asyncio
import contextlib
import random

from chaos.tasks import NOOP
from tools.bench.neighbours import tenants, victim
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

KEYS = 11
STREAMS_A_KEY = 100

#: Seconds until a stream is reopened, minimum and maximum: browsers wait for three.
REOPEN_S = (1.0, 5.0)


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.create(deployment.environment, tier="standard", keys=KEYS)
    job = await tenants.submit_endless_job(deployment.environment, attacker, NOOP)
    many = {"streams": scale.many(STREAMS_A_KEY)}
    return Plan(port=deployment.port, keys=attacker.keys, owned=[[job]], many=many)


async def attack(plan: Plan, progress: AttackProgress) -> None:
    """Open the streams of each key from its own address, so that no per-address limit helps."""
    async with asyncio.TaskGroup() as group:
        for number, key in enumerate(plan.keys, start=2):
            for _ in range(plan.many["streams"]):
                group.create_task(_listen(plan, key, f"127.0.0.{number}", progress))
        await asyncio.sleep(3)
        progress.ready.set()


async def _listen(plan: Plan, key: str, address: str, progress: AttackProgress) -> None:
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
                progress.add(answer[9:12].decode() or "0")
                await reader.read()
        await asyncio.sleep(random.uniform(*REOPEN_S))


ROW = Row("streams", "1,100 event streams of one standard tenant", victim.requests, prepare, attack)
