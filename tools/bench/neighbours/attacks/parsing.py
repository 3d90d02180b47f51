"""Parsing: one tenant's ingests of pages with the maximal parse time."""

import asyncio
import contextlib

from tools.bench.neighbours import servers, tenants, victim
from tools.bench.neighbours.calls import open_client, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

INGESTS = 20
PAGES = 25
PAGE_BYTES = 240_000


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    count = scale.many(INGESTS)
    attacker = await tenants.create(deployment.environment, tier="standard", projects=count)
    return Plan(
        port=deployment.port, keys=attacker.keys, sites=deployment.sites[:count], owned=[attacker.projects]
    )


async def attack(plan: Plan, progress: AttackProgress) -> None:
    async with contextlib.AsyncExitStack() as stack, open_client(plan, plan.keys[0]) as client:
        for site in plan.sites:
            await stack.enter_async_context(servers.serve(site, _page))
        for project, site in zip(plan.owned[0], plan.sites, strict=True):
            body = {"url": f"http://127.0.0.1:{site}/", "followLinks": True, "maxPages": PAGES}
            await send_counted(client, progress, "POST", f"/v1/projects/{project}/ingest/website", json=body)
        await asyncio.sleep(1)
        progress.ready.set()
        await asyncio.Event().wait()


async def _page(line: str) -> bytes:
    if "robots.txt" in line or "llms.txt" in line:
        return servers.html(b"")
    return servers.html(LINKS + b"<p>a" * ((PAGE_BYTES - len(LINKS)) // 4))


LINKS = b"".join(b'<a href="/about/%d">About us</a>' % number for number in range(PAGES))

ROW = Row(
    "parsing", "20 ingests of 25 pages of 240 KB (`<p>a`) of one tenant", victim.ingests, prepare, attack,
    pools=("ingest",), sites=INGESTS,
)  # fmt: skip
