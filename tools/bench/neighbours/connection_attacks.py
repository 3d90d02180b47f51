"""Attacks on the API by connections that stay open."""

import asyncio
import contextlib
import random

from tools.bench import tenants
from tools.bench.neighbours import victim
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackPlan, AttackProgress, AttackRow
from tools.bench.neighbours.victim import Scale

#: Keys, and streams of each.
STREAM_KEYS, STREAMS_A_KEY = 11, 100
#: Seconds until a stream is reopened, minimum and maximum: browsers wait for three.
REOPEN_S = (1.0, 5.0)


async def prepare_streams(deployment: Deployment, scale: Scale) -> AttackPlan:
    attacker = await tenants.create(deployment.environment, tier="standard", keys=STREAM_KEYS)
    jobs = await tenants.submit_waiting_jobs(deployment.environment, attacker, 1)
    many = {"streams": scale.many(STREAMS_A_KEY)}
    return AttackPlan(port=deployment.port, keys=attacker.keys, owned=[jobs], many=many)


async def attack_by_streams(plan: AttackPlan, progress: AttackProgress) -> None:
    """Open the streams of each key from its own address, so that no per-address limit helps."""
    async with asyncio.TaskGroup() as group:
        for number, key in enumerate(plan.keys, start=2):
            for _ in range(plan.many["streams"]):
                group.create_task(_hold_stream(plan, key, f"127.0.0.{number}", progress))
        await asyncio.sleep(3)
        progress.ready.set()


async def _hold_stream(plan: AttackPlan, key: str, address: str, progress: AttackProgress) -> None:
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


ROWS = (
    AttackRow(
        "streams", "1,100 event streams of one standard tenant", victim.requests,
        prepare_streams, attack_by_streams,
    ),
)  # fmt: skip
