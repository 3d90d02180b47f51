"""The API never holds a whole upload in memory: tested over a real connection to a separate process."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from db.pool import Pool
from domain.media.streaming_upload import MIB
from schemas import ids
from schemas.settings import Settings
from tests import media, seeds
from tests.api.conftest import new_key
from tests.api_process import serving
from tests.s3.storages import ALL_STORAGES
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.timing

START, END, MORE = b"--x\r\n", b"\r\n--x--\r\n", bytes(64 * 1024)
HEAD = b'Content-Disposition: form-data; name="file"; filename="shop.%b"\r\n\r\n'
FORM = {"Content-Type": "multipart/form-data; boundary=x"}


async def stream_form(content: bytes, extension: bytes, size: int) -> AsyncIterator[bytes]:
    """Yield a form with one file: `content`, padded to `size`."""
    yield START + HEAD % extension + content
    missing = size - len(content)
    while missing > 0:
        yield MORE[:missing]
        missing -= len(MORE)
    yield END


def peak_memory(server: int) -> int:
    """Return the server's peak memory in bytes."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{server}/status").read_text())
    assert match
    return int(match[1]) * 1024


@ALL_STORAGES
async def test_large_upload_needs_little_memory(pool: Pool, settings: Settings, tmp_path: Path) -> None:
    async with pool.acquire() as conn:
        org = await seeds.organization(conn)
        project = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, await seeds.project(conn, org))
        path = f"/v1/projects/{project}/content/upload"
    headers = FORM | {"Authorization": f"Bearer {await new_key(pool, org)}"}
    film, picture = media.film(), media.picture()
    with serving(settings, tmp_path / "api.log") as served:
        async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=PATIENCE_S) as client:
            warm = await client.post(path, content=stream_form(film, b"mp4", len(film)))
            before = peak_memory(served.pid)
            created = await client.post(path, content=stream_form(film, b"mp4", 100 * MIB))
            # Refused half-way; this client notices only after it has sent everything.
            too_much = await client.post(path, content=stream_form(picture, b"png", 60 * MIB))
            url = created.json()["assets"][0]["url"].removeprefix(settings.public_url)
            async with client.stream("GET", url) as read:
                sizes = [len(chunk) async for chunk in read.aiter_raw()]
            took = peak_memory(served.pid) - before
    assert (warm.status_code, created.status_code, too_much.status_code) == (201, 201, 413), created.text
    assert sum(sizes) == created.json()["assets"][0]["sizeBytes"] == 100 * MIB
    assert took < 32 * MIB
