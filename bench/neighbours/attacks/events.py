"""Events: an app that sends ten times as many as it may, each new, and again as soon as it is refused."""

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

#: The app's limit a second, how many times that it sends, by so many connections, and events of a request.
ALLOWED = LIMITS["standard"].requests
TIMES, SENDERS, EACH = 10, 40, 20


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.settle(deployment.environment, tier="standard")
    app = await tenants.app(deployment.environment, attacker)
    return Plan(
        port=deployment.port, keys=[app.key], owned=[[app.path]], many={"senders": scale.many(SENDERS)}
    )


async def attack(plan: Plan, course: Course) -> None:
    """Bare sockets: a full client would take the attack longer than the API takes to refuse it."""
    app = App(plan.owned[0][0], plan.keys[0], itertools.count())
    async with asyncio.TaskGroup() as group:
        for _ in range(plan.many["senders"]):
            group.create_task(_send(plan.port, app, course))
        course.ready.set()


async def _send(port: int, app: App, course: Course) -> None:
    """One connection's share: it sends at its times, however long the answers take."""
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
    """One with new events, which is sent until it is taken."""
    body = app.events(EACH)
    head = f"POST {app.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {app.key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _status(reader: asyncio.StreamReader) -> str:
    """The status of an answer that has a length, read to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
    return head.split(" ", 2)[1]


async def note(_: Deployment, counted: Mapping[str, int]) -> dict[str, Any]:
    return {"passed": counted.get("202", 0), "refused": counted.get("429", 0), "allowed_per_s": ALLOWED}


ROW = Row(
    "events", f"an app that sends {TIMES} times the requests with events that it may", victim.events,
    prepare, attack, note=note,
)  # fmt: skip
