"""Greedy connections: each is ended in time, and other clients don't wait for it."""

import pytest

from api.server.admission import HttpConnectionLimits, find_network_of_client
from tests.api.conftest import poll
from tests.api.server.conftest import RawClient, ServerUnderTest

LIMITS = HttpConnectionLimits()

GET = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"


def build_post(path: str, body: bytes, length: int | None = None) -> bytes:
    length = len(body) if length is None else length
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode() + body


async def wait_until_read(edge: ServerUnderTest) -> None:
    """Wait until the server has read all earlier data: a later request is answered."""
    await edge.get(address="127.0.9.9")


async def test_idle_connection_is_ended(edge: ServerUnderTest) -> None:
    client = await edge.connect()
    edge.pass_time(LIMITS.head - 2)
    client.send(GET)
    assert (await client.answer())[0] == 200
    edge.pass_time(LIMITS.idle - 2)
    client.send(GET)
    assert (await client.answer())[0] == 200
    edge.pass_time(LIMITS.idle)
    assert await client.wait_until_closed()


@pytest.mark.parametrize("sent", [b"", b"\r\n"])
async def test_silent_new_connection_is_ended(edge: ServerUnderTest, sent: bytes) -> None:
    client = await edge.connect()
    for _ in range(LIMITS.head):
        client.send(sent)
        await wait_until_read(edge)
        edge.pass_time(1)
    assert await client.wait_until_closed()


async def test_slow_head_is_ended(edge: ServerUnderTest) -> None:
    client = await edge.connect()
    for byte in b"GET /echo HTTP/1.1\r\n"[: LIMITS.head]:
        client.send(bytes([byte]))
        await wait_until_read(edge)
        edge.pass_time(1)
    assert await client.read_error() == (400, "BAD_REQUEST")
    assert await client.wait_until_closed()
    assert "/echo" not in edge.app.left


@pytest.mark.parametrize("drop", [b"", b"x"])
async def test_slow_body_is_ended(edge: ServerUnderTest, drop: bytes) -> None:
    client = await edge.connect()
    client.send(build_post("/slow", b"", 1000))
    await edge.wait_for_requests(1)
    for _ in range(LIMITS.body + 2):
        client.send(drop)
        await wait_until_read(edge)
        edge.pass_time(1)
    assert await client.read_error() == (400, "BAD_REQUEST")
    assert await client.wait_until_closed()
    assert edge.app.left == ["/slow"]


async def test_steady_slow_body_is_accepted(edge: ServerUnderTest) -> None:
    client, rounds = await edge.connect(), 4 * LIMITS.body
    client.send(build_post("/slow", b"", rounds * LIMITS.body_rate))
    for _ in range(rounds):
        client.send(bytes(LIMITS.body_rate))
        await wait_until_read(edge)
        edge.pass_time(1)
    status, _, body = await client.answer()
    assert (status, len(body)) == (200, rounds * LIMITS.body_rate)


async def test_empty_chunks_are_no_progress(edge: ServerUnderTest) -> None:
    client = await edge.connect()
    client.send(b"POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;")
    await edge.wait_for_requests(1)
    client.send(b"x" * 512 * 1024)
    assert await client.read_error() == (400, "BAD_REQUEST")


