"""Loopback server: no connection outlives it, so that no leak shows up in a later test."""

import asyncio
import socket
from contextlib import suppress

import pytest

from chaos.loopback_server import serve_loopback_tcp
from tests.waiting import PATIENCE_S


async def listen(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize("turns", range(6))
async def test_connection_accepted_during_shutdown_is_closed(turns: int) -> None:
    """The shutdown meets each step of accepting a connection."""
    async with serve_loopback_tcp(listen) as port:
        client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        for _ in range(turns):
            await asyncio.sleep(0)
    with client, suppress(ConnectionResetError):
        assert client.recv(1) == b""
