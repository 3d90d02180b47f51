"""Storage: uploads of an image of 4 x 4 pixels with 28 MiB of padding."""

import struct
import zlib
from collections.abc import Mapping
from typing import Any

from tools.bench.neighbours import tenants, victim
from tools.bench.neighbours.calls import open_client, run_closed_loop, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

PADDING_MIB = 28
UPLOADERS = 6


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.create(deployment.environment, tier="standard")
    many = {"mib": scale.many(PADDING_MIB), "uploaders": scale.many(UPLOADERS)}
    return Plan(port=deployment.port, keys=attacker.keys, owned=[attacker.projects], many=many)


async def attack(plan: Plan, progress: AttackProgress) -> None:
    content = picture(plan.many["mib"] << 20)
    url = f"/v1/projects/{plan.owned[0][0]}/content/upload"
    async with open_client(plan, plan.keys[0]) as client:

        async def upload() -> None:
            await send_counted(client, progress, "POST", url, files={"file": ("a.png", content, "image/png")})

        await run_closed_loop(progress, plan.many["uploaders"], upload)


async def note(deployment: Deployment, _: Mapping[str, int]) -> dict[str, Any]:
    media = deployment.environment.folder / "media"
    stored = sum(path.stat().st_size for path in media.rglob("*") if path.is_file())
    return {"stored_mib": round(stored / (1 << 20), 1)}


def picture(padding: int) -> bytes:
    """Return a PNG of 4 x 4 pixels, followed by `padding` meaningless bytes."""
    pixels = zlib.compress((b"\0" + b"\x40\x80\xc0" * 4) * 4)
    return png(4, 4, color=2, pixels=pixels) + bytes(padding)


def png(width: int, height: int, *, color: int, pixels: bytes) -> bytes:
    """Return a PNG with 8 bits a channel from packed lines; `color` is PNG's number of a color type."""
    head = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    chunks = b"".join(_chunk(*chunk) for chunk in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b"")))
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


ROW = Row(
    "storage",
    "uploads of an image of 4 x 4 pixels with 28 MiB of padding",
    victim.requests,
    prepare,
    attack,
    note=note,
)
