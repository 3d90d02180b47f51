"""Uploads: one key at its request limit sends the image with the highest CPU cost of inspection."""

import zlib

from api.limits.rate_limits import QUOTAS, RateClass
from tools.bench.neighbours import tenants, victim
from tools.bench.neighbours.attacks.storage import png
from tools.bench.neighbours.calls import open_client, read_uncounted, run_paced, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

#: The API's maximum.
SIDE_PX = 8192
#: Time until the burst of the rate limit is used up at the latest.
WARM_S = 120

#: Concurrent uploads, so that a slow response delays no other upload.
UPLOADERS = 8

REQUESTS_A_MINUTE = QUOTAS["standard"].minute[RateClass.WRITE_LIGHT]


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.create(deployment.environment, tier="standard")
    many = {"side": scale.many(SIDE_PX), "warm_s": scale.many(WARM_S)}
    return Plan(port=deployment.port, keys=attacker.keys, owned=[attacker.projects], many=many)


async def attack(plan: Plan, progress: AttackProgress) -> None:
    content = picture(plan.many["side"])
    url = f"/v1/projects/{plan.owned[0][0]}/content/upload"
    async with open_client(plan, plan.keys[0]) as client:

        async def upload(_: int) -> int:
            return await send_counted(
                client, progress, "POST", url, files={"file": ("a.png", content, "image/png")}
            )

        every_s = UPLOADERS * 60 / REQUESTS_A_MINUTE
        await run_paced(progress, UPLOADERS, every_s=every_s, warm_s=plan.many["warm_s"], once=upload)


def picture(side: int) -> bytes:
    """Return a square PNG of `side` pixels, in color with alpha, with Paeth filters on all lines."""
    packer = zlib.compressobj(1)
    line = b"\4" + bytes(range(256)) * (side * 4 // 256 + 1)
    pixels = b"".join([*(packer.compress(line[: 1 + side * 4]) for _ in range(side)), packer.flush()])
    return png(side, side, color=6, pixels=pixels)


ROW = Row(
    "uploads", "one key uploads the costliest image at its limit of 60 a minute", victim.requests,
    prepare, attack, note=read_uncounted,
)  # fmt: skip
