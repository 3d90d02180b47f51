"""Bodies: one refused request a second with a body of 1 MB, the largest that any route accepts."""

import asyncio
import itertools

from tools.bench.neighbours import tenants, victim
from tools.bench.neighbours.calls import open_client, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

BODY_BYTES = 1_000_000
#: Pause between two requests: a key may write 60 times a minute.
PAUSE_S = 1.0

#: Items of a list in `metadata`: each stresses another part of the body parser.
ITEMS = (b"[]", b"1.5", b"1", b"{}")


async def prepare(deployment: Deployment, _scale: Scale) -> Plan:
    attacker = await tenants.create(deployment.environment, tier="standard")
    return Plan(port=deployment.port, keys=attacker.keys, owned=[attacker.projects])


async def attack(plan: Plan, progress: AttackProgress) -> None:
    """Send three of four bodies to a project, which accepts 1 MiB, and one to the webhook endpoints."""
    [[project]], [key] = plan.owned, plan.keys
    sent = [("PATCH", f"/v1/projects/{project}", _body(item)) for item in ITEMS]
    sent[-1] = (
        "POST",
        "/v1/webhook-endpoints",
        _body(ITEMS[0], b'"url":"https://a.example/","events":["*"],'),
    )
    progress.had_effect.clear()
    progress.ready.set()
    async with open_client(plan, key) as client:
        for method, url, body in itertools.cycle(sent):
            headers = {"Content-Type": "application/json"}
            await send_counted(client, progress, method, url, content=body, headers=headers)
            await asyncio.sleep(PAUSE_S)


def _body(item: bytes, fields: bytes = b"") -> bytes:
    items = b",".join([item] * (BODY_BYTES // (len(item) + 1) - 20))
    return b'{%b"metadata":{"a":[%b]}}' % (fields, items)


ROW = Row("bodies", "one refused body of 1 MB a second", victim.requests, prepare, attack)
