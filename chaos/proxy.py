"""TCP proxy for fault injection: cuts, holds or mutes all its connections."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from chaos.loopback_server import LoopbackTcpServer

#: SO_LINGER with a timeout of 0: closing sends a reset.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class ServerAddress(NamedTuple):
    """A server's host and port."""

    host: str
    port: int


class FaultProxy:
    """Proxy of one client to one server.

    While it holds, data waits in both directions and arrives later. While it is muted, the server gets all
    data and its responses are dropped.
    """

    def __init__(self, server: ServerAddress) -> None:
        self._server, self._acceptor = server, LoopbackTcpServer(self.relay_connection)
        self._writers: set[asyncio.StreamWriter] = set()
        self._forwarding, self._muted = asyncio.Event(), False
        self._forwarding.set()

    @property
    def address(self) -> ServerAddress:
        return ServerAddress("127.0.0.1", self._acceptor.port)

    def reset_connections(self) -> None:
        """Reset all connections of the proxy at both ends; new connections pass."""
        for writer in [*self._writers]:
            reset_tcp_connection(writer)

    def hold_data(self) -> None:
        self._forwarding.clear()

    def drop_responses(self) -> None:
        self._muted = True

    def resume_forwarding(self) -> None:
        """End a hold or a mute: forward bytes in both directions again."""
        self._muted = False
        self._forwarding.set()

    def start(self) -> None:
        """Let the proxy accept connections, on the same port after each `stop`."""
        self._acceptor.start()

    def stop(self) -> None:
        """Reset all connections of the proxy, and accept no new ones."""
        self._acceptor.stop_accepting()
        self.reset_connections()

    async def end(self) -> None:
        await self._acceptor.stop_and_close_connections()

    async def relay_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._server)
        self._writers |= {writer, server_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._copy(reader, server_writer))
                group.create_task(self._copy(server_reader, writer, is_response=True))
        finally:
            self._writers -= {writer, server_writer}
            server_writer.close()

    async def _copy(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_response: bool = False
    ) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                await self._forwarding.wait()
                if not (is_response and self._muted):
                    target.write(data)
                    await target.drain()
        await self._forwarding.wait()
        target.close()


def reset_tcp_connection(writer: asyncio.StreamWriter) -> None:
    """Abort a connection with a TCP reset (RST). Does nothing if the connection is already closing."""
    if not writer.transport.is_closing():
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        writer.transport.abort()


@asynccontextmanager
async def open_fault_proxy(server: ServerAddress) -> AsyncIterator[FaultProxy]:
    """Run a fault proxy to `server` on a free loopback port while the block runs. Yields the proxy."""
    proxy = FaultProxy(server)
    proxy.start()
    try:
        yield proxy
    finally:
        await proxy.end()
