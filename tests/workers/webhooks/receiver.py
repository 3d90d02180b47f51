"""A receiver of webhooks on loopback, with any good or bad behavior."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from tests import http_server
from tests.http_server import HttpRequest
from tests.workers.web.hostile import bomb
from tests.workers.web.web import raw_response

#: Handles one attempt; the connection is closed afterwards.
Behaviour: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class WebhookReceiver:
    """The receiver. `asked` logs the attempts. `behave` handles each of them."""

    def __init__(self, behave: Behaviour) -> None:
        self.host, self.behave = "", behave
        self.asked: list[HttpRequest] = []

    @property
    def url(self) -> str:
        return f"http://{self.host}/hook"

    @property
    def times(self) -> Counter[str]:
        """Return the number of deliveries of each event."""
        return Counter(asked.headers["webhook-id"] for asked in self.asked)


@asynccontextmanager
async def receiving(behave: Behaviour) -> AsyncIterator[WebhookReceiver]:
    receiver = WebhookReceiver(behave)

    async def handle(asked: HttpRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receiver.asked.append(asked)
        await receiver.behave(reader, writer)

    async with http_server.serve(handle) as receiver.host:
        yield receiver


def says(status: int, **headers: str) -> Behaviour:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(raw_response(status, **headers))

    return answer


async def hangs(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Read all and send nothing, until the sender leaves."""
    await reader.read()


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a byte of the first line now and then: never silent, never done."""
    left = asyncio.ensure_future(reader.read())
    writer.write(b"HTTP/1.1 200 O")
    while not (await asyncio.wait([left], timeout=0.02))[0]:
        writer.write(b"K")


async def drips_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send 200, and then a response without an end."""
    left = asyncio.ensure_future(reader.read())
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n")
    while not (await asyncio.wait([left], timeout=0.02))[0]:
        writer.write(b" ")


async def resets(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def breaks_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send 200 and break off in the body."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nonly this")


async def babbles(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")


async def floods(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send 200 and as much as the sender reads."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(bytes(1 << 20))
        await writer.drain()


async def explodes(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send 200 with 2 GiB of zeros in 2 MiB of gzip."""
    writer.write(raw_response(200, bomb(2048)[: 2 << 20], content_encoding="gzip"))
