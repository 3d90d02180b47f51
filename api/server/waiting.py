"""Connections to a process that waits for Postgres: each moves to the API's server, or gets a 503 after a second."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from socket import socket

from api.server.refusals import HttpRequestRefusal, render_refusal

#: Seconds for which a request waits for the end of an outage. The retries of the start come more often.
MAX_WAIT_FOR_START_S = 1.0

#: Waiting connections, and bytes that each may send; further ones are closed and not read.
MAX_WAITING_CONNECTIONS, MAX_WAITING_BYTES = 1000, 64 * 1024

POSTGRES_AWAY_REFUSAL = HttpRequestRefusal("UNAVAILABLE", "the database is unreachable: repeat after `Retry-After`")

_HEALTH_CHECK_BODY = b'{"status":"ok"}'
_HEALTH_CHECK_RESPONSE = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_HEALTH_CHECK_BODY), _HEALTH_CHECK_BODY)
)


class WaitingConnection(asyncio.Protocol):
    """A connection of the set `waiting`; `GET /healthz` is answered at once."""

    def __init__(self, waiting: "set[WaitingConnection]") -> None:
        self._waiting, self._received = waiting, b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let the connection wait, unless too many do."""
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(MAX_WAIT_FOR_START_S, self.refuse)
        if len(self._waiting) < MAX_WAITING_CONNECTIONS:
            self._waiting.add(self)
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Keep the bytes for the server, and answer a health check."""
        self._received += data
        if self._received.startswith(b"GET /healthz "):
            self._answer_and_close(_HEALTH_CHECK_RESPONSE)
        elif len(self._received) > MAX_WAITING_BYTES:
            self._transport.pause_reading()

    def connection_lost(self, _: Exception | None) -> None:
        self._leave()

    def refuse(self) -> None:
        """Answer 503, and close the connection."""
        self._answer_and_close(render_refusal(POSTGRES_AWAY_REFUSAL))

    def move_to(self, protocol: asyncio.Protocol) -> None:
        """Give the connection, with its bytes so far, to the protocol of a server."""
        self._leave()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        self._transport.resume_reading()
        if self._received:
            protocol.data_received(self._received)

    def _answer_and_close(self, response: bytes) -> None:
        self._leave()
        self._transport.write(response)
        self._transport.close()

    def _leave(self) -> None:
        self._timer.cancel()
        self._waiting.discard(self)


@asynccontextmanager
async def accept_waiting_connections(sockets: Sequence[socket], waiting: set[WaitingConnection]) -> AsyncIterator[None]:
    """Accept connections into the set while the block runs. Afterwards they wait on, and the sockets stay open."""
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(partial(WaitingConnection, waiting), sock=sock.dup()) for sock in sockets]
    try:
        yield
    finally:
        for server in servers:
            server.close()
