"""Publishing: two tenants' posts to a server that accepts a file and never responds."""

import asyncio
import contextlib

from tools.bench.neighbours import servers, tenants, victim
from tools.bench.neighbours.attacks.storage import picture
from tools.bench.neighbours.calls import open_client, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

TENANTS = 2
#: Posts of each tenant.
POSTS = 6


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    """Create the attackers; `owned` lists a tenant's project and accounts."""
    attackers = [await tenants.create(deployment.environment, tier="standard") for _ in range(TENANTS)]
    slow = [f"http://127.0.0.1:{deployment.sites[0]}"] * scale.many(POSTS)
    accounts = [await tenants.connect_accounts(deployment.environment, tenant, slow) for tenant in attackers]
    return Plan(
        port=deployment.port,
        keys=[tenant.keys[0] for tenant in attackers],
        sites=deployment.sites,
        owned=[[tenant.projects[0], *own] for tenant, own in zip(attackers, accounts, strict=True)],
    )


async def attack(plan: Plan, progress: AttackProgress) -> None:
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(servers.serve(plan.sites[0], _hold))
        for key, (project, *accounts) in zip(plan.keys, plan.owned, strict=True):
            client = await stack.enter_async_context(open_client(plan, key))
            files = {"file": ("a.png", picture(0), "image/png")}
            content = await client.post(f"/v1/projects/{project}/content/upload", files=files)
            body = {"targets": [{"socialAccountId": account} for account in accounts]}
            await send_counted(
                client, progress, "POST", f"/v1/content/{content.json()['id']}/publish", json=body
            )
        await asyncio.sleep(2)
        progress.ready.set()
        await asyncio.Event().wait()


async def _hold(line: str) -> bytes:
    if "uploadBlob" in line:
        await asyncio.Event().wait()
    return await servers.respond_at_once(line)


ROW = Row(
    "publishing", "six posts each of two tenants to a server that holds their files", victim.posts,
    prepare, attack, pools=("publish",), sites=1,
)  # fmt: skip
