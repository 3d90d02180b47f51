"""Third-party clients of server-sent events with our API: httpx-sse over cut connections, and curl."""

import asyncio
from asyncio import StreamReader
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from schemas.settings import Settings
from tests import seeds
from tests.api.conftest import new_key
from tests.api.webhooks.streaming import PATH, emit_event
from tests.api_process import serving
from tests.cli.listening import open_proxy
from tests.peers import pypi

pytestmark = pytest.mark.peers

PROGRAM = Path(__file__).with_name("clients") / "read_events.py"


async def events(pool: Pool, org: UUID) -> list[str]:
    return [await emit_event(pool, org) for _ in range(9)]


@asynccontextmanager
async def running(*words: object) -> AsyncIterator[StreamReader]:
    """Run a client while the block runs; yields its output."""
    process = await asyncio.create_subprocess_exec(*map(str, words), stdout=PIPE)
    assert process.stdout
    try:
        yield process.stdout
    finally:
        if process.returncode is None:
            process.kill()
        await process.stdout.read()
        await process.wait()


async def lines(printed: StreamReader, word: str, many: int) -> list[str]:
    """Read `many` lines that contain this word."""
    found: list[str] = []
    while len(found) < many:
        line = (await printed.readline()).decode()
        assert line, "it ended before"
        found += [line.strip()] if word in line else []
    return found


async def test_httpx_sse_resumes_after_a_cut_and_curl_prints_immediately(
    settings: Settings, pool: Pool, conn: Conn, tmp_path: Path
) -> None:
    org = await seeds.organization(conn)
    key, python = await new_key(pool, org), await asyncio.to_thread(pypi.install, "httpx_sse")
    with serving(settings, tmp_path / "log") as served:
        async with open_proxy(served.url) as way, running(python, PROGRAM, way.url + PATH, key, 9) as printed:
            await lines(printed, "listening", 1)
            way.most = 2000
            sent = await events(pool, org)
            way.cut()
            assert await lines(printed, "message", 9) == [f"message {one}" for one in sent]
        asked = ["curl", "-sSN", "--noproxy", "*", served.url + PATH, "-H", f"X-Api-Key: {key}"]
        async with running(*asked) as printed:
            await lines(printed, "event: listening", 1)
            sent = await events(pool, org)
            assert await lines(printed, "id: evt_", 9) == [f"id: {one}" for one in sent]
