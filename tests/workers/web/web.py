"""A website on loopback with every byte chosen by the test, and a client that may open it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import httpx

from domain.values import ssrf_guard
from tests import http_server
from tests.http_server import HttpRequest
from workers.web.fetch import (
    EXPECTED_HTML_TYPE_AND_SIZE,
    FetchedResponse,
    FetchResponseLimits,
    fetch_url,
    open_ssrf_guarded_client,
)

#: Writes a raw response that no well-behaved server sends; the reader ends when the client leaves.
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Answers = Mapping[str, bytes | Script]


class Site:
    """Site that records its requests in `asked`, in order, each a path and its headers."""

    def __init__(self, host: str, answers: Answers) -> None:
        self.host, self.answers = host, answers
        self.asked: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}{path}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class SleepClock:
    """Clock that moves only in its sleep, which it records."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.now += seconds


@asynccontextmanager
async def serve(answers: Answers, tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    """Serve the given responses, and 404 for any other path; each connection takes one request."""

    async def handle(asked: HttpRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        site.asked.append((asked.target, {name: value.lower() for name, value in asked.headers.items()}))
        answer = site.answers.get(asked.target, raw_response(404))
        await (write_response(writer, answer) if isinstance(answer, bytes) else answer(reader, writer))

    site = Site("", answers)
    async with http_server.serve(handle, tls) as site.host:
        yield site


async def write_response(writer: asyncio.StreamWriter, answer: bytes) -> None:
    writer.write(answer)
    await writer.drain()


async def silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Send nothing until the client leaves."""
    await reader.read()


def drip_after(head: bytes) -> Script:
    """Send this, and then a byte now and then: never silent, never done."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = asyncio.ensure_future(reader.read())
        writer.write(head)
        while not (await asyncio.wait([left], timeout=0.02))[0]:
            writer.write(b"K")

    return drip


def flood_after(head: bytes) -> Script:
    """Send this, and then as much as the client reads."""

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(bytes(1 << 20))
            await writer.drain()

    return flood


def raw_response(status: int = 200, body: bytes | str = b"", **headers: str) -> bytes:
    """Build a whole response; `content_type` and the like become headers, with HTML as the default."""
    content = body.encode() if isinstance(body, str) else body
    fields_given = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"content-type": "text/html; charset=utf-8", "content-length": str(len(content)), **fields_given}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in fields.items()), "connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("utf-8") + content


def image_response(body: bytes | str, content_type: str = "image/png", **headers: str) -> bytes:
    return raw_response(200, body, content_type=content_type, **headers)


def robots_txt(*lines: str) -> bytes:
    """Build a robots.txt for all bots."""
    return raw_response(body="\n".join(["User-agent: *", *lines, ""]), content_type="text/plain")


def allowed_client(*sites: Site) -> httpx.AsyncClient:
    allowed = ssrf_guard.parse_allowed_loopback_fetch_origins(",".join(site.host for site in sites))
    return open_ssrf_guarded_client(allowed=allowed, contact="https://tenantry.test/bot")


async def fetch_answer(answer: bytes, want: FetchResponseLimits = EXPECTED_HTML_TYPE_AND_SIZE) -> FetchedResponse:
    """Return the result of fetching a response."""
    async with serve({"/": answer}) as site, allowed_client(site) as client:
        return await fetch_url(client, site.url(), want=want)
