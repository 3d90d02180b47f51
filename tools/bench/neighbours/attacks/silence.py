"""Silent connections: a stranger opens them and sends nothing, half a head, or half a body."""

import asyncio
import contextlib

from tools.bench.neighbours import victim
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

#: Connections of each sort.
SILENT = 1_100
HALF_HEADS = 100
HALF_BODIES = 100

HALF_HEAD = b"GET /v1/whoami HTTP/1.1\r\nHost: localhost\r\n"
HALF_BODY = b"POST /v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    counts = {"silent": SILENT, "heads": HALF_HEADS, "bodies": HALF_BODIES}
    return Plan(
        port=deployment.port, keys=[], many={name: scale.many(count) for name, count in counts.items()}
    )


async def attack(plan: Plan, progress: AttackProgress) -> None:
    words = {"silent": b"", "heads": HALF_HEAD, "bodies": HALF_BODY}
    async with asyncio.TaskGroup() as group:
        for name, count in plan.many.items():
            for _ in range(count):
                group.create_task(_hold(plan.port, name, words[name], progress))
        await asyncio.sleep(1)
        progress.ready.set()


async def _hold(port: int, name: str, words: bytes, progress: AttackProgress) -> None:
    """Hold a connection, and reopen it whenever the server closes it."""
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            progress.add(name)
            with contextlib.closing(writer):
                writer.write(words)
                await reader.read()
        await asyncio.sleep(0.2)


ROW = Row(
    "silence",
    "silent connections, half heads and half bodies of a stranger",
    victim.requests,
    prepare,
    attack,
)
