"""Attacks on workers: jobs whose sites, servers and drawings take all the time that they may."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from tools.bench import tenants
from tools.bench.neighbours import servers, victim
from tools.bench.neighbours.calls import open_attacker_client, send_attack_request_and_count_status
from tools.bench.neighbours.deployment import AttackedDeployment
from tools.bench.neighbours.images import generate_plain_png
from tools.bench.neighbours.row import AttackCountsAndProgress, AttackDefinition, AttackProcessInput
from tools.bench.neighbours.victim import AttackScale
from tools.bench.tenants import BenchTenant

#: Ingests of each tenant, and the pages of each.
INGESTS_PER_ATTACKING_TENANT, PAGES_PER_ATTACK_INGEST = 20, 25
COSTLY_PAGE_BYTES = 240_000
#: Tenants that attack together, where two do.
ATTACKING_TENANT_COUNT = 2
#: Posts of each tenant.
POSTS_AN_ATTACKING_TENANT = 6

#: Contents of a tenant: as many as its request limits allow in a minute.
CONTENTS_AN_ATTACKING_TENANT = 10
#: Canvas-sized layers: the cost check passes them, and the CPU limit of the kernel ends the rendering.
COSTLY_SVG_LAYER_COUNT = 3_300

ATTACK_BRAND_CONTEXT = {
    "appName": "Tideline",
    "tagline": "Know the tide before you go",
    "appDescription": "See high and low water for each day.",
}

COUNT_DRAWING_OUTCOMES = """
select coalesce(error->>'code', state) as ended, attempt, count(*)
  from job
 where kind = 'content_generate'
 group by ended, attempt
 order by ended, attempt"""

ATTACK_PAGE_LINKS = b"".join(b'<a href="/about/%d">About us</a>' % number for number in range(PAGES_PER_ATTACK_INGEST))


async def prepare_costly_page_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    return await _create_ingest_attack_plan(deployment, scale, 1)


async def prepare_slow_site_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    return await _create_ingest_attack_plan(deployment, scale, ATTACKING_TENANT_COUNT)


async def attack_by_costly_pages(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    await _ingest_attack_sites(
        plan, progress, _respond_with_costly_page, {"followLinks": True, "maxPages": PAGES_PER_ATTACK_INGEST}
    )


async def attack_by_slow_sites(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    await _ingest_attack_sites(plan, progress, _never_respond, {})


async def prepare_stalled_publishing_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    """Create the attacking tenants and return their plan; `owned` lists each one's project and accounts."""
    attackers = await _create_attackers(deployment, ATTACKING_TENANT_COUNT)
    slow = [f"http://127.0.0.1:{deployment.sites[0]}"] * scale.scale_count(POSTS_AN_ATTACKING_TENANT)
    accounts = [
        await tenants.store_bluesky_bench_accounts(deployment.environment, tenant, slow) for tenant in attackers
    ]
    return AttackProcessInput(
        port=deployment.port,
        keys=[tenant.keys[0] for tenant in attackers],
        sites=deployment.sites,
        owned=[[tenant.projects[0], *own] for tenant, own in zip(attackers, accounts, strict=True)],
    )


