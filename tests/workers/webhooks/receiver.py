"""A receiver of webhooks on loopback that behaves as well or as badly as its test says."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from tests import http_server
from tests.http_server import Asked
from tests.workers.web.hostile import bomb
from tests.workers.web.web import say

#: Answers one try by hand; the connection is closed afterwards.
Behaviour: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Receiver:
    """`asked` has the tries as they came. `behave` is what each of them meets."""

    def __init__(self, behave: Behaviour) -> None:
        self.host, self.behave = "", behave
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        return f"http://{self.host}/hook"

    @property
    def times(self) -> Counter[str]:
        """How often each event came."""
        return Counter(asked.headers["webhook-id"] for asked in self.asked)


@asynccontextmanager
async def receiving(behave: Behaviour) -> AsyncIterator[Receiver]:
    receiver = Receiver(behave)

    async def handle(asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receiver.asked.append(asked)
        await receiver.behave(reader, writer)

    async with http_server.serve(handle) as receiver.host:
        yield receiver


def says(status: int, **headers: str) -> Behaviour:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(say(status, **headers))

    return answer


async def hangs(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """It takes all and says nothing, until its sender leaves."""
    await reader.read()


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte of its first line now and then: never silent, never done."""
    left = asyncio.ensure_future(reader.read())
    writer.write(b"HTTP/1.1 200 O")
    while not (await asyncio.wait([left], timeout=0.02))[0]:
        writer.write(b"K")


async def drips_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """It says 200, and then never comes to an end."""
    left = asyncio.ensure_future(reader.read())
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n")
    while not (await asyncio.wait([left], timeout=0.02))[0]:
        writer.write(b" ")


async def resets(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def breaks_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """It says 200 and breaks off in the answer."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nonly this")


async def babbles(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")


async def floods(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """It says 200 and as much as is taken."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(bytes(1 << 20))
        await writer.drain()


async def explodes(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """It says 200 with 2 GiB of nothing in 2 MiB of gzip."""
    writer.write(say(200, bomb(2048)[: 2 << 20], content_encoding="gzip"))
