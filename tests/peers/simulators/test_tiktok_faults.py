"""Faults of a request to the simulated TikTok on its way."""

import asyncio
from urllib.parse import urlsplit

import httpx
import pytest

from tests.peers.simulators.faults import Fault
from tests.peers.simulators.routing import Answer, Request
from tests.peers.simulators.serving import served
from tests.peers.simulators.tiktok import TikTok
from tests.peers.simulators.tiktok_user import FILM, User, error_of


async def test_half_of_a_chunk_is_nothing(creator: User) -> None:
    publish_id, url = await creator.begun()
    parts = urlsplit(url)
    head = (
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\nContent-Type: video/mp4\r\n"
        f"Content-Length: {len(FILM)}\r\nContent-Range: bytes 0-{len(FILM) - 1}/{len(FILM)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(head.encode() + FILM[:-1])
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    assert (await creator.status(publish_id))["uploaded_bytes"] == 0


async def test_a_fault_lets_some_pass_first_and_leaves_refusals_alone(creator: User) -> None:
    await creator.sim.fault("/v2/post/publish/video/init/", Fault.ACCEPT_THEN_500, skip=1, method="POST")
    assert error_of(await creator.init()) == (403, "privacy_level_option_mismatch")
    await creator.begun()
    assert error_of(await creator.init()) == (500, "internal_error")
    assert await creator.sim.struck() == {"accept_then_500": 1}
    assert await creator.sim.counts("ada", "Hello") == {"open": 2}


class Broken(TikTok):
    async def revoke(self, request: Request) -> Answer:
        raise ZeroDivisionError


async def test_a_mistake_of_the_simulators_own_is_no_fault() -> None:
    simulated = served(Broken())
    base = simulated.__enter__()
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.post(f"{base}/v2/oauth/revoke/")
    with pytest.raises(ExceptionGroup, match="the simulated tiktok has made mistakes"):
        simulated.__exit__(None, None, None)
