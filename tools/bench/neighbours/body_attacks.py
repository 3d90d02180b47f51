"""Attacks on the API by the content of request bodies."""

from api.limits.rate_limits import QUOTAS, RateClass
from tools.bench import tenants
from tools.bench.neighbours import victim
from tools.bench.neighbours.calls import WARM_S, open_client, read_uncounted, run_paced, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.images import costly_png
from tools.bench.neighbours.row import AttackPlan, AttackProgress, AttackRow
from tools.bench.neighbours.victim import Scale

WRITES_A_MINUTE = QUOTAS["standard"].minute[RateClass.WRITE_LIGHT]

#: The API's maximal side of an image, in pixels.
SIDE_PX = 8192
#: Concurrent uploads, so that a slow response delays no other upload.
UPLOADERS = 8


async def prepare_uploads(deployment: Deployment, scale: Scale) -> AttackPlan:
    attacker = await tenants.create(deployment.environment, tier="standard")
    many = {"side": scale.many(SIDE_PX), "warm_s": scale.many(WARM_S)}
    return AttackPlan(port=deployment.port, keys=attacker.keys, owned=[attacker.projects], many=many)


async def attack_by_uploads(plan: AttackPlan, progress: AttackProgress) -> None:
    content = costly_png(plan.many["side"])
    url = f"/v1/projects/{plan.owned[0][0]}/content/upload"
    async with open_client(plan, plan.keys[0]) as client:

        async def upload(_: int) -> int:
            return await send_counted(
                client, progress, "POST", url, files={"file": ("a.png", content, "image/png")}
            )

        every_s = UPLOADERS * 60 / WRITES_A_MINUTE
        await run_paced(progress, UPLOADERS, every_s=every_s, warm_s=plan.many["warm_s"], once=upload)


ROWS = (
    AttackRow(
        "uploads", "one key uploads the costliest image at its limit of 60 a minute", victim.requests,
        prepare_uploads, attack_by_uploads, note=read_uncounted,
    ),
)  # fmt: skip
