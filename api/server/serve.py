"""Runs an API process: an application on a port, from the first signal to the last."""

import asyncio
import contextlib
import gc
import ipaddress
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from typing import Any

import uvicorn
from litestar import Litestar

from api.server.admission import ConnectionAdmission, ConnectionLimits, raise_open_file_limit
from api.server.connection import ClientConnection
from api.server.refusals import HttpRequestRefusal, render_refusal
from db.wait_for_postgres import retry_until_postgres_answers
from schemas.errors import SettingsInvalid
from telemetry import logs

#: uvicorn's ticks in a tick of the admission.
UVICORN_TICKS_PER_SECOND = 10

#: Maximum of unsent bytes in the kernel's buffer of a connection, inherited by accepted sockets. By default
#: the kernel holds megabytes for each client that reads nothing (`TCP_NOTSENT_LOWAT`, man 7 tcp).
MAX_UNSENT_SOCKET_BYTES = 128 * 1024

#: Seconds that open requests may continue after a stop signal.
SHUTDOWN_GRACE_S = 30

#: Of the minimal server: seconds for a request's head, and maximum of connections.
FALLBACK_SERVER_HEAD_TIMEOUT_S, MAX_FALLBACK_SERVER_CONNECTIONS = 5.0, 100

POSTGRES_AWAY_REFUSAL = HttpRequestRefusal("UNAVAILABLE", "the database is unreachable: repeat after `Retry-After`")

_HEALTH_CHECK_BODY = b'{"status":"ok"}'
_HEALTH_CHECK_RESPONSE = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_HEALTH_CHECK_BODY), _HEALTH_CHECK_BODY)
)

_log = logs.get_logger("api.server")


class ApiHttpServer(uvicorn.Server):
    """uvicorn's server with an admission. Its caller handles the signals."""

    def __init__(self, app: Litestar, admission: ConnectionAdmission, *, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http=partial(ClientConnection, admission),  # type: ignore[arg-type]  # uvicorn only calls it
                interface="asgi3",
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
            )
        )
        self.admission = admission
        self.stopped = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signal handlers unchanged: the lifespan has installed its own."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen on the server's sockets. Raises `SettingsInvalid` if another process just took the port."""
        try:
            await super().startup(sockets)
        except OSError as error:
            raise _describe_bind_error(self.config.host, self.config.port, error) from error

    async def on_tick(self, counter: int) -> bool:
        if counter % UVICORN_TICKS_PER_SECOND == 0:
            self.admission.advance_tick_and_check_timeouts()
        return await super().on_tick(counter)

    def handle_stop_signal(self) -> None:
        """Stop after open requests; on the second signal, stop at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self.stopped.set()


async def serve_application(app: Litestar, limits: ConnectionLimits, *, host: str, port: int) -> None:
    """Serve an application on a port until SIGTERM or SIGINT. Raises errors of `bind_port` and of the lifespan.

    While Postgres is away at the start, `/healthz` answers 200 and all other paths 503.
    """
    raise_open_file_limit()
    with bind_port(host, port) as sockets:
        app.state.private = all(is_socket_bound_to_loopback(sock) for sock in sockets)
        server = ApiHttpServer(app, ConnectionAdmission(limits), host=host, port=port)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.handle_stop_signal)
        async with contextlib.AsyncExitStack() as stack:
            if not await _open_api_lifespan_once_postgres_up(app, stack, sockets, server.stopped):
                return
            _exclude_objects_from_gc()
            _log.info(
                "serving",
                port=sockets[0].getsockname()[1],
                connections=limits.connections,
                per_address=limits.per_address,
            )
            await server.serve(sockets)


async def _open_api_lifespan_once_postgres_up(
    app: Litestar, stack: contextlib.AsyncExitStack, sockets: list[socket.socket], stopped: asyncio.Event
) -> bool:
    """Open the application's lifespan once Postgres answers; return False if a stop signal came first.

    While Postgres is away, the sockets answer `/healthz` with 200 and all other paths with 503.
    """
    async with contextlib.AsyncExitStack() as meanwhile:
        answers = [_run_postgres_away_server(sockets)]

        async def enter() -> bool:
            try:
                await stack.enter_async_context(app.lifespan())
            except Exception:
                while answers:
                    await meanwhile.enter_async_context(answers.pop())
                raise
            return True

        return await retry_until_postgres_answers(enter, stopped) is True


def is_socket_bound_to_loopback(bind_port: socket.socket) -> bool:
    """Return whether only this machine can reach the socket's address."""
    return ipaddress.ip_address(bind_port.getsockname()[0]).is_loopback


def _exclude_objects_from_gc() -> None:
    """Exclude all current objects from garbage collection: they live until the process ends.

    Each full collection stopped all requests for 45 to 170 ms, measured on a busy machine.
    """
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def bind_port(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Bind a port on each address of a host, and yield the sockets; close them at the end of the block.

    They don't listen yet: until the server does, callers are refused. Port 0 takes a free one. Raises
    `SettingsInvalid` if the host or port is unavailable.
    """
    with contextlib.ExitStack() as stack:
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            # A host may have an address twice in /etc/hosts.
            sockets = [
                _bind_socket(stack.enter_context(socket.socket(family)), at)
                for family, at in dict.fromkeys((info[0], info[-1]) for info in addresses)
            ]
        except OSError as error:
            raise _describe_bind_error(host, port, error) from error
        yield sockets


def _describe_bind_error(host: str, port: int, error: OSError) -> SettingsInvalid:
    return SettingsInvalid(
        f"--port {port} of --host {host} can't be used ({error.strerror}): end the process that uses it, "
        "or choose another port; 0 takes a free one"
    )


def _bind_socket(sock: socket.socket, address: Any) -> socket.socket:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT_SOCKET_BYTES)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(address)
    return sock


@contextlib.asynccontextmanager
async def _run_postgres_away_server(sockets: Sequence[socket.socket]) -> AsyncIterator[None]:
    """Run a minimal server for the block, while Postgres is away: 200 to `/healthz`, 503 to other paths.

    The sockets stay open after the block.
    """
    room = asyncio.Semaphore(MAX_FALLBACK_SERVER_CONNECTIONS)
    respond = partial(_respond_while_postgres_away, room)
    servers = [await asyncio.start_server(respond, sock=sock.dup()) for sock in sockets]
    try:
        yield
    finally:
        for server in servers:
            server.close()


async def _respond_while_postgres_away(
    room: asyncio.Semaphore, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        if room.locked():
            return
        async with room, asyncio.timeout(FALLBACK_SERVER_HEAD_TIMEOUT_S):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(
                _HEALTH_CHECK_RESPONSE if head.startswith(b"GET /healthz ") else render_refusal(POSTGRES_AWAY_REFUSAL)
            )
            await writer.drain()
    except (OSError, EOFError, asyncio.LimitOverrunError):
        pass  # The client disconnected, was too slow, or does not speak HTTP.
    finally:
        writer.close()
