"""Acceptor: a server on loopback that leaves no connection behind, however late one comes.

A server of asyncio that is closed drops, in Python 3.11, a connection that it has just accepted, and never
closes it: the garbage collector finds it, in a test that has nothing to do with it. So this one accepts by
itself.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

#: What is done with a connection. It is closed afterwards; that its client leaves early is no error.
Serve: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

#: The longest line that a reader finds, in bytes; it holds twice as many before its client has to wait.
LIMIT = 1 << 20


class Acceptor:
    """Each connection to `port`, which stays the same over all restarts, is served in a task of its own."""

    def __init__(self, serve: Serve, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.port, self._serve, self._tls = port, serve, tls
        self._listening: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port), backlog=100)
        self._listening.settimeout(0)
        self.port = self._listening.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._listening, self._accept, self._listening)

    def stop(self) -> None:
        """Accept no more. Those that were accepted are served on."""
        if self._listening:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()

    async def end(self) -> None:
        """Stop, and end all connections: a task that never began wouldn't close its own."""
        self.stop()
        await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, listening: socket.socket) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            task = asyncio.create_task(self._connected(listening.accept()[0]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connected(self, connection: socket.socket) -> None:
        # Or what is written by and by waits 40 ms for the other side's acknowledgement.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader(LIMIT)
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
async def accepting(serve: Serve, *, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port at which connections are served while the block runs."""
    acceptor = Acceptor(serve, port, tls)
    acceptor.start()
    try:
        yield acceptor.port
    finally:
        await acceptor.end()
