"""Attacks on the API by the content of request bodies."""

import asyncio
import itertools
from collections.abc import Mapping
from typing import Any

from api.limits.rate_limits import REQUEST_RATE_LIMITS_BY_TIER, RateClass
from tools.bench import tenants
from tools.bench.neighbours import victim
from tools.bench.neighbours.calls import (
    MAX_WAIT_FOR_FIRST_RATE_REFUSAL_S,
    open_attacker_client,
    read_uncounted_request_count,
    run_callers_forever,
    run_paced_callers,
    send_attack_request_and_count_status,
)
from tools.bench.neighbours.deployment import AttackedDeployment
from tools.bench.neighbours.images import generate_costly_png, generate_plain_png
from tools.bench.neighbours.row import AttackCountsAndProgress, AttackDefinition, AttackProcessInput
from tools.bench.neighbours.victim import AttackScale

#: Projects on a page, and keys that fill them: each may write sixty times a minute.
METADATA_ATTACK_PROJECT_COUNT, METADATA_ATTACK_KEY_COUNT = 200, 4
#: Concurrent reads of the list.
METADATA_ATTACK_READER_COUNT = 8
#: Nearly 8 KiB of JSON: 1,350 numbers that are short in JSON and long in storage, and the longest plain text.
ATTACK_METADATA_LARGER_WHEN_STORED: dict[str, Any] = {"n": [1e308] * 1_350}
ATTACK_PLAIN_TEXT_METADATA: dict[str, Any] = {"n": "x" * 8_000}

#: The largest body that any route accepts.
ATTACK_BODY_BYTES = 1_000_000
#: Pause between two requests: a key may write 60 times a minute.
PAUSE_BETWEEN_LARGE_BODY_REQUESTS_S = 1.0
#: Items of a list in `metadata`: each stresses another part of the body parser.
LARGE_BODY_JSON_ITEM_VARIANTS = (b"[]", b"1.5", b"1", b"{}")

UPLOAD_PADDING_MIB, PADDED_IMAGE_UPLOADER_COUNT = 28, 6

MAX_WRITE_REQUESTS_A_MINUTE_OF_API_KEY = REQUEST_RATE_LIMITS_BY_TIER["standard"].minute[RateClass.WRITE_LIGHT]

#: The API's maximal side of an image, in pixels.
MAX_IMAGE_SIDE_PX = 8192
#: Concurrent uploads, so that a slow response delays no other upload.
COSTLY_UPLOADER_COUNT = 8


async def prepare_project_metadata_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    """Create the attacking tenant and return its plan; `owned` lists the projects that each key fills."""
    attacker = await tenants.create_bench_tenant(
        deployment.environment, tier="standard", keys=METADATA_ATTACK_KEY_COUNT, projects=METADATA_ATTACK_PROJECT_COUNT
    )
    share = scale.scale_count(METADATA_ATTACK_PROJECT_COUNT) // METADATA_ATTACK_KEY_COUNT
    owned = [attacker.projects[number * share : (number + 1) * share] for number in range(METADATA_ATTACK_KEY_COUNT)]
    many = {"readers": scale.scale_count(METADATA_ATTACK_READER_COUNT)}
    return AttackProcessInput(port=deployment.port, keys=attacker.keys, owned=owned, many=many)


