"""Runs an API process: an application on a port, from the first signal to the last."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial

import uvicorn
from litestar import Litestar

from api.server.admission import HttpConnectionAdmission, HttpConnectionLimits, raise_open_file_limit
from api.server.connection import ClientConnection
from api.server.refusals import HttpRequestRefusal, render_refusal
from api.server.sockets import SOCKET_BACKLOG, is_socket_bound_to_loopback
from db.wait_for_postgres import retry_until_postgres_answers
from processes.image import PROCESS_WITHOUT_IMAGE, ServingProcess
from telemetry import logs

#: uvicorn's ticks in a tick of the admission.
UVICORN_TICKS_PER_SECOND = 10

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

    def __init__(
        self, app: Litestar, admission: HttpConnectionAdmission, process: ServingProcess = PROCESS_WITHOUT_IMAGE
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=partial(ClientConnection, admission),  # type: ignore[arg-type]  # uvicorn only calls it
                interface="asgi3",
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=SOCKET_BACKLOG,
                timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
            )
        )
        self.admission = admission
        self._process = process
        self.stopped = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signal handlers unchanged: the lifespan has installed its own."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._process.report_serving()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.admission.is_draining = True
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        if counter % UVICORN_TICKS_PER_SECOND == 0:
            self.admission.advance_tick_and_check_timeouts()
        return await super().on_tick(counter)

    def handle_stop_signal(self) -> None:
        """Stop after open requests; on the second signal, stop at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self.stopped.set()


async def serve_application(
    app: Litestar, limits: HttpConnectionLimits, sockets: list[socket.socket], process: ServingProcess
) -> None:
    """Serve an application on listening sockets until SIGTERM or SIGINT. Raises errors of the lifespan.

    While Postgres is away at the start, `/healthz` answers 200 and all other paths 503. If other processes serve,
    this one accepts no connection until then. A spare accepts connections once it takes the place of an ended process.
    """
    raise_open_file_limit()
    app.state.private = all(is_socket_bound_to_loopback(sock) for sock in sockets)
    app.state.process = process
    server = ApiHttpServer(app, HttpConnectionAdmission(limits), process)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.handle_stop_signal)
    fallback_sockets = () if process.is_beside_serving_ones else sockets
    async with contextlib.AsyncExitStack() as stack:
        if not await _open_api_lifespan_once_postgres_up(app, stack, fallback_sockets, server.stopped):
            return
        _exclude_objects_from_gc()
        if not await _wait_for_number_or_stop(process, server.stopped):
            return
        _log.info(
            "serving",
            pid=os.getpid(),
            port=sockets[0].getsockname()[1],
            connections=limits.connections,
            per_address=limits.per_address,
        )
        await server.serve(sockets)


async def _open_api_lifespan_once_postgres_up(
    app: Litestar, stack: contextlib.AsyncExitStack, fallback_sockets: Sequence[socket.socket], stopped: asyncio.Event
) -> bool:
    """Open the application's lifespan once Postgres answers; return False if a stop signal came first.

    While Postgres is away, these sockets answer `/healthz` with 200 and all other paths with 503.
    """
    async with contextlib.AsyncExitStack() as meanwhile:
        answers = [_run_postgres_away_server(fallback_sockets)]

        async def enter() -> bool:
            try:
                await stack.enter_async_context(app.lifespan())
            except Exception:
                while answers:
                    await meanwhile.enter_async_context(answers.pop())
                raise
            return True

        return await retry_until_postgres_answers(enter, stopped) is True


async def _wait_for_number_or_stop(process: ServingProcess, stopped: asyncio.Event) -> bool:
    """Wait until this process may serve; return False if a stop signal came first."""
    if not process.has_number.is_set():
        _log.info("ready as the spare", pid=os.getpid())
    waits = [asyncio.create_task(process.wait_for_number()), asyncio.create_task(stopped.wait())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return not stopped.is_set()


def _exclude_objects_from_gc() -> None:
    """Exclude all current objects from garbage collection: they live until the process ends.

    Each full collection stopped all requests for 45 to 170 ms, measured on a busy machine.
    """
    gc.collect()
    gc.freeze()


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
