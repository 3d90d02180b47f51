"""Fault proxy that cuts, holds or mutes, and the receiver that accepts each key once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from rehearsal import proxy
from rehearsal.acceptor import accepting
from rehearsal.proxy import Address, Proxy
from rehearsal.receiver import Call, Receiver, receiving, tell

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """A server that echoes each line; `heard` has the received lines."""

    def __init__(self) -> None:
        self.heard = asyncio.Queue[bytes]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            await self.heard.put(line)
            writer.write(line)


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Proxy, Echo, Streams]]:
    """Connect a client, a proxy and a server, after one line has made the round trip."""
    echo = Echo()
    async with accepting(echo.serve) as port, proxy.before(Address("127.0.0.1", port)) as way:
        reader, writer = await asyncio.open_connection(*way.address)
        try:
            await said(writer, b"hello\n")
            assert await reader.readline() == await echo.heard.get() == b"hello\n"
            yield way, echo, (reader, writer)
        finally:
            writer.close()


async def said(writer: asyncio.StreamWriter, line: bytes) -> None:
    writer.write(line)
    await writer.drain()


async def test_what_is_cut_is_reset_and_the_next_connection_passes() -> None:
    async with connected() as (way, _, (reader, _writer)):
        way.cut()
        with pytest.raises(ConnectionError):
            await reader.readline()
        again, other = await asyncio.open_connection(*way.address)
        await said(other, b"again\n")
        assert await again.readline() == b"again\n"
        other.close()


async def test_what_is_held_arrives_later() -> None:
    async with connected() as (way, echo, (reader, writer)):
        way.hold()
        await said(writer, b"late\n")
        answer = asyncio.create_task(reader.readline())
        for _ in range(100):
            await asyncio.sleep(0)
        assert echo.heard.empty()
        way.pass_on()
        assert await answer == await echo.heard.get() == b"late\n"


async def test_what_is_muted_arrives_and_is_not_answered() -> None:
    async with connected() as (way, echo, (reader, writer)):
        way.mute()
        await said(writer, b"unheard\n")
        assert await echo.heard.get() == b"unheard\n"
        for _ in range(100):
            await asyncio.sleep(0)
        way.pass_on()
        await said(writer, b"heard\n")
        assert await reader.readline() == b"heard\n"


async def test_a_receiver_takes_a_key_once_and_loses_answers() -> None:
    async with receiving(1) as (receiver, address):
        answered = 0
        for number in range(100):
            try:
                await tell(address, Call("job", f"key {number % 10}"))
                answered += 1
            except ConnectionError:
                continue
        assert receiver.taken == {"job": 10}
        assert 60 < answered < 100


def test_another_key_is_another_effect() -> None:
    receiver = Receiver(1)
    assert [receiver.take(Call("job", key)) for key in ("a", "a", "b")] == [True, False, True]
    assert receiver.taken["job"] == 2
