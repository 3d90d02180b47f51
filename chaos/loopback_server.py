"""Loopback TCP server that closes every connection it accepts, even during shutdown.

In Python 3.11 a closing asyncio server drops a connection that it has just accepted, and never closes it. The
garbage collector reports the leak later, in an unrelated test. This server therefore calls `accept` itself.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

#: Handler of one connection. The server closes the connection afterwards; a client that leaves early is no
#: error.
ConnectionHandler: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

#: Longest line for the reader, in bytes. Twice as many are buffered before the client has to wait.
MAX_LOOPBACK_LINE_BYTES = 1 << 20


class LoopbackTcpServer:
    """Serves each connection to `port` in its own task. The port stays the same over restarts."""

    def __init__(self, serve: ConnectionHandler, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.port, self._serve, self._tls = port, serve, tls
        self._listening: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port), backlog=100)
        self._listening.settimeout(0)
        self.port = self._listening.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._listening, self._accept_connection, self._listening)

    def stop_accepting(self) -> None:
        """Stop accepting connections. Open connections continue."""
        if self._listening:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()

    async def stop_and_close_connections(self) -> None:
        """Stop the server, cancel its handlers, and close all connections, also those without a begun task."""
        self.stop_accepting()
        await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept_connection(self, listening: socket.socket) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            task = asyncio.create_task(self._serve_connection(listening.accept()[0]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve_connection(self, connection: socket.socket) -> None:
        # Without TCP_NODELAY, small writes wait 40 ms for the peer's acknowledgement.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader(MAX_LOOPBACK_LINE_BYTES)
        protocol = asyncio.StreamReaderProtocol(reader)
        with suppress(OSError, EOFError):
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=self._tls)
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            try:
                await self._serve(reader, writer)
                writer.close()
                await writer.wait_closed()
            finally:
                transport.abort()


@asynccontextmanager
async def serve_loopback_tcp(
    serve: ConnectionHandler, *, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Serve connections to 127.0.0.1 while the block runs, then close them. Yields the port; 0 picks one."""
    acceptor = LoopbackTcpServer(serve, port, tls)
    acceptor.start()
    try:
        yield acceptor.port
    finally:
        await acceptor.stop_and_close_connections()
