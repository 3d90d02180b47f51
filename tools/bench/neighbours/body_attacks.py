"""Attacks on the API by the content of request bodies."""

import asyncio
import itertools
from collections.abc import Mapping
from typing import Any

from api.limits.rate_limits import REQUEST_RATE_LIMITS_BY_TIER, RateClass
from tools.bench import tenants
from tools.bench.neighbours import victim
from tools.bench.neighbours.calls import (
    RATE_LIMIT_BURST_TIMEOUT_S,
    open_attacker_client,
    read_uncounted_request_count,
    run_callers_forever,
    run_paced_callers,
    send_counted_request,
)
from tools.bench.neighbours.deployment import AttackedDeployment
from tools.bench.neighbours.images import generate_costly_png, generate_plain_png
from tools.bench.neighbours.row import AttackPlan, AttackProgress, AttackRow
from tools.bench.neighbours.victim import AttackScale

#: Projects on a page, and keys that fill them: each may write sixty times a minute.
METADATA_PROJECTS, METADATA_KEYS = 200, 4
#: Concurrent reads of the list.
METADATA_LIST_READERS = 8
#: Nearly 8 KiB of JSON: 1,350 numbers that are short in JSON and long in storage, and the longest plain text.
SWELLING_METADATA: dict[str, Any] = {"n": [1e308] * 1_350}
PLAIN_METADATA: dict[str, Any] = {"n": "x" * 8_000}

#: The largest body that any route accepts.
LARGE_BODY_BYTES = 1_000_000
#: Pause between two requests: a key may write 60 times a minute.
LARGE_BODY_PAUSE_S = 1.0
#: Items of a list in `metadata`: each stresses another part of the body parser.
METADATA_LIST_ITEMS = (b"[]", b"1.5", b"1", b"{}")

PADDING_MIB, PADDED_UPLOADERS = 28, 6

MAX_KEY_WRITES_A_MINUTE = REQUEST_RATE_LIMITS_BY_TIER["standard"].minute[RateClass.WRITE_LIGHT]

#: The API's maximal side of an image, in pixels.
MAX_IMAGE_SIDE_PX = 8192
#: Concurrent uploads, so that a slow response delays no other upload.
CONCURRENT_UPLOADERS = 8


async def prepare_project_metadata_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackPlan:
    """Create the attacking tenant and return its plan; `owned` lists the projects that each key fills."""
    attacker = await tenants.create_bench_tenant(
        deployment.environment, tier="standard", keys=METADATA_KEYS, projects=METADATA_PROJECTS
    )
    share = scale.scale_count(METADATA_PROJECTS) // METADATA_KEYS
    owned = [attacker.projects[number * share : (number + 1) * share] for number in range(METADATA_KEYS)]
    many = {"readers": scale.scale_count(METADATA_LIST_READERS)}
    return AttackPlan(port=deployment.port, keys=attacker.keys, owned=owned, many=many)


async def attack_by_project_metadata(plan: AttackPlan, progress: AttackProgress) -> None:
    """Fill the metadata of the attacker's projects with costly JSON, then read their list forever."""
    async with asyncio.TaskGroup() as group:
        for key, projects in zip(plan.keys, plan.owned, strict=True):
            group.create_task(_fill_project_metadata(plan, progress, key, projects))

    async with open_attacker_client(plan, plan.keys[0]) as client:

        async def read() -> None:
            await send_counted_request(client, progress, "GET", f"/v1/projects?limit={METADATA_PROJECTS}")

        await run_callers_forever(progress, plan.many["readers"], read)


async def _fill_project_metadata(plan: AttackPlan, progress: AttackProgress, key: str, projects: list[str]) -> None:
    async with open_attacker_client(plan, key) as client:
        metadata = SWELLING_METADATA
        for project in projects:
            url = f"/v1/projects/{project}"
            if await send_counted_request(client, progress, "PATCH", url, json={"metadata": metadata}) == 422:
                metadata = PLAIN_METADATA
                await send_counted_request(client, progress, "PATCH", url, json={"metadata": metadata})


async def prepare_large_body_attack(deployment: AttackedDeployment, _: AttackScale) -> AttackPlan:
    attacker = await tenants.create_bench_tenant(deployment.environment, tier="standard")
    return AttackPlan(port=deployment.port, keys=attacker.keys, owned=[attacker.projects])


