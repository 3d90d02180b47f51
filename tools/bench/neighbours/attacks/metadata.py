"""Metadata: numbers that are short in JSON and long in storage, in lists of the maximal length."""

import asyncio
from typing import Any

from tools.bench.neighbours import tenants, victim
from tools.bench.neighbours.calls import open_client, run_closed_loop, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

#: Projects on a page.
PROJECTS = 200
#: Keys that fill the projects: each may write sixty times a minute.
KEYS = 4
#: Concurrent reads of the list.
READERS = 8

#: Nearly 8 KiB of JSON: 1,350 numbers, and the longest plain text.
SWELLING: dict[str, Any] = {"n": [1e308] * 1_350}
PLAIN: dict[str, Any] = {"n": "x" * 8_000}


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.create(deployment.environment, tier="standard", keys=KEYS, projects=PROJECTS)
    share = scale.many(PROJECTS) // KEYS
    many = {"readers": scale.many(READERS)}
    owned = [attacker.projects[number * share : (number + 1) * share] for number in range(KEYS)]
    return Plan(port=deployment.port, keys=attacker.keys, owned=owned, many=many)


async def attack(plan: Plan, progress: AttackProgress) -> None:
    """Grow the metadata while lists are read."""
    async with asyncio.TaskGroup() as group:
        for key, projects in zip(plan.keys, plan.owned, strict=True):
            group.create_task(_fill_metadata(plan, progress, key, projects))

    async with open_client(plan, plan.keys[0]) as client:

        async def read() -> None:
            await send_counted(client, progress, "GET", "/v1/projects?limit=200")

        await run_closed_loop(progress, plan.many["readers"], read)


async def _fill_metadata(plan: Plan, progress: AttackProgress, key: str, projects: list[str]) -> None:
    async with open_client(plan, key) as client:
        metadata = SWELLING
        for project in projects:
            url = f"/v1/projects/{project}"
            if await send_counted(client, progress, "PATCH", url, json={"metadata": metadata}) == 422:
                metadata = PLAIN
                await send_counted(client, progress, "PATCH", url, json={"metadata": metadata})


ROW = Row(
    "metadata", "lists of 200 projects full of `1e308`, eight at once", victim.requests, prepare, attack
)
