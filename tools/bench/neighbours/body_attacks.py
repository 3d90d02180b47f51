"""Attacks on the API by the content of request bodies."""

import asyncio
import itertools
from collections.abc import Mapping
from typing import Any

from api.limits.rate_limits import QUOTAS, RateClass
from tools.bench import tenants
from tools.bench.neighbours import victim
from tools.bench.neighbours.calls import (
    WARM_S,
    open_client,
    read_uncounted,
    run_closed_loop,
    run_paced,
    send_counted,
)
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.images import costly_png, png_of_color
from tools.bench.neighbours.row import AttackPlan, AttackProgress, AttackRow
from tools.bench.neighbours.victim import Scale

#: Projects on a page, and keys that fill them: each may write sixty times a minute.
METADATA_PROJECTS, METADATA_KEYS = 200, 4
#: Concurrent reads of the list.
METADATA_READERS = 8
#: Nearly 8 KiB of JSON: 1,350 numbers that are short in JSON and long in storage, and the longest plain text.
SWELLING: dict[str, Any] = {"n": [1e308] * 1_350}
PLAIN: dict[str, Any] = {"n": "x" * 8_000}

#: The largest body that any route accepts.
BODY_BYTES = 1_000_000
#: Pause between two requests: a key may write 60 times a minute.
BODY_PAUSE_S = 1.0
#: Items of a list in `metadata`: each stresses another part of the body parser.
ITEMS = (b"[]", b"1.5", b"1", b"{}")

PADDING_MIB, PADDED_UPLOADERS = 28, 6

WRITES_A_MINUTE = QUOTAS["standard"].minute[RateClass.WRITE_LIGHT]

#: The API's maximal side of an image, in pixels.
SIDE_PX = 8192
#: Concurrent uploads, so that a slow response delays no other upload.
UPLOADERS = 8


async def prepare_metadata(deployment: Deployment, scale: Scale) -> AttackPlan:
    """Create the attacker; `owned` lists the projects that each key fills."""
    attacker = await tenants.create(
        deployment.environment, tier="standard", keys=METADATA_KEYS, projects=METADATA_PROJECTS
    )
    share = scale.many(METADATA_PROJECTS) // METADATA_KEYS
    owned = [attacker.projects[number * share : (number + 1) * share] for number in range(METADATA_KEYS)]
    many = {"readers": scale.many(METADATA_READERS)}
    return AttackPlan(port=deployment.port, keys=attacker.keys, owned=owned, many=many)


async def attack_by_metadata(plan: AttackPlan, progress: AttackProgress) -> None:
    """Fill the metadata of the projects, then read their list."""
    async with asyncio.TaskGroup() as group:
        for key, projects in zip(plan.keys, plan.owned, strict=True):
            group.create_task(_fill_metadata(plan, progress, key, projects))

    async with open_client(plan, plan.keys[0]) as client:

        async def read() -> None:
            await send_counted(client, progress, "GET", f"/v1/projects?limit={METADATA_PROJECTS}")

        await run_closed_loop(progress, plan.many["readers"], read)


async def _fill_metadata(plan: AttackPlan, progress: AttackProgress, key: str, projects: list[str]) -> None:
    async with open_client(plan, key) as client:
        metadata = SWELLING
        for project in projects:
            url = f"/v1/projects/{project}"
            if await send_counted(client, progress, "PATCH", url, json={"metadata": metadata}) == 422:
                metadata = PLAIN
                await send_counted(client, progress, "PATCH", url, json={"metadata": metadata})


async def prepare_bodies(deployment: Deployment, _: Scale) -> AttackPlan:
    attacker = await tenants.create(deployment.environment, tier="standard")
    return AttackPlan(port=deployment.port, keys=attacker.keys, owned=[attacker.projects])


async def attack_by_bodies(plan: AttackPlan, progress: AttackProgress) -> None:
    """Send three of four bodies to a project, which accepts 1 MiB, and one to the webhook endpoints."""
    [[project]], [key] = plan.owned, plan.keys
    sent = [("PATCH", f"/v1/projects/{project}", _body(item)) for item in ITEMS]
    fields = b'"url":"https://a.example/","events":["*"],'
    sent[-1] = ("POST", "/v1/webhook-endpoints", _body(ITEMS[0], fields))
    progress.ready.set()
    async with open_client(plan, key) as client:
        for method, url, body in itertools.cycle(sent):
            headers = {"Content-Type": "application/json"}
            await send_counted(client, progress, method, url, content=body, headers=headers)
            await asyncio.sleep(BODY_PAUSE_S)


def _body(item: bytes, fields: bytes = b"") -> bytes:
    items = b",".join([item] * (BODY_BYTES // (len(item) + 1) - 20))
    return b'{%b"metadata":{"a":[%b]}}' % (fields, items)


async def prepare_storage(deployment: Deployment, scale: Scale) -> AttackPlan:
    attacker = await tenants.create(deployment.environment, tier="standard")
    many = {"mib": scale.many(PADDING_MIB), "uploaders": scale.many(PADDED_UPLOADERS)}
    return AttackPlan(port=deployment.port, keys=attacker.keys, owned=[attacker.projects], many=many)


async def attack_by_storage(plan: AttackPlan, progress: AttackProgress) -> None:
    """Upload an image of 4 x 4 pixels, followed by meaningless bytes."""
    files = {"file": ("a.png", png_of_color() + bytes(plan.many["mib"] << 20), "image/png")}
    url = f"/v1/projects/{plan.owned[0][0]}/content/upload"
    async with open_client(plan, plan.keys[0]) as client:

        async def upload() -> None:
            await send_counted(client, progress, "POST", url, files=files)

        await run_closed_loop(progress, plan.many["uploaders"], upload)


async def note_storage(deployment: Deployment, _: Mapping[str, int]) -> dict[str, Any]:
    media = deployment.environment.folder / "media"
    stored = sum(path.stat().st_size for path in media.rglob("*") if path.is_file())
    return {"stored_mib": round(stored / (1 << 20), 1)}


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
        "metadata", "lists of 200 projects full of `1e308`, eight at once", victim.requests,
        prepare_metadata, attack_by_metadata,
    ),
    AttackRow(
        "bodies", "one refused body of 1 MB a second", victim.requests,
        prepare_bodies, attack_by_bodies,
    ),
    AttackRow(
        "storage", "uploads of an image of 4 x 4 pixels with 28 MiB of padding", victim.requests,
        prepare_storage, attack_by_storage, note=note_storage,
    ),
    AttackRow(
        "uploads", "one key uploads the costliest image at its limit of 60 a minute", victim.requests,
        prepare_uploads, attack_by_uploads, note=read_uncounted,
    ),
)  # fmt: skip
