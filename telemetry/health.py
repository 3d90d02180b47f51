"""Health server of a process, on a port of its own: `/healthz` while its event loop runs, and `/metrics`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from schemas.errors import SettingsInvalid
from telemetry import lag, logs

TIMEOUT_S = 5.0

ANYWHERE, HERE = "0.0.0.0", "127.0.0.1"  # noqa: S104

_log = logs.get("health")


@asynccontextmanager
async def serving(port: int, *, setting: str = "HEALTH_PORT", host: str = ANYWHERE) -> AsyncIterator[int]:
    """The server on `port`, while the block runs. Yields the port: 0 takes any free one, which the log says.

    Raises `SettingsInvalid`, which names the `setting`, for a port that can't be had.

    It listens on every address unless a `host` is given, since an orchestrator asks from outside.
    """
    try:
        server = await asyncio.start_server(_respond, host, port)
    except OSError as error:
        raise SettingsInvalid(
            f"{setting} {port} can't be used: another process has it, or only root may; "
            "give each process on this machine its own, or 0, which takes a free one"
        ) from error
    bound: int = server.sockets[0].getsockname()[1]
    _log.info("serving health", port=bound)
    async with server, lag.measured():
        yield bound


async def _respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_response_to(head.split(b"\r\n", 1)[0]))
            await writer.drain()
    except (OSError, EOFError, asyncio.LimitOverrunError):
        pass  # The client has left, or does not speak HTTP.
    finally:
        writer.close()


def _response_to(request_line: bytes) -> bytes:
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
