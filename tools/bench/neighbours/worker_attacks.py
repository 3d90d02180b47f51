"""Attacks on workers: jobs whose sites, servers and drawings take all the time that they may."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from tools.bench import tenants
from tools.bench.neighbours import servers, victim
from tools.bench.neighbours.calls import open_client, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.images import png_of_color
from tools.bench.neighbours.row import AttackPlan, AttackProgress, AttackRow
from tools.bench.neighbours.victim import Scale
from tools.bench.tenants import Tenant

#: Ingests of each tenant, and the pages of each.
INGESTS, PAGES = 20, 25
PAGE_BYTES = 240_000
#: Tenants that attack together, where two do.
TENANTS = 2
#: Posts of each tenant.
POSTS = 6

#: Contents of a tenant: as many as its request limits allow in a minute.
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
 order by ended, attempt"""

LINKS = b"".join(b'<a href="/about/%d">About us</a>' % number for number in range(PAGES))


async def prepare_parsing(deployment: Deployment, scale: Scale) -> AttackPlan:
    return await _prepare_ingests(deployment, scale, 1)


async def prepare_slow_sites(deployment: Deployment, scale: Scale) -> AttackPlan:
    return await _prepare_ingests(deployment, scale, TENANTS)


async def attack_by_parsing(plan: AttackPlan, progress: AttackProgress) -> None:
    await _ingest(plan, progress, _respond_with_tags, {"followLinks": True, "maxPages": PAGES})


async def attack_by_slow_sites(plan: AttackPlan, progress: AttackProgress) -> None:
    await _ingest(plan, progress, _never_respond, {})


async def prepare_publishing(deployment: Deployment, scale: Scale) -> AttackPlan:
    """Create the attackers; `owned` lists a tenant's project and accounts."""
    attackers = await _create_attackers(deployment, TENANTS)
    slow = [f"http://127.0.0.1:{deployment.sites[0]}"] * scale.many(POSTS)
    accounts = [await tenants.connect_accounts(deployment.environment, tenant, slow) for tenant in attackers]
    return AttackPlan(
        port=deployment.port,
        keys=[tenant.keys[0] for tenant in attackers],
        sites=deployment.sites,
        owned=[[tenant.projects[0], *own] for tenant, own in zip(attackers, accounts, strict=True)],
    )


async def attack_by_publishing(plan: AttackPlan, progress: AttackProgress) -> None:
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(servers.serve(plan.sites[0], _hold_files))
        for key, (project, *accounts) in zip(plan.keys, plan.owned, strict=True):
            client = await stack.enter_async_context(open_client(plan, key))
            files = {"file": ("a.png", png_of_color(), "image/png")}
            content = await client.post(f"/v1/projects/{project}/content/upload", files=files)
            body = {"targets": [{"socialAccountId": account} for account in accounts]}
            url = f"/v1/content/{content.json()['id']}/publish"
            await send_counted(client, progress, "POST", url, json=body)
        await asyncio.sleep(2)
        progress.ready.set()
        await asyncio.Event().wait()


async def prepare_drawings(deployment: Deployment, scale: Scale) -> AttackPlan:
    [attacker] = await _create_attackers(deployment, 1, projects=scale.many(CONTENTS))
    return AttackPlan(port=deployment.port, keys=attacker.keys, owned=[attacker.projects])


async def attack_by_drawings(plan: AttackPlan, progress: AttackProgress) -> None:
    """Generate contents with a logo of the maximal rendering cost."""
    async with open_client(plan, plan.keys[0]) as client:
        for project in plan.owned[0]:
            path = f"/v1/projects/{project}"
            await send_counted(client, progress, "PATCH", path, json={"brandContext": BRAND})
            files = {"kind": (None, b"logo"), "file": ("a.svg", _drawing(), "image/svg+xml")}
            await send_counted(client, progress, "POST", f"{path}/app-media", files=files)
            await send_counted(client, progress, "POST", f"{path}/content", json={"format": "image"})
        progress.ready.set()
        await asyncio.Event().wait()


def _drawing() -> bytes:
    layer = b'<g opacity=".9"><rect width="9" height="9"/></g>'
    return b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">' + layer * LAYERS + b"</svg>"


async def note_drawings(deployment: Deployment, _: Mapping[str, int]) -> dict[str, Any]:
    """Return the outcomes of the jobs by attempt."""
    rows = await deployment.environment.pool.fetch(COUNT_OUTCOMES)
    return {"jobs": {f"{row['ended']} at attempt {row['attempt']}": row["count"] for row in rows}}


async def _prepare_ingests(deployment: Deployment, scale: Scale, attackers_count: int) -> AttackPlan:
    count = scale.many(INGESTS)
    attackers = await _create_attackers(deployment, attackers_count, projects=count)
    return AttackPlan(
        port=deployment.port,
        keys=[tenant.keys[0] for tenant in attackers],
        sites=deployment.sites[:count],
        owned=[tenant.projects for tenant in attackers],
    )


async def _create_attackers(deployment: Deployment, count: int, *, projects: int = 1) -> Sequence[Tenant]:
    return [
        await tenants.create(deployment.environment, tier="standard", projects=projects) for _ in range(count)
    ]


async def _ingest(
    plan: AttackPlan, progress: AttackProgress, reply: servers.Reply, options: dict[str, int]
) -> None:
    """Ingest a site into each project of each tenant, then let the jobs work."""
    async with contextlib.AsyncExitStack() as stack:
        for site in plan.sites:
            await stack.enter_async_context(servers.serve(site, reply))
        for key, projects in zip(plan.keys, plan.owned, strict=True):
            client = await stack.enter_async_context(open_client(plan, key))
            for project, site in zip(projects, plan.sites, strict=True):
                body = {"url": f"http://127.0.0.1:{site}/", **options}
                url = f"/v1/projects/{project}/ingest/website"
                await send_counted(client, progress, "POST", url, json=body)
        await asyncio.sleep(1)
        progress.ready.set()
        await asyncio.Event().wait()


async def _respond_with_tags(line: str) -> bytes:
    """Respond with a page that takes the longest to parse."""
    if "robots.txt" in line or "llms.txt" in line:
        return servers.respond_with_html(b"")
    return servers.respond_with_html(LINKS + b"<p>a" * ((PAGE_BYTES - len(LINKS)) // 4))


async def _never_respond(_: str) -> bytes:
    await asyncio.Event().wait()
    return b""


async def _hold_files(line: str) -> bytes:
    if "uploadBlob" in line:
        await asyncio.Event().wait()
    return await servers.respond_at_once(line)


ROWS = (
    AttackRow(
        "parsing", "20 ingests of 25 pages of 240 KB (`<p>a`) of one tenant", victim.ingests,
        prepare_parsing, attack_by_parsing, pools=("ingest",), sites=INGESTS,
    ),
    AttackRow(
        "publishing", "six posts each of two tenants to a server that holds their files", victim.posts,
        prepare_publishing, attack_by_publishing, pools=("publish",), sites=1,
    ),
    AttackRow(
        "slow-sites", "20 ingests of sites that never answer, of two tenants each", victim.ingests,
        prepare_slow_sites, attack_by_slow_sites, pools=("ingest",), sites=INGESTS,
    ),
    AttackRow(
        "drawings", "10 contents of one tenant with a logo over the renderer's CPU limit", victim.requests,
        prepare_drawings, attack_by_drawings, pools=("generate",), note=note_drawings,
    ),
)  # fmt: skip
