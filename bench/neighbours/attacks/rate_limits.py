"""Rate limits: bursts that slow the API down; even so, no more requests than the limit may pass."""

import asyncio
from collections.abc import Mapping
from typing import Any

from api.ratelimit import QUOTAS, Class
from bench.neighbours import tenants, victim
from bench.neighbours.calls import ask, caller
from bench.neighbours.deployment import Deployment
from bench.neighbours.row import Course, Plan, Row
from bench.neighbours.scale import Scale

#: Concurrent requests, each answered with a list of so many projects.
BURST, PROJECTS = 400, 100

ALLOWED = QUOTAS["standard"].minute[Class.READ_LIGHT]


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.settle(deployment.environment, tier="standard", projects=PROJECTS)
    return Plan(port=deployment.port, keys=attacker.keys, many={"burst": scale.many(BURST)})


async def attack(plan: Plan, course: Course) -> None:
    """Send one burst after the other, all within the limit's minute."""
    async with caller(plan, plan.keys[0]) as client:
        course.ready.set()
        while True:
            burst = (ask(client, course, "GET", "/v1/projects?limit=100") for _ in range(plan.many["burst"]))
            await asyncio.gather(*burst)
            await asyncio.sleep(0.5)


async def note(_: Deployment, counted: Mapping[str, int]) -> dict[str, Any]:
    return {"passed": counted.get("200", 0), "allowed": ALLOWED}


ROW = Row(
    "rate-limits", "bursts of 400 reads with a key that may send 120 a minute", victim.requests,
    prepare, attack, note=note,
)  # fmt: skip
