"""A server on loopback whose answers a test works out: what it was asked, what it told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

JSON = "application/json; charset=utf-8"


class Asked(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


class Told(NamedTuple):
    """`headers` are whole lines."""

    status: int
    content: Any
    headers: tuple[str, ...] = ()


@asynccontextmanager
async def listening(reply: Callable[[Asked], Awaitable[Told]]) -> AsyncIterator[str]:
    """Its address; each connection takes one request."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(_written(await reply(await _read(reader))))
            await writer.drain()
        except ConnectionError:
            pass  # The client left early, as some tests mean it to.
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield "http://{}:{}".format(*server.sockets[0].getsockname())


async def _read(reader: asyncio.StreamReader) -> Asked:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    method, target, _ = lines[0].split(" ")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    lower = {name.lower(): value for name, value in headers.items()}
    body = await reader.readexactly(int(lower.get("content-length", 0)))
    parts = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Asked(method, parts.path, query, lower, body)


def _written(told: Told) -> bytes:
    body = b"" if told.status == 304 else msgspec.json.encode(told.content)
    head = [f"HTTP/1.1 {told.status} X", f"Content-Type: {JSON}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, *told.headers, "Connection: close", "", ""]).encode() + body
