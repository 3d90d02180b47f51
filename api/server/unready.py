"""Minimal server while an API process waits for Postgres at its start: alive, but not ready."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from functools import partial

from api.server.refusals import ServerRefusal, render_refusal

#: Seconds for a request's head, and maximum of connections.
HEAD_TIMEOUT_S, MAX_CONNECTIONS = 5.0, 100

POSTGRES_AWAY = ServerRefusal("UNAVAILABLE", "the database is unreachable: repeat after `Retry-After`")

_ALIVE = b'{"status":"ok"}'
_HEALTH = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_ALIVE), _ALIVE)
)


@contextlib.asynccontextmanager
async def answer_unready(sockets: Sequence[socket.socket]) -> AsyncIterator[None]:
    """Answer 200 to `/healthz` and 503 to other paths while the block runs. The sockets stay open."""
    room = asyncio.Semaphore(MAX_CONNECTIONS)
    respond = partial(_respond, room)
    servers = [await asyncio.start_server(respond, sock=sock.dup()) for sock in sockets]
    try:
        yield
    finally:
        for server in servers:
            server.close()


async def _respond(
    room: asyncio.Semaphore, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        if room.locked():
            return
        async with room, asyncio.timeout(HEAD_TIMEOUT_S):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_HEALTH if head.startswith(b"GET /healthz ") else render_refusal(POSTGRES_AWAY))
            await writer.drain()
    except (OSError, EOFError, asyncio.LimitOverrunError):
        pass  # The client disconnected, was too slow, or does not speak HTTP.
    finally:
        writer.close()
