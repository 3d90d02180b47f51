"""Uploads: one key at its request limit sends the image with the highest CPU cost of inspection."""

import zlib

from api.ratelimit import QUOTAS, Class
from bench.neighbours import tenants, victim
from bench.neighbours.attacks.storage import png
from bench.neighbours.calls import ask, caller, paced, uncounted
from bench.neighbours.deployment import Deployment
from bench.neighbours.row import Course, Plan, Row
from bench.neighbours.scale import Scale

#: Pixels on a side: the API's maximum. Seconds until the budget's burst is used up at the latest.
SIDE, WARM_S = 8192, 120

#: Concurrent uploads, so that a slow response delays no other upload.
UPLOADERS = 8

A_MINUTE = QUOTAS["standard"].minute[Class.WRITE_LIGHT]


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.settle(deployment.environment, tier="standard")
    many = {"side": scale.many(SIDE), "warm_s": scale.many(WARM_S)}
    return Plan(port=deployment.port, keys=attacker.keys, owned=[attacker.projects], many=many)


async def attack(plan: Plan, course: Course) -> None:
    content = picture(plan.many["side"])
    url = f"/v1/projects/{plan.owned[0][0]}/content/upload"
    async with caller(plan, plan.keys[0]) as client:

        async def upload(_: int) -> int:
            return await ask(client, course, "POST", url, files={"file": ("a.png", content, "image/png")})

        every_s = UPLOADERS * 60 / A_MINUTE
        await paced(course, UPLOADERS, every_s=every_s, warm_s=plan.many["warm_s"], once=upload)


def picture(side: int) -> bytes:
    """Return a square PNG of `side` pixels, in color with alpha, with Paeth filters on all lines."""
    packer = zlib.compressobj(1)
    line = b"\4" + bytes(range(256)) * (side * 4 // 256 + 1)
    pixels = b"".join([*(packer.compress(line[: 1 + side * 4]) for _ in range(side)), packer.flush()])
    return png(side, side, color=6, pixels=pixels)


ROW = Row(
    "uploads", "one key uploads the costliest image at its limit of 60 a minute", victim.requests,
    prepare, attack, note=uncounted,
)  # fmt: skip