async def attack_by_stalled_publishing(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(
            servers.serve_reserved_port(plan.sites[0], _respond_like_bluesky_but_hang_uploads)
        )
        for key, (project, *accounts) in zip(plan.keys, plan.owned, strict=True):
            client = await stack.enter_async_context(open_attacker_client(plan, key))
            files = {"file": ("a.png", generate_plain_png(), "image/png")}
            content = await client.post(f"/v1/projects/{project}/content/upload", files=files)
            body = {"targets": [{"socialAccountId": account} for account in accounts]}
            url = f"/v1/content/{content.json()['id']}/publish"
            await send_attack_request_and_count_status(client, progress, "POST", url, json=body)
        await asyncio.sleep(2)
        progress.ready.set()
        await asyncio.Event().wait()


async def prepare_costly_drawing_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    [attacker] = await _create_attackers(deployment, 1, projects=scale.scale_count(CONTENTS_AN_ATTACKING_TENANT))
    return AttackProcessInput(port=deployment.port, keys=attacker.keys, owned=[attacker.projects])


async def attack_by_costly_drawings(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    """Start a content job in each project of the attacker, with a logo of the maximal rendering cost."""
    async with open_attacker_client(plan, plan.keys[0]) as client:
        for project in plan.owned[0]:
            path = f"/v1/projects/{project}"
            await send_attack_request_and_count_status(
                client, progress, "PATCH", path, json={"brandContext": ATTACK_BRAND_CONTEXT}
            )
            files = {"kind": (None, b"logo"), "file": ("a.svg", _build_costly_svg(), "image/svg+xml")}
            await send_attack_request_and_count_status(client, progress, "POST", f"{path}/app-media", files=files)
            await send_attack_request_and_count_status(
                client, progress, "POST", f"{path}/content", json={"format": "image"}
            )
        progress.ready.set()
        await asyncio.Event().wait()


def _build_costly_svg() -> bytes:
    layer = b'<g opacity=".9"><rect width="9" height="9"/></g>'
    return b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">' + layer * COSTLY_SVG_LAYER_COUNT + b"</svg>"


async def count_attack_job_outcomes(deployment: AttackedDeployment, _: Mapping[str, int]) -> dict[str, Any]:
    """Return the number of content jobs by outcome and attempt, after the attack by drawings."""
    rows = await deployment.environment.pool.fetch(COUNT_DRAWING_OUTCOMES)
    return {"jobs": {f"{row['ended']} at attempt {row['attempt']}": row["count"] for row in rows}}


async def _create_ingest_attack_plan(
    deployment: AttackedDeployment, scale: AttackScale, attackers_count: int
) -> AttackProcessInput:
    count = scale.scale_count(INGESTS_PER_ATTACKING_TENANT)
    attackers = await _create_attackers(deployment, attackers_count, projects=count)
    return AttackProcessInput(
        port=deployment.port,
        keys=[tenant.keys[0] for tenant in attackers],
        sites=deployment.sites[:count],
        owned=[tenant.projects for tenant in attackers],
    )


async def _create_attackers(deployment: AttackedDeployment, count: int, *, projects: int = 1) -> Sequence[BenchTenant]:
    return [
        await tenants.create_bench_tenant(deployment.environment, tier="standard", projects=projects)
        for _ in range(count)
    ]


async def _ingest_attack_sites(
    plan: AttackProcessInput, progress: AttackCountsAndProgress, reply: servers.RequestReply, options: dict[str, int]
) -> None:
    """Serve the sites until the attack is canceled, and ingest one into each project of each tenant."""
    async with contextlib.AsyncExitStack() as stack:
        for site in plan.sites:
            await stack.enter_async_context(servers.serve_reserved_port(site, reply))
        for key, projects in zip(plan.keys, plan.owned, strict=True):
            client = await stack.enter_async_context(open_attacker_client(plan, key))
            for project, site in zip(projects, plan.sites, strict=True):
                body = {"url": f"http://127.0.0.1:{site}/", **options}
                url = f"/v1/projects/{project}/ingest/website"
                await send_attack_request_and_count_status(client, progress, "POST", url, json=body)
        await asyncio.sleep(1)
        progress.ready.set()
        await asyncio.Event().wait()


async def _respond_with_costly_page(line: str) -> bytes:
    """Respond with a page that takes the longest to parse."""
    if "robots.txt" in line or "llms.txt" in line:
        return servers.build_bench_html_response(b"")
    return servers.build_bench_html_response(
        ATTACK_PAGE_LINKS + b"<p>a" * ((COSTLY_PAGE_BYTES - len(ATTACK_PAGE_LINKS)) // 4)
    )


async def _never_respond(_: str) -> bytes:
    await asyncio.Event().wait()
    return b""


async def _respond_like_bluesky_but_hang_uploads(line: str) -> bytes:
    if "uploadBlob" in line:
        await asyncio.Event().wait()
    return await servers.respond_like_site_or_bluesky(line)


ATTACKS_ON_WORKERS = (
    AttackDefinition(
        "parsing", "20 ingests of 25 pages of 240 KB (`<p>a`) of one tenant", victim.create_victim_ingest_action,
        prepare_costly_page_attack, attack_by_costly_pages, pools=("ingest",), sites=INGESTS_PER_ATTACKING_TENANT,
    ),
    AttackDefinition(
        "publishing", "six posts each of two tenants to a server that holds their files",
        victim.create_victim_publish_action,
        prepare_stalled_publishing_attack, attack_by_stalled_publishing, pools=("publish",), sites=1,
    ),
    AttackDefinition(
        "slow-sites", "20 ingests of sites that never answer, of two tenants each",
        victim.create_victim_ingest_action,
        prepare_slow_site_attack, attack_by_slow_sites, pools=("ingest",), sites=INGESTS_PER_ATTACKING_TENANT,
    ),
    AttackDefinition(
        "drawings", "10 contents of one tenant with a logo over the renderer's CPU limit",
        victim.create_victim_request_action,
        prepare_costly_drawing_attack, attack_by_costly_drawings, pools=("generate",), note=count_attack_job_outcomes,
    ),
)  # fmt: skip
