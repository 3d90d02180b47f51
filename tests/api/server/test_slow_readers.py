"""Clients that read an answer slowly or not at all: which connection stays, is evicted, or ended."""

import asyncio
import socket

import pytest

from api.server.admission import HttpConnectionLimits
from api.server.answer_rate import count_unacknowledged_bytes
from api.server.connection import ClientConnection
from tests.api.conftest import poll
from tests.api.server.conftest import ServerUnderTest
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.timing

LIMITS = HttpConnectionLimits()

#: A receive buffer and segments so small that the kernels hold little of an answer.
WINDOW, SEGMENT = 16 * 1024, 1024

GET_LARGE = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = 8 * 1024 * 1024


class SlowReader:
    """A client that has requested 8 MiB and reads on command."""

    def __init__(self, sock: socket.socket, connection: ClientConnection) -> None:
        self.sock, self.connection = sock, connection
        self.taken = 0

    @property
    def unsent(self) -> int:
        return self.connection.transport.get_write_buffer_size()

    @property
    def acknowledged(self) -> int:
        """Bytes that the server's kernel knows to have reached the client's kernel."""
        transport = self.connection.transport
        return self.connection.answer_rate.written - self.unsent - count_unacknowledged_bytes(transport)

    async def read(self, size: int) -> None:
        """Read exactly `size` bytes."""
        loop, left = asyncio.get_running_loop(), size
        while left:
            async with asyncio.timeout(PATIENCE_S):
                data = await loop.sock_recv(self.sock, left)
            assert data, "the server closed the connection"
            left -= len(data)
        self.taken += size

    async def wait_for_acknowledgement(self) -> None:
        """Wait until the server's kernel has all acknowledgements, which may be delayed."""
        await poll(lambda: self.acknowledged >= self.taken)

    async def wait_until_blocked(self) -> None:
        """Wait until the client's window is full: ten polls in a row see no progress."""
        seen: list[int] = []

        async def is_still() -> bool:
            seen.append(self.acknowledged)
            return bool(self.unsent) and seen[-10:] == [seen[-1]] * 10

        await eventually(is_still)

    async def is_cut_off(self) -> bool:
        """Wait until the server has closed the connection. Return whether a part of the answer is missing."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_S):
            try:
                while data := await loop.sock_recv(self.sock, 1 << 20):
                    self.taken += len(data)
            except ConnectionError:
                pass
        return self.taken < LARGE


async def open_reader(
    edge: ServerUnderTest, address: str = "127.0.0.5", request: bytes = GET_LARGE, window: int = WINDOW
) -> SlowReader:
    """Connect, request 8 MiB, and wait until the server can send no more."""
    before = edge.connections
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
    sock.setblocking(False)  # noqa: FBT003  # it takes no name
    sock.bind((address, 0))
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", edge.port))
    edge.sockets.append(sock)
    [connection] = await poll(lambda: [each for each in edge.connections if each not in before])
    ours = connection.transport.get_extra_info("socket")
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, WINDOW)
    await asyncio.get_running_loop().sock_sendall(sock, request)
    created = SlowReader(sock, connection)

    await created.wait_until_blocked()
    return created


async def fill_places(edge: ServerUnderTest, count: int) -> list[SlowReader]:
    """Take `count` places with readers of two addresses."""
    return [await open_reader(edge, f"127.0.6.{number % 2 + 1}") for number in range(count)]


async def third_address_is_refused(edge: ServerUnderTest) -> bool:
    """Send a request from a third address. Return whether the server has no place for it."""
    status, _ = await edge.get(address="127.0.0.2")
    return status == 503


async def test_silent_reader_is_evicted_after_a_few_ticks(edge: ServerUnderTest) -> None:
    readers = await fill_places(edge, 8)
    edge.pass_time(LIMITS.late)
    assert await third_address_is_refused(edge)
    edge.pass_time(1)
    for _ in range(20):
        assert not await third_address_is_refused(edge)
    assert await readers[0].is_cut_off()


async def test_address_with_silent_readers_evicts_its_own(edge: ServerUnderTest) -> None:
    _, second, *_ = await fill_places(edge, 8)
    edge.pass_time(LIMITS.late + 1)
    assert (await edge.get(address="127.0.6.2"))[0] == 200
    assert await second.is_cut_off()
    assert len(edge.connections) == 7


async def test_silent_reader_is_ended(edge: ServerUnderTest) -> None:
    one = await open_reader(edge)
    edge.pass_time(LIMITS.stall)
    assert one.connection in edge.connections
    edge.pass_time(1)
    assert await one.is_cut_off()


@pytest.mark.parametrize("request_", [GET_LARGE, GET_LARGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")])
async def test_trickle_is_ended(edge: ServerUnderTest, request_: bytes) -> None:
    """A byte per tick, after a fast start that buys no more than the grace."""
    one = await open_reader(edge, request=request_)
    await one.read(1024 * 1024)
    edge.pass_time(1)
    for _ in range(LIMITS.stall):
        await one.read(1)
        edge.pass_time(1)
    edge.pass_time(1)
    assert await one.is_cut_off()


async def test_slow_phone_gets_a_large_file_from_a_full_server(edge: ServerUnderTest) -> None:
    """8 KiB a tick, for three times the grace, while other clients are refused; then the rest.

    The client's kernel acknowledges in lumps of its buffer, which is smaller than two ticks for that reason.
    """
    one = await open_reader(edge, window=2048)
    await edge.hold(*(f"127.0.7.{count}" for count in range(1, 8)))
    for tick in range(3 * LIMITS.stall):
        await one.read(2 * LIMITS.answer_rate)
        await one.wait_for_acknowledgement()
        edge.pass_time(1)
        if tick % 10 == 9:
            assert await third_address_is_refused(edge)
    await one.read(LARGE - one.taken)


async def test_unsent_answer_is_not_idle(edge: ServerUnderTest) -> None:
    """The application has sent everything in one message; the connection isn't idle before it is
    transmitted.
    """
    one = await open_reader(edge)
    assert one.connection.cycle.response_complete
    edge.pass_time(1)
    await edge.hold(*(f"127.0.7.{count}" for count in range(1, 8)))
    assert await third_address_is_refused(edge)
    await one.read(LARGE)


async def test_unread_last_bytes_are_evicted(edge: ServerUnderTest) -> None:
    """Less than the transport's high-water mark, on a connection that closes after it."""
    request = GET_LARGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    one = await open_reader(edge, request=request)
    while one.unsent > 32 * 1024:
        await one.read(1024)
    assert one.unsent
    assert not one.connection.flow.write_paused
    edge.pass_time(LIMITS.stall + 1)
    assert await one.is_cut_off()
