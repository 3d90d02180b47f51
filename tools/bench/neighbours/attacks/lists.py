"""Large lists: fifty keys of one tenant, each at its request limit, read lists of the maximal size."""

import contextlib

import msgspec

from api.limits.rate_limits import QUOTAS, RateClass
from tools.bench.neighbours import tenants, victim
from tools.bench.neighbours.calls import open_client, read_uncounted, run_paced, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

KEYS = 50
#: Projects on a page.
PROJECTS = 200
#: Metadata of each project.
METADATA_BYTES = 8_000
#: Time until the burst of the rate limit is used up.
WARM_S = 120

REQUESTS_A_MINUTE = QUOTAS["standard"].minute[RateClass.READ_LIGHT]

FILL = "update project set metadata = $2::jsonb where organization_id = $1"


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    environment, keys = deployment.environment, scale.many(KEYS)
    attacker = await tenants.create(environment, tier="standard", keys=keys, projects=PROJECTS)
    metadata = {"n": "x" * METADATA_BYTES}
    assert len(msgspec.json.encode(metadata)) <= 8 * 1024
    await environment.pool.execute(FILL, attacker.org, metadata)
    return Plan(port=deployment.port, keys=attacker.keys, many={"warm_s": scale.many(WARM_S)})


async def attack(plan: Plan, progress: AttackProgress) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(open_client(plan, key)) for key in plan.keys]

        async def read(number: int) -> int:
            return await send_counted(clients[number], progress, "GET", f"/v1/projects?limit={PROJECTS}")

        every_s, warm_s = 60 / REQUESTS_A_MINUTE, plan.many["warm_s"]
        await run_paced(progress, len(clients), every_s=every_s, warm_s=warm_s, once=read)


ROW = Row(
    "lists", "50 keys of one tenant read lists of 1.6 MB at their limit of 120 a minute", victim.requests,
    prepare, attack, note=read_uncounted,
)  # fmt: skip
