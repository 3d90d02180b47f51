"""`/healthz` and `/metrics` of a process without an API: it runs, and its loop turns."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from telemetry import lag, logs

TIMEOUT_S = 5.0

_log = logs.get("health")


@asynccontextmanager
async def serving(port: int) -> AsyncIterator[int]:
    """Answer on `port` (0: any free one, which the log says) while the block runs. Gives the port.

    On every address: an orchestrator asks from outside. Nothing here is secret.
    """
    server = await asyncio.start_server(_answer, "0.0.0.0", port)  # noqa: S104
    bound: int = server.sockets[0].getsockname()[1]
    _log.info("serving health", port=bound)
    async with server, lag.measured():
        yield bound


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_respond(head.split(b"\r\n", 1)[0]))
            await writer.drain()
    except (OSError, EOFError, asyncio.LimitOverrunError):
        pass  # Whoever asked has left, or is no HTTP client.
    finally:
        writer.close()


def _respond(request_line: bytes) -> bytes:
    match request_line.split(b" "):
        case [b"GET", b"/healthz", _]:
            return _encode("200 OK", "application/json", b'{"status": "ok"}')
        case [b"GET", b"/metrics", _]:
            return _encode("200 OK", CONTENT_TYPE_LATEST, generate_latest())
        case _:
            return _encode("404 Not Found", "text/plain", b"GET /healthz or /metrics\n")


def _encode(status: str, content_type: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}"
    return f"{head}\r\nConnection: close\r\n\r\n".encode() + body
