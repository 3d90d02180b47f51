"""Oversized bodies over real connections: the client gets the error, and its next request works."""

from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import httpx
import pytest

from db.pool import Pool
from domain.media.streaming_upload import MIB
from schemas import ids
from schemas.settings import Settings
from tests import media, seeds
from tests.api.conftest import new_key
from tests.api.refusals import assert_refused
from tests.api_process import serving
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.timing

PIECE = bytes(64 * 1024)
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
PICTURE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'


async def yield_pieces(first: bytes, size: int) -> AsyncIterator[bytes]:
    yield first
    for _ in range(size // len(PIECE)):
        yield PIECE


async def test_413_reaches_clients_that_read_last(pool: Pool, settings: Settings, tmp_path: Path) -> None:
    """With a length, and in chunks."""
    async with pool.acquire() as conn:
        org = await seeds.organization(conn)
        project = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, await seeds.project(conn, org))
        upload = f"/v1/projects/{project}/content/upload"
    headers = {"Authorization": f"Bearer {await new_key(pool, org)}"}
    picture = PICTURE + media.picture()
    json = {"Content-Type": "application/json"}
    asked = [
        ("/v1/projects", json, b"{", 3 * MIB),
        ("/v1/projects", json, b"{", MIB + len(PIECE)),
        (upload, FORM, picture, 48 * MIB),
    ]
    with serving(settings, tmp_path / "api.log") as served:
        async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=PATIENCE_S) as client:
            for announced, (path, kind, first, size) in product((True, False), asked):
                length = {"Content-Length": str(len(first) + size)} if announced else {}
                answer = await client.post(path, content=yield_pieces(first, size), headers=kind | length)
                assert_refused(answer, 413, "PAYLOAD_TOO_LARGE")
                assert answer.headers["Connection"] == "close"
                assert (await client.get("/v1/whoami")).status_code == 200