async def attack_by_large_bodies(plan: AttackPlan, progress: AttackProgress) -> None:
    """Send large bodies in turn, forever: three of four to a project, one of four to the webhook endpoints.

    A project accepts 1 MiB.
    """
    [[project]], [key] = plan.owned, plan.keys
    sent = [("PATCH", f"/v1/projects/{project}", _build_large_body(item)) for item in METADATA_LIST_ITEMS]
    fields = b'"url":"https://a.example/","events":["*"],'
    sent[-1] = ("POST", "/v1/webhook-endpoints", _build_large_body(METADATA_LIST_ITEMS[0], fields))
    progress.ready.set()
    async with open_attacker_client(plan, key) as client:
        for method, url, body in itertools.cycle(sent):
            headers = {"Content-Type": "application/json"}
            await send_counted_request(client, progress, method, url, content=body, headers=headers)
            await asyncio.sleep(LARGE_BODY_PAUSE_S)


def _build_large_body(item: bytes, fields: bytes = b"") -> bytes:
    items = b",".join([item] * (LARGE_BODY_BYTES // (len(item) + 1) - 20))
    return b'{%b"metadata":{"a":[%b]}}' % (fields, items)


async def prepare_padded_image_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackPlan:
    attacker = await tenants.create_bench_tenant(deployment.environment, tier="standard")
    many = {"mib": scale.scale_count(PADDING_MIB), "uploaders": scale.scale_count(PADDED_UPLOADERS)}
    return AttackPlan(port=deployment.port, keys=attacker.keys, owned=[attacker.projects], many=many)


async def attack_by_padded_images(plan: AttackPlan, progress: AttackProgress) -> None:
    """Upload images of 4 x 4 pixels, each followed by MiBs of meaningless bytes, forever."""
    files = {"file": ("a.png", generate_plain_png() + bytes(plan.many["mib"] << 20), "image/png")}
    url = f"/v1/projects/{plan.owned[0][0]}/content/upload"
    async with open_attacker_client(plan, plan.keys[0]) as client:

        async def upload() -> None:
            await send_counted_request(client, progress, "POST", url, files=files)

        await run_callers_forever(progress, plan.many["uploaders"], upload)


async def measure_stored_media_mib(deployment: AttackedDeployment, _: Mapping[str, int]) -> dict[str, Any]:
    media = deployment.environment.folder / "media"
    stored = sum(path.stat().st_size for path in media.rglob("*") if path.is_file())
    return {"stored_mib": round(stored / (1 << 20), 1)}


async def prepare_costly_image_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackPlan:
    attacker = await tenants.create_bench_tenant(deployment.environment, tier="standard")
    many = {"side": scale.scale_count(MAX_IMAGE_SIDE_PX), "warm_s": scale.scale_count(RATE_LIMIT_BURST_TIMEOUT_S)}
    return AttackPlan(port=deployment.port, keys=attacker.keys, owned=[attacker.projects], many=many)


async def attack_by_costly_images(plan: AttackPlan, progress: AttackProgress) -> None:
    content = generate_costly_png(plan.many["side"])
    url = f"/v1/projects/{plan.owned[0][0]}/content/upload"
    async with open_attacker_client(plan, plan.keys[0]) as client:

        async def upload(_: int) -> int:
            return await send_counted_request(
                client, progress, "POST", url, files={"file": ("a.png", content, "image/png")}
            )

        every_s = CONCURRENT_UPLOADERS * 60 / MAX_KEY_WRITES_A_MINUTE
        await run_paced_callers(
            progress, CONCURRENT_UPLOADERS, every_s=every_s, warm_s=plan.many["warm_s"], once=upload
        )


BODY_ATTACK_ROWS = (
    AttackRow(
        "metadata", "lists of 200 projects full of `1e308`, eight at once", victim.create_victim_request_action,
        prepare_project_metadata_attack, attack_by_project_metadata,
    ),
    AttackRow(
        "bodies", "one refused body of 1 MB a second", victim.create_victim_request_action,
        prepare_large_body_attack, attack_by_large_bodies,
    ),
    AttackRow(
        "storage", "uploads of an image of 4 x 4 pixels with 28 MiB of padding", victim.create_victim_request_action,
        prepare_padded_image_attack, attack_by_padded_images, note=measure_stored_media_mib,
    ),
    AttackRow(
        "uploads", "one key uploads the costliest image at its limit of 60 a minute",
        victim.create_victim_request_action,
        prepare_costly_image_attack, attack_by_costly_images, note=read_uncounted_request_count,
    ),
)  # fmt: skip
