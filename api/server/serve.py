"""Runs an API process: an application on a port, from the first signal to the last."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import uvicorn
from litestar import Litestar

from api.server.admission import HttpConnectionAdmission, HttpConnectionLimits, raise_open_file_limit
from api.server.connection import ClientConnection
from api.server.sockets import SOCKET_BACKLOG, is_socket_bound_to_loopback
from api.server.waiting import WaitingConnection, accept_waiting_connections
from db.wait_for_postgres import retry_until_postgres_answers
from processes.image import PROCESS_WITHOUT_IMAGE, ServingProcessFacts
from telemetry import logs

#: uvicorn's ticks in a tick of the admission.
UVICORN_TICKS_PER_SECOND = 10

#: Seconds that open requests may continue after a stop signal.
SHUTDOWN_GRACE_S = 30

_log = logs.get_logger("api.server")


class ApiHttpServer(uvicorn.Server):
    """uvicorn's server with an admission. Its caller handles the signals."""

    def __init__(
        self, app: Litestar, admission: HttpConnectionAdmission, process: ServingProcessFacts = PROCESS_WITHOUT_IMAGE
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
        #: Connections from before the start.
        self.waiting: set[WaitingConnection] = set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signal handlers unchanged: the lifespan has installed its own."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for connection in [*self.waiting]:
            connection.move_to(self._create_protocol())
        self._process.report_serving()

    def _create_protocol(self) -> asyncio.Protocol:
        create: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return create(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

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
    app: Litestar, limits: HttpConnectionLimits, sockets: list[socket.socket], process: ServingProcessFacts
) -> None:
    """Serve an application on listening sockets until SIGTERM or SIGINT. Raises errors of the lifespan.

    While Postgres is away at the start, `/healthz` answers 200. All other paths answer 503 after a second, or from the
    application if that starts sooner. If other processes serve, this one accepts no connection until then. A spare
    accepts connections once it takes the place of an ended process.
    """
    raise_open_file_limit()
    app.state.private = all(is_socket_bound_to_loopback(sock) for sock in sockets)
    app.state.process = process
    server = ApiHttpServer(app, HttpConnectionAdmission(limits), process)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.handle_stop_signal)
    sockets_of_waiting = () if process.is_beside_serving_ones else sockets
    async with contextlib.AsyncExitStack() as stack:
        is_open = await _open_api_lifespan_once_postgres_up(app, stack, sockets_of_waiting, server)
        _exclude_objects_from_gc()
        if not (is_open and await _wait_for_number_or_stop(process, server.stopped)):
            for connection in [*server.waiting]:
                connection.refuse()
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
    app: Litestar, stack: contextlib.AsyncExitStack, sockets: Sequence[socket.socket], server: ApiHttpServer
) -> bool:
    """Open the application's lifespan once Postgres answers; return False if a stop signal came first.

    While Postgres is away, connections to these sockets wait in the server's set.
    """
    async with contextlib.AsyncExitStack() as meanwhile:
        answers = [accept_waiting_connections(sockets, server.waiting)]

        async def enter() -> bool:
            try:
                await stack.enter_async_context(app.lifespan())
            except Exception:
                while answers:
                    await meanwhile.enter_async_context(answers.pop())
                raise
            return True

        return await retry_until_postgres_answers(enter, server.stopped) is True


async def _wait_for_number_or_stop(process: ServingProcessFacts, stopped: asyncio.Event) -> bool:
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
