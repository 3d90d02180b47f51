"""The process of an API: an application and a port, from the first signal that it hears to the last."""

import asyncio
import contextlib
import gc
import ipaddress
import signal
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import uvicorn
from litestar import Litestar

from api.server.admission import Admission, Limits, raise_files
from api.server.connection import Connection
from api.server.unready import answering
from db.wait_for_postgres import until_reached
from schemas.errors import SettingsInvalid
from telemetry import logs

#: uvicorn's turns in a tick of the admission.
TURNS = 10

#: Bytes of an answer that the kernel takes beyond those on their way. Accepted sockets inherit it. Without it
#: the kernel holds megabytes for each client that reads nothing (`TCP_NOTSENT_LOWAT`, man 7 tcp).
UNSENT_MAX = 128 * 1024

#: How long requests may go on after the signal to end, in seconds.
GRACE_S = 30

_log = logs.get("api.server")


class Server(uvicorn.Server):
    """uvicorn's server, with an admission. It leaves signals to who runs it."""

    def __init__(self, app: Litestar, admission: Admission, *, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http=partial(Connection, admission),  # type: ignore[arg-type]  # it is only ever called
                interface="asgi3",
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        self.admission = admission
        self.stopped = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them as they are: the lifespan that began before us hears them, too."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen. Raises `SettingsInvalid` where somebody else began to in the same moment."""
        try:
            await super().startup(sockets)
        except OSError as error:
            raise _unusable(self.config.host, self.config.port, error) from error

    async def on_tick(self, counter: int) -> bool:
        if counter % TURNS == 0:
            self.admission.tick()
        return await super().on_tick(counter)

    def hear(self) -> None:
        """End in order; told twice, at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self.stopped.set()


async def serve(app: Litestar, limits: Limits, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. Raises what `bound` and the application's lifespan raise.

    While Postgres is away at the start, `/healthz` answers 200 and all else 503.
    """
    raise_files()
    with bound(host, port) as sockets:
        app.state.private = all(is_here(one) for one in sockets)
        server = Server(app, Admission(limits), host=host, port=port)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.hear)
        async with contextlib.AsyncExitStack() as stack:
            if not await _open_lifespan(app, stack, sockets, server.stopped):
                return
            _keep_for_good()
            _log.info(
                "serving",
                port=sockets[0].getsockname()[1],
                connections=limits.connections,
                per_address=limits.per_address,
            )
            await server.serve(sockets)


async def _open_lifespan(
    app: Litestar, stack: contextlib.AsyncExitStack, sockets: list[socket.socket], stopped: asyncio.Event
) -> bool:
    """Open the application's lifespan once Postgres answers; False if a stop came first."""
    async with contextlib.AsyncExitStack() as meanwhile:
        answers = [answering(sockets)]

        async def enter() -> bool:
            try:
                await stack.enter_async_context(app.lifespan())
            except Exception:
                while answers:
                    await meanwhile.enter_async_context(answers.pop())
                raise
            return True

        return await until_reached(enter, stopped) is True


def is_here(bound: socket.socket) -> bool:
    """True if only this machine can call its address."""
    return ipaddress.ip_address(bound.getsockname()[0]).is_loopback


def _keep_for_good() -> None:
    """Have no search for garbage look again at what the process has by now, which it has to its end.

    Each that did so stopped all requests: for 45 to 170 ms, measured on a busy machine.
    """
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def bound(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Sockets of a port on each address of a host, so that it is ours before anything else is begun.

    Nobody is heard yet: until the server listens, who calls is refused. Port 0 takes a free one.
    Raises `SettingsInvalid` for a host or a port that can't be had.
    """
    with contextlib.ExitStack() as stack:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            # A host may have an address twice in /etc/hosts.
            sockets = [
                _bound(stack.enter_context(socket.socket(family)), at)
                for family, at in dict.fromkeys((one[0], one[-1]) for one in found)
            ]
        except OSError as error:
            raise _unusable(host, port, error) from error
        yield sockets


def _unusable(host: str, port: int, error: OSError) -> SettingsInvalid:
    return SettingsInvalid(
        f"--port {port} of --host {host} can't be used ({error.strerror}): "
        "end what listens there, or choose another; 0 takes a free port"
    )


def _bound(made: socket.socket, address: Any) -> socket.socket:
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_MAX)
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.bind(address)
    return made
