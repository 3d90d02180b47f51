"""Large lists: fifty keys of one tenant, each at its request limit, read lists of the maximal size."""

import contextlib

import msgspec

from api.ratelimit import QUOTAS, Class
from bench.neighbours import tenants, victim
from bench.neighbours.calls import ask, caller, paced, uncounted
from bench.neighbours.deployment import Deployment
from bench.neighbours.row import Course, Plan, Row
from bench.neighbours.scale import Scale

#: Keys; projects on a page; bytes of metadata each; seconds until the budget's burst is used up.
KEYS, PROJECTS, METADATA, WARM_S = 50, 200, 8_000, 120

A_MINUTE = QUOTAS["standard"].minute[Class.READ_LIGHT]

FILL = "update project set metadata = $2::jsonb where organization_id = $1"


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    environment, keys = deployment.environment, scale.many(KEYS)
    attacker = await tenants.settle(environment, tier="standard", keys=keys, projects=PROJECTS)
    metadata = {"n": "x" * METADATA}
    assert len(msgspec.json.encode(metadata)) <= 8 * 1024
    await environment.pool.execute(FILL, attacker.org, metadata)
    return Plan(port=deployment.port, keys=attacker.keys, many={"warm_s": scale.many(WARM_S)})


async def attack(plan: Plan, course: Course) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(caller(plan, key)) for key in plan.keys]

        async def read(number: int) -> int:
            return await ask(clients[number], course, "GET", f"/v1/projects?limit={PROJECTS}")

        every_s, warm_s = 60 / A_MINUTE, plan.many["warm_s"]
        await paced(course, len(clients), every_s=every_s, warm_s=warm_s, once=read)


ROW = Row(
    "lists", "50 keys of one tenant read lists of 1.6 MB at their limit of 120 a minute", victim.requests,
    prepare, attack, note=uncounted,
)  # fmt: skip
