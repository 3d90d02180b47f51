"""Events: an app that sends ten times its limit, all new, and retries each refused request."""

import asyncio
import itertools
from collections.abc import Mapping
from typing import Any

from api.limits.event_limits import LIMITS
from tools.bench.neighbours import tenants, victim
from tools.bench.neighbours.calls import ADDRESS
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale
from tools.bench.neighbours.tenants import App

#: The app's limit, in requests a second.
ALLOWED_PER_S = LIMITS["standard"].requests
#: The multiple of the limit that the app sends.
EXCESS = 10
#: The app's connections.
SENDERS = 40
EVENTS_A_REQUEST = 20


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.create(deployment.environment, tier="standard")
    app = await tenants.create_app(deployment.environment, attacker)
    return Plan(
        port=deployment.port, keys=[app.key], owned=[[app.path]], many={"senders": scale.many(SENDERS)}
    )


async def attack(plan: Plan, progress: AttackProgress) -> None:
    """Send from raw sockets: a full client would be slower than the API's refusals."""
    app = App(plan.owned[0][0], plan.keys[0], itertools.count())
    async with asyncio.TaskGroup() as group:
        for _ in range(plan.many["senders"]):
            group.create_task(_send(plan.port, app, progress))
        progress.ready.set()


async def _send(port: int, app: App, progress: AttackProgress) -> None:
    """Send one connection's share at fixed times, regardless of slow responses."""
    loop, every_s = asyncio.get_running_loop(), SENDERS / (EXCESS * ALLOWED_PER_S)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ADDRESS, 0))
    due, request = loop.time(), _request(app)
    while True:
        due = max(due + every_s, loop.time() - 1)
        await asyncio.sleep(due - loop.time())
        writer.write(request)
        status = await _status(reader)
        progress.add(status)
        if status == "202":
            request = _request(app)


def _request(app: App) -> bytes:
    """Build a request with new events; it is repeated until it is accepted."""
    body = app.events(EVENTS_A_REQUEST)
    head = f"POST {app.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {app.key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _status(reader: asyncio.StreamReader) -> str:
    """Read a response with a Content-Length and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
    return head.split(" ", 2)[1]


async def note(_: Deployment, counts: Mapping[str, int]) -> dict[str, Any]:
    return {"passed": counts.get("202", 0), "refused": counts.get("429", 0), "allowed_per_s": ALLOWED_PER_S}


ROW = Row(
    "events", f"an app that sends {EXCESS} times its allowed event requests", victim.events,
    prepare, attack, note=note,
)  # fmt: skip