async def test_waiting_or_streaming_request_is_not_idle(edge: ServerUnderTest) -> None:
    waits, streams = await edge.connect(), await edge.connect()
    waits.send(GET.replace(b"/echo", b"/hold"))
    streams.send(GET.replace(b"/echo", b"/stream"))
    await edge.wait_for_requests(2)
    head = await streams.reader.readuntil(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head
    edge.pass_time(2 * LIMITS.idle)
    edge.app.go.set()
    assert (await waits.answer())[2] == b"held"
    assert await streams.reader.readexactly(len(b"4\r\nnews\r\n0\r\n\r\n")) == b"4\r\nnews\r\n0\r\n\r\n"


async def test_unread_body_is_not_blamed_on_the_client(edge: ServerUnderTest) -> None:
    client = await edge.connect()
    client.send(build_post("/hold", bytes(1024 * 1024)))
    await edge.wait_for_requests(1)
    await wait_until_read(edge)
    edge.pass_time(3 * LIMITS.body)
    edge.app.go.set()
    assert (await client.answer())[2] == b"held"


async def test_body_without_100_continue_is_not_blamed_on_the_client(edge: ServerUnderTest) -> None:
    """Nor is it late, so it isn't evicted."""
    client = await edge.connect()
    client.send(build_post("/hold", b"", 1000).replace(b"Host: a", b"Host: a\r\nExpect: 100-continue"))
    await edge.wait_for_requests(1)
    edge.pass_time(3 * LIMITS.body)
    for _ in range(4):
        await edge.connect()
    edge.app.go.set()
    assert (await client.answer())[2] == b"held"


async def test_client_that_reads_nothing_is_ended(edge: ServerUnderTest) -> None:
    client = await edge.connect()
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    client.send(GET.replace(b"/echo", b"/large"))
    await edge.wait_for_requests(1)
    await wait_until_read(edge)
    edge.pass_time(LIMITS.stall + 2)
    await wait_until_gone(edge, client)


async def wait_until_gone(edge: ServerUnderTest, client: RawClient) -> None:
    ours = client.writer.get_extra_info("sockname")
    await poll(lambda: all(each.client != ours for each in edge.connections))


async def test_address_at_its_limit_loses_its_oldest_idle_connection(edge: ServerUnderTest) -> None:
    """Its oldest idle connection is evicted; connections of strangers and busy ones stay."""
    other, busy = await edge.connect("127.0.0.2"), await edge.connect()
    busy.send(GET.replace(b"/echo", b"/hold"))
    await edge.wait_for_requests(1)
    silent = [await edge.connect() for _ in range(3)]
    assert await edge.get() == (200, b"")
    assert await silent[0].wait_until_closed()
    for client in (other, *silent[2:]):
        client.send(GET)
        assert (await client.answer())[0] == 200
    edge.app.go.set()
    assert (await busy.answer())[2] == b"held"


async def test_address_with_only_busy_connections_is_refused(edge: ServerUnderTest) -> None:
    await edge.hold(*["127.0.0.1"] * 4)
    assert await (await edge.connect()).read_error() == (503, "UNAVAILABLE")
    assert await edge.get(address="127.0.0.2") == (200, b"")


async def open_late_bodies(edge: ServerUnderTest) -> list[RawClient]:
    """Take all places by two addresses that don't send their bodies."""
    clients = []
    for number in range(8):
        clients.append(await edge.connect(f"127.0.5.{number % 2 + 1}"))
        clients[-1].send(build_post("/slow", b"x", 1000))
        await edge.wait_for_requests(number + 1)
    return clients


async def check_refused(edge: ServerUnderTest) -> None:
    """Check that another client is refused; it disconnects."""
    client = await send_request(edge, "/echo")
    assert await client.read_error() == (503, "UNAVAILABLE")
    client.writer.close()
    await wait_until_gone(edge, client)


async def wait_for_bytes(edge: ServerUnderTest, size: int) -> None:
    """Wait until this many bytes of bodies have arrived."""
    await poll(lambda: sum(each.body_read for each in edge.connections) >= size)


async def test_missing_bodies_are_evicted(edge: ServerUnderTest) -> None:
    """The first late one is evicted; one that has arrived meanwhile is answered."""
    first, second, *_ = await open_late_bodies(edge)
    edge.pass_time(LIMITS.late - 1)
    await check_refused(edge)
    edge.pass_time(1)
    first.send(b"x" * 999)
    assert (await first.answer())[0] == 200
    first.send(GET.replace(b"/echo", b"/hold"))
    await edge.wait_for_requests(9)
    assert await edge.get(address="127.0.0.2") == (200, b"")
    assert await second.wait_until_closed()
    edge.app.go.set()
    assert (await first.answer())[2] == b"held"


async def test_address_with_missing_bodies_evicts_its_own(edge: ServerUnderTest) -> None:
    first, second, *_ = await open_late_bodies(edge)
    edge.pass_time(LIMITS.late)
    assert await edge.get(address="127.0.5.2") == (200, b"")
    assert await second.wait_until_closed()
    first.send(b"x" * 999)
    assert (await first.answer())[0] == 200


async def test_timely_body_is_not_evicted(edge: ServerUnderTest) -> None:
    """Nor is a request evicted that waits for its answer after a late body."""
    waits, slow = [await edge.connect("127.0.5.1") for _ in range(4)], await edge.connect("127.0.5.2")
    for client in waits:
        client.send(build_post("/hold", b"", 1))
    slow.send(build_post("/slow", b"", 10 * LIMITS.body_rate))
    await edge.wait_for_requests(5)
    for tick in range(1, 2 * LIMITS.late):
        slow.send(bytes(LIMITS.body_rate))
        await wait_for_bytes(edge, tick * LIMITS.body_rate)
        edge.pass_time(1)
    for client in waits:
        client.send(b"x")
    await wait_for_bytes(edge, (2 * LIMITS.late - 1) * LIMITS.body_rate + len(waits))
    await edge.hold(*["127.0.5.3"] * 3)
    await check_refused(edge)
    edge.app.go.set()
    assert [(await client.answer())[2] for client in waits] == [b"held"] * 4


async def test_idle_connections_block_no_client(edge: ServerUnderTest) -> None:
    """Idle connections from many addresses, ten times the limit, and another client after some of them."""
    for number in range(80):
        await edge.connect(f"127.1.{number}.1")
        if number % 10 == 0:
            assert await edge.get(address="127.0.0.2") == (200, b"")
    assert len(edge.connections) <= 12


async def test_health_has_a_reserve(edge: ServerUnderTest) -> None:
    await edge.hold(*(f"127.0.1.{count}" for count in range(1, 9)))
    assert await (await send_request(edge, "/echo")).read_error() == (503, "UNAVAILABLE")
    assert (await (await send_request(edge, "/readyz")).answer())[0] == 200
    assert (await (await send_request(edge, "/healthz")).answer())[0] == 200
    edge.app.go.set()


async def send_request(edge: ServerUnderTest, path: str) -> RawClient:
    client = await edge.connect("127.0.0.2")
    client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return client


def test_ipv6_network_counts_as_one_address() -> None:
    assert (
        find_network_of_client("2001:db8:1:2::1")
        == find_network_of_client("2001:db8:1:2:ffff::1")
        != find_network_of_client("2001:db8:1:3::1")
    )
    assert (
        find_network_of_client("::ffff:192.0.2.1")
        == find_network_of_client("192.0.2.1")
        != find_network_of_client("192.0.2.2")
    )
    assert find_network_of_client("a socket's path") == "a socket's path"
