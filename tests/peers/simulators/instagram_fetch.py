"""Instagram's own GET of a file, over real HTTP."""

import asyncio

import httpx

from tests.peers.simulators.instagram_errors import Refusal, named

HEADERS = {
    "User-Agent": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Accept-Encoding": "identity",
}


async def fetch(url: str, *, bytes_max: int, timeout_s: float) -> bytes | Refusal:
    """Its first `bytes_max` bytes and one more, or why they didn't come: it follows no redirect."""
    try:
        async with (
            asyncio.timeout(timeout_s),
            httpx.AsyncClient(timeout=None, trust_env=False, verify=False, headers=HEADERS) as http,
            http.stream("GET", url) as answer,
        ):
            return _refused(answer, url) or await _read(answer, bytes_max)
    except TimeoutError:
        return named("fetch_slow")
    except (httpx.TransportError, httpx.InvalidURL):
        return named("fetch_failed", uri=url)


def _refused(answer: httpx.Response, url: str) -> Refusal | None:
    if answer.status_code == httpx.codes.GONE:
        return named("fetch_gone")
    kind = answer.headers.get("content-type", "")
    if answer.status_code != httpx.codes.OK or not kind.startswith(("image/", "video/")):
        return named("fetch_failed", uri=url)
    return None


async def _read(answer: httpx.Response, bytes_max: int) -> bytes:
    content = bytearray()
    async for piece in answer.aiter_raw():
        content += piece
        if len(content) > bytes_max:
            break
    return bytes(content[: bytes_max + 1])
