"""A loopback server with responses computed by a test, and a log of its requests; or one in a thread."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from chaos.loopback_server import serve_loopback_tcp

JSON = "application/json; charset=utf-8"


class HttpRequest(NamedTuple):
    """A request; the names of its headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class HttpResponse(NamedTuple):
    """A response; `headers` are whole lines."""

    status: int
    content: Any
    headers: tuple[str, ...] = ()


Handler = Callable[[HttpRequest, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serve(handle: Handler, tls: ssl.SSLContext | None = None, *, port: int = 0) -> AsyncIterator[str]:
    """Serve, and return `HOST:PORT`. Each connection takes one request; the handler writes the response."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await handle(await _read(reader), reader, writer)
        await writer.drain()

    async with serve_loopback_tcp(connected, port=port, tls=tls) as bound:
        yield f"127.0.0.1:{bound}"


@asynccontextmanager
async def listening(reply: Callable[[HttpRequest], Awaitable[HttpResponse]], *, port: int = 0) -> AsyncIterator[str]:
    """Serve JSON responses, and return the server's address."""

    async def handle(asked: HttpRequest, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_written(await reply(asked)))

    async with serve(handle, port=port) as host:
        yield f"http://{host}"


@contextmanager
def serve_in_thread(handler: Callable[..., Any]) -> Iterator[int]:
    """Serve requests by a handler of `http.server` in threads, and return the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


async def _read(reader: asyncio.StreamReader) -> HttpRequest:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    method, target, _ = first.split(" ")
    fields = (line.split(": ", 1) for line in lines if line)
    headers = {name.lower(): value for name, value in fields}
    return HttpRequest(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def _written(told: HttpResponse) -> bytes:
    body = b"" if told.status == 304 else msgspec.json.encode(told.content)
    head = [f"HTTP/1.1 {told.status} X", f"Content-Type: {JSON}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, *told.headers, "Connection: close", "", ""]).encode() + body