async def attack_by_filling_and_listing_metadata(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    """Fill the metadata of the attacker's projects with costly JSON, then read their list forever."""
    async with asyncio.TaskGroup() as group:
        for key, projects in zip(plan.keys, plan.owned, strict=True):
            group.create_task(_fill_attacker_metadata(plan, progress, key, projects))

    async with open_attacker_client(plan, plan.keys[0]) as client:

        async def read() -> None:
            await send_attack_request_and_count_status(
                client, progress, "GET", f"/v1/projects?limit={METADATA_ATTACK_PROJECT_COUNT}"
            )

        await run_callers_forever(progress, plan.many["readers"], read)


async def _fill_attacker_metadata(
    plan: AttackProcessInput, progress: AttackCountsAndProgress, key: str, projects: list[str]
) -> None:
    async with open_attacker_client(plan, key) as client:
        metadata = ATTACK_METADATA_LARGER_WHEN_STORED
        for project in projects:
            url = f"/v1/projects/{project}"
            if (
                await send_attack_request_and_count_status(client, progress, "PATCH", url, json={"metadata": metadata})
                == 422
            ):
                metadata = ATTACK_PLAIN_TEXT_METADATA
                await send_attack_request_and_count_status(client, progress, "PATCH", url, json={"metadata": metadata})


async def prepare_large_body_attack(deployment: AttackedDeployment, _: AttackScale) -> AttackProcessInput:
    attacker = await tenants.create_bench_tenant(deployment.environment, tier="standard")
    return AttackProcessInput(port=deployment.port, keys=attacker.keys, owned=[attacker.projects])


async def attack_by_large_bodies(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    """Send large bodies in turn, forever: three of four to a project, one of four to the webhook endpoints.

    A project accepts 1 MiB.
    """
    [[project]], [key] = plan.owned, plan.keys
    sent = [("PATCH", f"/v1/projects/{project}", _build_large_body(item)) for item in LARGE_BODY_JSON_ITEM_VARIANTS]
    fields = b'"url":"https://a.example/","events":["*"],'
    sent[-1] = ("POST", "/v1/webhook-endpoints", _build_large_body(LARGE_BODY_JSON_ITEM_VARIANTS[0], fields))
    progress.ready.set()
    async with open_attacker_client(plan, key) as client:
        for method, url, body in itertools.cycle(sent):
            headers = {"Content-Type": "application/json"}
            await send_attack_request_and_count_status(client, progress, method, url, content=body, headers=headers)
            await asyncio.sleep(PAUSE_BETWEEN_LARGE_BODY_REQUESTS_S)


def _build_large_body(item: bytes, fields: bytes = b"") -> bytes:
    items = b",".join([item] * (ATTACK_BODY_BYTES // (len(item) + 1) - 20))
    return b'{%b"metadata":{"a":[%b]}}' % (fields, items)


async def prepare_padded_image_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    attacker = await tenants.create_bench_tenant(deployment.environment, tier="standard")
    many = {"mib": scale.scale_count(UPLOAD_PADDING_MIB), "uploaders": scale.scale_count(PADDED_IMAGE_UPLOADER_COUNT)}
    return AttackProcessInput(port=deployment.port, keys=attacker.keys, owned=[attacker.projects], many=many)


async def attack_by_padded_images(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    """Upload images of 4 x 4 pixels, each followed by MiBs of meaningless bytes, forever."""
    files = {"file": ("a.png", generate_plain_png() + bytes(plan.many["mib"] << 20), "image/png")}
    url = f"/v1/projects/{plan.owned[0][0]}/content/upload"
    async with open_attacker_client(plan, plan.keys[0]) as client:

        async def upload() -> None:
            await send_attack_request_and_count_status(client, progress, "POST", url, files=files)

        await run_callers_forever(progress, plan.many["uploaders"], upload)


async def measure_attack_media_mib(deployment: AttackedDeployment, _: Mapping[str, int]) -> dict[str, Any]:
    media = deployment.environment.folder / "media"
    stored = sum(path.stat().st_size for path in media.rglob("*") if path.is_file())
    return {"stored_mib": round(stored / (1 << 20), 1)}


async def prepare_costly_image_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    attacker = await tenants.create_bench_tenant(deployment.environment, tier="standard")
    many = {
        "side": scale.scale_count(MAX_IMAGE_SIDE_PX),
        "warm_s": scale.scale_count(MAX_WAIT_FOR_FIRST_RATE_REFUSAL_S),
    }
    return AttackProcessInput(port=deployment.port, keys=attacker.keys, owned=[attacker.projects], many=many)


async def attack_by_costly_images(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    content = generate_costly_png(plan.many["side"])
    url = f"/v1/projects/{plan.owned[0][0]}/content/upload"
    async with open_attacker_client(plan, plan.keys[0]) as client:

        async def upload(_: int) -> int:
            return await send_attack_request_and_count_status(
                client, progress, "POST", url, files={"file": ("a.png", content, "image/png")}
            )

        every_s = COSTLY_UPLOADER_COUNT * 60 / MAX_WRITE_REQUESTS_A_MINUTE_OF_API_KEY
        await run_paced_callers(
            progress, COSTLY_UPLOADER_COUNT, every_s=every_s, warm_s=plan.many["warm_s"], once=upload
        )


BODY_ATTACKS = (
    AttackDefinition(
        "metadata", "lists of 200 projects full of `1e308`, eight at once", victim.create_victim_request_action,
        prepare_project_metadata_attack, attack_by_filling_and_listing_metadata,
    ),
    AttackDefinition(
        "bodies", "one refused body of 1 MB a second", victim.create_victim_request_action,
        prepare_large_body_attack, attack_by_large_bodies,
    ),
    AttackDefinition(
        "storage", "uploads of an image of 4 x 4 pixels with 28 MiB of padding", victim.create_victim_request_action,
        prepare_padded_image_attack, attack_by_padded_images, note=measure_attack_media_mib,
    ),
    AttackDefinition(
        "uploads", "one key uploads the costliest image at its limit of 60 a minute",
        victim.create_victim_request_action,
        prepare_costly_image_attack, attack_by_costly_images, note=read_uncounted_request_count,
    ),
)  # fmt: skip
