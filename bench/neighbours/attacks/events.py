"""Events: an app that sends ten times its limit, all new, and retries each refused request."""

import asyncio
import itertools
from collections.abc import Mapping
from typing import Any

from api.event_limits import LIMITS
from bench.neighbours import tenants, victim
from bench.neighbours.calls import ADDRESS
from bench.neighbours.deployment import Deployment
from bench.neighbours.row import Course, Plan, Row
from bench.neighbours.scale import Scale
from bench.neighbours.tenants import App

#: The app's limit a second; the multiple that it sends, its connections, and events of a request.
ALLOWED = LIMITS["standard"].requests
TIMES, SENDERS, EACH = 10, 40, 20


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.settle(deployment.environment, tier="standard")
    app = await tenants.app(deployment.environment, attacker)
    return Plan(
        port=deployment.port, keys=[app.key], owned=[[app.path]], many={"senders": scale.many(SENDERS)}
    )


async def attack(plan: Plan, course: Course) -> None:
    """Send from raw sockets: a full client would be slower than the API's refusals."""
    app = App(plan.owned[0][0], plan.keys[0], itertools.count())
    async with asyncio.TaskGroup() as group:
        for _ in range(plan.many["senders"]):
            group.create_task(_send(plan.port, app, course))
        course.ready.set()


async def _send(port: int, app: App, course: Course) -> None:
    """Send one connection's share at fixed times, regardless of slow responses."""
    loop, every_s = asyncio.get_running_loop(), SENDERS / (TIMES * ALLOWED)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ADDRESS, 0))
    due, request = loop.time(), _request(app)
    while True:
        due = max(due + every_s, loop.time() - 1)
        await asyncio.sleep(due - loop.time())
        writer.write(request)
        status = await _status(reader)
        course.add(status)
        if status == "202":
            request = _request(app)


def _request(app: App) -> bytes:
    """Build a request with new events; it is repeated until it is accepted."""
    body = app.events(EACH)
    head = f"POST {app.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {app.key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _status(reader: asyncio.StreamReader) -> str:
    """Read a response with a Content-Length and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
    return head.split(" ", 2)[1]


async def note(_: Deployment, counted: Mapping[str, int]) -> dict[str, Any]:
    return {"passed": counted.get("202", 0), "refused": counted.get("429", 0), "allowed_per_s": ALLOWED}


ROW = Row(
    "events", f"an app that sends {TIMES} times its allowed event requests", victim.events,
    prepare, attack, note=note,
)  # fmt: skip
