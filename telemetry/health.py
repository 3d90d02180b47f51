"""Health server of a process, on a port of its own: `/healthz` while its event loop runs, and `/metrics`."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from processes.image import ServingProcessFacts
from schemas import ids
from schemas.envelope import Envelope, Problem
from schemas.errors import HostHeaderRefused, SettingsInvalid
from schemas.hosts import AllowedHostHeaders
from telemetry import logs, metrics

HEALTH_SERVER_REQUEST_TIMEOUT_S = 5.0

#: Seconds between two attempts of a replacement to take its predecessor's port.
TAKEN_PORT_RETRY_PAUSE_S = 0.5
#: Attempts until the log says that the port is still taken: a minute, in which most predecessors end their work.
ATTEMPTS_BEFORE_TAKEN_PORT_WARNING = 120

#: Loopback: only this machine can connect.
LOOPBACK_ADDRESS = "127.0.0.1"

_log = logs.get_logger("health")
#: Seconds of a timer; its delay is the lag of the event loop.
LOOP_LAG_TIMER_S = 1.0


@asynccontextmanager
async def serve_health(
    port: int, *, setting: str = "HEALTH_PORT", host: str = LOOPBACK_ADDRESS, hosts: AllowedHostHeaders | None = None
) -> AsyncIterator[int]:
    """Serve `/healthz` and `/metrics` on `port` of the address `host`, and measure the loop's lag, in the block.

    Yield the port: 0 takes a free port, which is logged. A `Host` header that `hosts` doesn't allow gets a 421; by
    default `localhost` and IP addresses are allowed. Raise `SettingsInvalid`, with the name `setting`, if the port
    can't be bound.
    """
    async with (
        _serve_health_without_loop_lag(port, setting=setting, host=host, hosts=hosts) as bound,
        measure_loop_lag(),
    ):
        yield bound


@asynccontextmanager
async def _serve_health_without_loop_lag(
    port: int, *, setting: str, host: str, hosts: AllowedHostHeaders | None
) -> AsyncIterator[int]:
    try:
        server = await asyncio.start_server(partial(_answer_health_request, hosts or AllowedHostHeaders()), host, port)
    except (OSError, OverflowError) as error:
        raise SettingsInvalid(
            f"{setting} {port} can't be bound on {host}: it is in use, needs root, or "
            "HEALTH_HOST isn't an address of this machine; set another port, or 0 for a free one"
        ) from error
    bound: int = server.sockets[0].getsockname()[1]
    _log.info("serving health", port=bound)
    async with server:
        yield bound


@asynccontextmanager
async def serve_process_health(
    port: int, process: ServingProcessFacts, *, setting: str, host: str, hosts: AllowedHostHeaders
) -> AsyncIterator[None]:
    """Serve the health of a forked process, as `serve_health` does, on `port` plus the process's number; 0 stays 0.

    A spare serves it once it has a number, and a replacement once its predecessor has freed the port.
    """
    if process.has_number.is_set() and not (process.is_replacement and port):
        async with serve_health(port and port + process.number, setting=setting, host=host, hosts=hosts):
            yield
        return
    task = asyncio.create_task(_serve_health_once_port_is_free(port, process, setting=setting, host=host, hosts=hosts))
    try:
        async with measure_loop_lag():
            yield
    finally:
        task.cancel()


async def _serve_health_once_port_is_free(
    port: int, process: ServingProcessFacts, *, setting: str, host: str, hosts: AllowedHostHeaders
) -> None:
    await process.has_number.wait()
    own_port = port and port + process.number
    for attempt in itertools.count(1):
        with contextlib.suppress(SettingsInvalid):
            async with _serve_health_without_loop_lag(own_port, setting=setting, host=host, hosts=hosts):
                await asyncio.Event().wait()
        if attempt == ATTEMPTS_BEFORE_TAKEN_PORT_WARNING:
            message = "the health port stays taken, so no health or metrics are served"
            _log.warning(message, port=own_port, setting=setting)
        await asyncio.sleep(TAKEN_PORT_RETRY_PAUSE_S)


async def _answer_health_request(
    hosts: AllowedHostHeaders, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        async with asyncio.timeout(HEALTH_SERVER_REQUEST_TIMEOUT_S):
            head = await reader.readuntil(b"\r\n\r\n")
            request_line, *fields = head.split(b"\r\n")
            names = [value for name, _, value in (field.partition(b":") for field in fields) if name.lower() == b"host"]
            if all(hosts.allows(name.decode("latin-1")) for name in names):
                writer.write(_build_health_or_metrics_response(request_line))
            else:
                writer.write(_build_refused_host_response())
            await writer.drain()
    except (OSError, EOFError, asyncio.LimitOverrunError):
        pass  # The client left, or does not speak HTTP.
    finally:
        writer.close()


def _build_health_or_metrics_response(request_line: bytes) -> bytes:
    match request_line.split(b" "):
        case [b"GET", b"/healthz", _]:
            return _encode_health_response("200 OK", "application/json", b'{"status": "ok"}')
        case [b"GET", b"/metrics", _]:
            return _encode_health_response("200 OK", CONTENT_TYPE_LATEST, generate_latest())
        case _:
            return _encode_health_response("404 Not Found", "text/plain", b"GET /healthz or /metrics\n")


def _build_refused_host_response() -> bytes:
    refused = HostHeaderRefused()
    problem = Problem(code=refused.code, message=refused.message, request_id=ids.new_prefixed_id(ids.REQUEST_ID_PREFIX))
    return _encode_health_response(
        "421 Misdirected Request", "application/json", msgspec.json.encode(Envelope(error=problem))
    )


def _encode_health_response(status: str, content_type: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}"
    return f"{head}\r\nConnection: close\r\n\r\n".encode() + body


@asynccontextmanager
async def measure_loop_lag() -> AsyncIterator[None]:
    """Set the metric `loop_lag_seconds` to the event loop's delay of a timer, each second while the block runs."""
    task = asyncio.create_task(_set_loop_lag_metric_forever())
    try:
        yield
    finally:
        task.cancel()


async def _set_loop_lag_metric_forever() -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LOOP_LAG_TIMER_S
        await asyncio.sleep(LOOP_LAG_TIMER_S)
        metrics.LOOP_LAG_SECONDS_GAUGE.set(loop.time() - due)
