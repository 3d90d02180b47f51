"""Rate limits: bursts that slow the API down; even so, no more requests than the limit may pass."""

import asyncio
from collections.abc import Mapping
from typing import Any

from api.limits.rate_limits import QUOTAS, RateClass
from tools.bench.neighbours import tenants, victim
from tools.bench.neighbours.calls import open_client, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

#: Concurrent requests.
BURST = 400
#: Projects in the list of each response.
PROJECTS = 100

ALLOWED = QUOTAS["standard"].minute[RateClass.READ_LIGHT]


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.create(deployment.environment, tier="standard", projects=PROJECTS)
    return Plan(port=deployment.port, keys=attacker.keys, many={"burst": scale.many(BURST)})


async def attack(plan: Plan, progress: AttackProgress) -> None:
    """Send one burst after the other, all within the limit's minute."""
    async with open_client(plan, plan.keys[0]) as client:
        progress.ready.set()
        while True:
            burst = (
                send_counted(client, progress, "GET", "/v1/projects?limit=100")
                for _ in range(plan.many["burst"])
            )
            await asyncio.gather(*burst)
            await asyncio.sleep(0.5)


async def note(_: Deployment, counts: Mapping[str, int]) -> dict[str, Any]:
    return {"passed": counts.get("200", 0), "allowed": ALLOWED}


ROW = Row(
    "rate-limits", "bursts of 400 reads with a key that may send 120 a minute", victim.requests,
    prepare, attack, note=note,
)  # fmt: skip
