"""Slow sites: two tenants' ingests of sites that never respond."""

import asyncio
import contextlib

from tools.bench.neighbours import servers, tenants, victim
from tools.bench.neighbours.calls import open_client, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

TENANTS, INGESTS = 2, 20


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    count = scale.many(INGESTS)
    attackers = [
        await tenants.create(deployment.environment, tier="standard", projects=count) for _ in range(TENANTS)
    ]
    return Plan(
        port=deployment.port,
        keys=[one.keys[0] for one in attackers],
        sites=deployment.sites[:count],
        owned=[one.projects for one in attackers],
    )


async def attack(plan: Plan, progress: AttackProgress) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for site in plan.sites:
            await stack.enter_async_context(servers.serve(site, _never))
        for key, projects in zip(plan.keys, plan.owned, strict=True):
            client = await stack.enter_async_context(open_client(plan, key))
            for project, site in zip(projects, plan.sites, strict=True):
                body = {"url": f"http://127.0.0.1:{site}/"}
                await send_counted(
                    client, progress, "POST", f"/v1/projects/{project}/ingest/website", json=body
                )
        await asyncio.sleep(1)
        progress.ready.set()
        await asyncio.Event().wait()


async def _never(_: str) -> bytes:
    await asyncio.Event().wait()
    return b""


ROW = Row(
    "slow-sites", "20 ingests of sites that never answer, of two tenants each", victim.ingests,
    prepare, attack, pools=("ingest",), sites=INGESTS,
)  # fmt: skip
