"""A server in the test's own event loop, with an application that answers by path."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

import msgspec
import pytest_asyncio
import uvicorn

from api.server.admission import HttpConnectionAdmission, HttpConnectionLimits
from api.server.connection import ClientConnection
from api.server.serve import ApiHttpServer
from tests.api.conftest import poll
from tests.waiting import PATIENCE_S, run_loop_iterations

Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]


class EchoApp:
    """`/echo` returns the body, `/early` answers before it; `/hold` waits for `go`; `/large` returns 8
    MiB.
    """

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.asked: list[str] = []
        self.left: list[str] = []

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        path = scope["path"]
        self.asked.append(path)
        match path:
            case "/early":
                await send_answer(send, b"early")
            case "/hold":
                await self.go.wait()
                await send_answer(send, b"held")
            case "/large":
                await send_answer(send, bytes(8 * 1024 * 1024))
            case "/stream":
                await self._stream(send)
            case _:
                await self._echo(path, receive, send)

    async def _echo(self, path: str, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                return await send_answer(send, body)
        self.left.append(path)
        return None

    async def _stream(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.go.wait()
        await send({"type": "http.response.body", "body": b"news", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def send_answer(send: Send, body: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


class RawClient(NamedTuple):
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read the status, headers in lower case and body of the next answer."""
        async with asyncio.timeout(PATIENCE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
            fields = (line.split(": ", 1) for line in head[1:] if line)
            headers = {name.lower(): value for name, value in fields}
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
            return int(head[0].split()[1]), headers, body

    async def read_error(self) -> tuple[int, str]:
        """Read an error with a complete envelope; return its status and code."""
        status, headers, body = await self.answer()
        error = msgspec.json.decode(body)["error"]
        assert headers["x-request-id"] == error["requestId"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["connection"] == "close"
        return status, error["code"]

    async def wait_until_closed(self) -> bool:
        """Wait until the server has closed it; return whether no data came before."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True


class StoppedClock(ApiHttpServer):
    """The server with ticks that only the test makes."""

    async def on_tick(self, counter: int) -> bool:
        return await uvicorn.Server.on_tick(self, counter)


class ServerUnderTest:
    """The server, its clients, and its clock."""

    def __init__(self, server: ApiHttpServer, app: EchoApp, port: int) -> None:
        self.server, self.app, self.port = server, app, port
        self.clients: list[RawClient] = []
        #: Sockets of clients with their own way of reading.
        self.sockets: list[socket.socket] = []

    @property
    def connections(self) -> list[ClientConnection]:
        """The open connections."""
        return cast("list[ClientConnection]", list(self.server.server_state.connections))

    async def connect(self, address: str = "127.0.0.1") -> RawClient:
        """Connect from a loopback address, and wait until the server has accepted."""
        before = self.server.admission.entered
        pair = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        self.clients.append(RawClient(*pair))
        # The server accepts in one of the next iterations; a poll would take 10 ms.
        await run_loop_iterations()
        await poll(lambda: self.server.admission.entered > before)
        return self.clients[-1]

    async def get(self, path: str = "/echo", address: str = "127.0.0.1") -> tuple[int, bytes]:
        """Send one request on a new connection."""
        client = await self.connect(address)
        client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        status, _, body = await client.answer()
        return status, body

    async def wait_for_requests(self, count: int) -> None:
        """Wait until the application has received so many requests."""
        await run_loop_iterations()
        await poll(lambda: len(self.app.asked) >= count)

    async def hold(self, *addresses: str) -> None:
        """Take a place from each address, with a request that waits for its answer."""
        for address in addresses:
            (await self.connect(address)).send(b"GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            await self.wait_for_requests(len(self.app.asked) + 1)

    def pass_time(self, ticks: int) -> None:
        for _ in range(ticks):
            self.server.admission.advance_tick_and_check_timeouts()


@asynccontextmanager
async def serving(limits: HttpConnectionLimits) -> AsyncIterator[ServerUnderTest]:
    app = EchoApp()
    server = StoppedClock(app, HttpConnectionAdmission(limits))  # type: ignore[arg-type]
    task = asyncio.create_task(server.serve([socket.create_server(("127.0.0.1", 0))]))
    await poll(lambda: server.started)
    edge = ServerUnderTest(server, app, server.servers[0].sockets[0].getsockname()[1])
    try:
        yield edge
    finally:
        app.go.set()
        for client in edge.clients:
            client.writer.close()
        for sock in edge.sockets:
            sock.close()
        server.force_exit = server.should_exit = True
        await task


@pytest_asyncio.fixture
async def edge() -> AsyncIterator[ServerUnderTest]:
    async with serving(HttpConnectionLimits(connections=8, per_address=4, reserve=2)) as edge:
        yield edge
