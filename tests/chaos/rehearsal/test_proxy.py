"""Fault proxy that cuts, holds or mutes, and the receiver that accepts each key once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from chaos.loopback_server import serve_loopback_tcp
from chaos.proxy import FaultProxy, ServerAddress, open_fault_proxy
from chaos.receiver import EffectCall, call_effect_receiver, run_effect_receiver

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """A server that echoes each line; `received` has the received lines."""

    def __init__(self) -> None:
        self.received = asyncio.Queue[bytes]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            await self.received.put(line)
            writer.write(line)


@asynccontextmanager
async def open_echo() -> AsyncIterator[tuple[FaultProxy, Echo, Streams]]:
    """Connect a client, a proxy and a server, after one line has made the round trip."""
    echo = Echo()
    async with (
        serve_loopback_tcp(echo.serve) as port,
        open_fault_proxy(ServerAddress("127.0.0.1", port)) as fault_proxy,
    ):
        reader, writer = await asyncio.open_connection(*fault_proxy.address)
        try:
            await send_line(writer, b"hello\n")
            assert await reader.readline() == await echo.received.get() == b"hello\n"
            yield fault_proxy, echo, (reader, writer)
        finally:
            writer.close()


async def send_line(writer: asyncio.StreamWriter, line: bytes) -> None:
    writer.write(line)
    await writer.drain()


async def test_cut_resets_connections_and_accepts_the_next() -> None:
    async with open_echo() as (fault_proxy, _, (reader, _writer)):
        fault_proxy.reset_connections()
        with pytest.raises(ConnectionError):
            await reader.readline()
        new_reader, new_writer = await asyncio.open_connection(*fault_proxy.address)
        await send_line(new_writer, b"again\n")
        assert await new_reader.readline() == b"again\n"
        new_writer.close()


async def test_held_data_arrives_after_pass_on() -> None:
    async with open_echo() as (fault_proxy, echo, (reader, writer)):
        fault_proxy.hold_data()
        await send_line(writer, b"late\n")
        answer = asyncio.create_task(reader.readline())
        for _ in range(100):
            await asyncio.sleep(0)
        assert echo.received.empty()
        fault_proxy.resume_forwarding()
        assert await answer == await echo.received.get() == b"late\n"


async def test_muted_request_arrives_without_response() -> None:
    async with open_echo() as (fault_proxy, echo, (reader, writer)):
        fault_proxy.drop_responses()
        await send_line(writer, b"unheard\n")
        assert await echo.received.get() == b"unheard\n"
        for _ in range(100):
            await asyncio.sleep(0)
        fault_proxy.resume_forwarding()
        await send_line(writer, b"heard\n")
        assert await reader.readline() == b"heard\n"


async def test_receiver_accepts_a_key_once_and_drops_responses() -> None:
    async with run_effect_receiver(1) as (receiver, address):
        responses = 0
        for number in range(100):
            try:
                await call_effect_receiver(address, EffectCall("job", f"key {number % 10}"))
                responses += 1
            except ConnectionError:
                continue
        assert receiver.calls_by_job == {"job": 10}
        assert 60 < responses < 100
