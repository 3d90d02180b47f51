"""Low-level HTTP/1.1 server: faults need truncated responses and silent connections.

`served(simulator)` runs it in a thread with its own event loop, for any kind of test.
"""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from urllib.parse import parse_qsl, unquote, urlsplit

import h11

from chaos.loopback_server import serve_loopback_tcp
from tests.peers.simulators.control import Controlled
from tests.peers.simulators.faults import AFTER, BEFORE, SimFault
from tests.peers.simulators.ledger import Logged
from tests.peers.simulators.routing import Request, SimReply
from tests.peers.simulators.simulator import Simulator

READ_BYTES = 1 << 18
START_S = 120


class SimulatorServer:
    """The connections to one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._control = Controlled(simulator)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(h11.RemoteProtocolError):  # The client left, or sent no HTTP.
            await self._talk(Wire(reader, writer))

    async def _talk(self, wire: "Wire") -> None:
        while (request := await wire.asked()) is not None:
            if request.path.startswith("/_sim/"):
                kept = await wire.say(await self._control.answer(request))
            else:
                kept = await self._exchange(wire, request)
            if not kept:
                return

    async def _exchange(self, wire: "Wire", request: Request) -> bool:
        """Respond under the faults; return whether the connection continues."""
        simulator = self.simulator
        whose = simulator.names(request), simulator.account_of(request)
        before = simulator.faults.take(BEFORE, request.method, *whose)
        if before is not None:
            self._log(request)
            return await self._kept_from(wire, request, before)
        answer = await self._decided(request)
        after = simulator.faults.take(AFTER, request.method, *whose) if answer.has_accepted() else None
        self._log(request)
        return await self._say(wire, request, answer, after)

    async def _decided(self, request: Request) -> SimReply:
        try:
            return await self.simulator.answer(request)
        except Exception as bug:
            self.simulator.bugs.append(bug)
            raise

    async def _kept_from(self, wire: "Wire", request: Request, fault: SimFault) -> bool:
        if fault is SimFault.REFUSE_500:
            return await wire.say(self.simulator.refusal_of(request, 500))
        if fault is SimFault.REFUSE_429:
            return await wire.say(self.simulator.refusal_of(request, 429))
        if fault is SimFault.DROP_THEN_ACCEPT:
            self._control.later.append(request)
        return wire.drop()

    async def _say(self, wire: "Wire", request: Request, answer: SimReply, fault: SimFault | None) -> bool:
        if fault is SimFault.ACCEPT_THEN_500:
            return await wire.say(self.simulator.refusal_of(request, 500))
        if fault is SimFault.CREATED_BUT_400:
            return await wire.say(self.simulator.refusal_of(request, 400))
        if fault is SimFault.TRUNCATED_200:
            return await wire.say_half(answer)
        if fault is SimFault.ACCEPT_THEN_TIMEOUT:
            await self._hold(wire)
        return wire.drop() if fault is SimFault.ACCEPT_THEN_DROP else await wire.say(answer)

    async def _hold(self, wire: "Wire") -> None:
        """Hold the response until `POST /_sim/release`, or until the client leaves."""
        self.simulator.faults.held += 1
        go, left = asyncio.ensure_future(self._control.go.wait()), asyncio.ensure_future(wire.left())
        try:
            await asyncio.wait({go, left}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.simulator.faults.held -= 1
            go.cancel()
            left.cancel()

    def _log(self, request: Request) -> None:
        names, account = self.simulator.names(request), self.simulator.account_of(request)
        self.simulator.log.add(Logged(method=request.method, path=request.path, names=names, account=account))


class Wire:
    """One connection. Its send methods return whether more may be sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.SERVER)

    async def asked(self) -> Request | None:
        """Read a whole request; None at the end. A truncated one raises RemoteProtocolError."""
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                if self._http.they_are_waiting_for_100_continue:
                    await self._send(h11.InformationalResponse(status_code=100, headers=[]))
                self._http.receive_data(await self._reader.read(READ_BYTES))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return parsed(head, bytes(body))
            else:
                return None

    async def say(self, answer: SimReply) -> bool:
        length = ("Content-Length", str(len(answer.body)))
        headers = [length, *answer.headers.items()]
        await self._send(h11.Response(status_code=answer.status, headers=headers))
        await self._send(h11.Data(data=answer.body))
        await self._send(h11.EndOfMessage())
        if self._http.our_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    async def say_half(self, answer: SimReply) -> bool:
        """Send the head of a response, and less than its announced body."""
        length = max(len(answer.body), 16)
        kind = answer.headers.get("Content-Type", "application/json")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        self._writer.write(head.encode() + answer.body[: length // 2])
        await self._writer.drain()
        return False

    def drop(self) -> bool:
        """Abort the connection."""
        self._writer.transport.abort()
        return False

    async def left(self) -> None:
        """Wait until the client has closed."""
        with suppress(ConnectionError):
            while await self._reader.read(READ_BYTES):
                pass

    async def _send(self, event: h11.Event) -> None:
        self._writer.write(self._http.send(event) or b"")
        await self._writer.drain()


def parsed(head: h11.Request, body: bytes) -> Request:
    target = urlsplit(head.target.decode())
    return Request(
        method=head.method.decode(),
        path=unquote(target.path),
        query=dict(parse_qsl(target.query, keep_blank_values=True)),
        headers={name.decode(): value.decode("latin-1") for name, value in head.headers},
        body=body,
    )


@contextmanager
def served(simulator: Simulator) -> Iterator[str]:
    """Serve the simulator while the block runs; yields its address, `http://127.0.0.1:PORT`.

    A bug in the simulator breaks a connection, like a fault; it is therefore raised at the end (an
    ExceptionGroup).
    """
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(target=asyncio.run, args=(run(simulator, started),), daemon=True)
    thread.start()
    loop, stop = started.result(START_S)
    try:
        yield simulator.base
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(START_S)
    if simulator.bugs:
        raise BaseExceptionGroup(f"the simulated {simulator.name} has made mistakes", simulator.bugs)


async def run(simulator: Simulator, started: "Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]") -> None:
    stop = asyncio.Event()
    try:
        async with serve_loopback_tcp(SimulatorServer(simulator).serve) as bound:
            simulator.base = f"http://127.0.0.1:{bound}"
            started.set_result((asyncio.get_running_loop(), stop))
            await stop.wait()
            simulator.clock.stop()
    except OSError as error:
        started.set_exception(error)
