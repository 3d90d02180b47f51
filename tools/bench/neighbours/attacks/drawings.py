"""Drawings: one tenant's content with logos of the maximal rendering cost."""

import asyncio
from collections.abc import Mapping
from typing import Any

from tools.bench.neighbours import tenants, victim
from tools.bench.neighbours.calls import open_client, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

#: As many as a standard tenant's request limits allow in a minute.
CONTENTS = 10
#: Canvas-sized layers: the cost check passes them, and the CPU limit of the kernel ends the rendering.
LAYERS = 3_300

BRAND = {
    "appName": "Tideline",
    "tagline": "Know the tide before you go",
    "appDescription": "See high and low water for each day.",
}

COUNT_OUTCOMES = """
    select coalesce(error->>'code', state) as ended, attempt, count(*)
    from job
    where kind = 'content_generate'
    group by ended, attempt
    order by ended, attempt
"""


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    count = scale.many(CONTENTS)
    attacker = await tenants.create(deployment.environment, tier="standard", projects=count)
    return Plan(port=deployment.port, keys=attacker.keys, owned=[attacker.projects])


async def attack(plan: Plan, progress: AttackProgress) -> None:
    async with open_client(plan, plan.keys[0]) as client:
        for project in plan.owned[0]:
            path = f"/v1/projects/{project}"
            await send_counted(client, progress, "PATCH", path, json={"brandContext": BRAND})
            files = {"kind": (None, b"logo"), "file": ("a.svg", drawing(), "image/svg+xml")}
            await send_counted(client, progress, "POST", f"{path}/app-media", files=files)
            await send_counted(client, progress, "POST", f"{path}/content", json={"format": "image"})
        progress.ready.set()
        await asyncio.Event().wait()


async def note(deployment: Deployment, _: Mapping[str, int]) -> dict[str, Any]:
    """Return the outcomes of the jobs by attempt."""
    rows = await deployment.environment.pool.fetch(COUNT_OUTCOMES)
    return {"jobs": {f"{row['ended']} at attempt {row['attempt']}": row["count"] for row in rows}}


def drawing() -> bytes:
    layer = b'<g opacity=".9"><rect width="9" height="9"/></g>'
    return b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">' + layer * LAYERS + b"</svg>"


ROW = Row(
    "drawings", "10 contents of one tenant with a logo over the renderer's CPU limit",
    victim.requests, prepare, attack, pools=("generate",), note=note,
)  # fmt: skip
