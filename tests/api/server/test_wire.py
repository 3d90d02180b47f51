"""HTTP on the wire: the server's own refusals, answers before the body's end, all kinds of clients."""

import pytest

from api.server.admission import HttpConnectionLimits
from api.server.connection import MAX_HEAD_BYTES, MAX_HEAD_FIELDS, MAX_PIPELINED_REQUESTS, MAX_URI_BYTES
from api.server.cycle import MAX_UNREAD_BODY_BYTES_TO_KEEP_CONNECTION
from tests.api.server.conftest import ServerUnderTest

LIMITS = HttpConnectionLimits()


INVALID = (
    b"nonsense\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "GET /ü HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
    b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)


async def test_invalid_http_is_a_400(edge: ServerUnderTest) -> None:
    for request in INVALID:
        client = await edge.connect()
        client.send(request)
        assert await client.read_error() == (400, "BAD_REQUEST"), request
        client.writer.close()


async def test_a_long_address_is_a_414(edge: ServerUnderTest) -> None:
    client = await edge.connect()
    client.send(b"GET /" + b"a" * MAX_URI_BYTES + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert await client.read_error() == (414, "URI_TOO_LONG")
    assert (await edge.get("/" + "a" * (MAX_URI_BYTES - 1)))[0] == 200


async def test_a_long_head_is_a_431(edge: ServerUnderTest) -> None:
    for fields in (
        b"a: b\r\n" * (MAX_HEAD_FIELDS + 1),
        b"a: " + b"b" * 2 * MAX_HEAD_BYTES,
        b"a" * 2 * MAX_HEAD_BYTES + b": b",
    ):
        client = await edge.connect()
        client.send(b"GET / HTTP/1.1\r\n" + fields + b"\r\n\r\n")
        assert await client.read_error() == (431, "HEAD_TOO_LARGE")
        client.writer.close()


async def test_garbage_after_a_request_does_not_affect_it(edge: ServerUnderTest) -> None:
    client = await edge.connect()
    client.send(b"GET /hold HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n")
    await edge.wait_for_requests(1)
    edge.app.go.set()
    assert (await client.answer())[2] == b"held"
    assert await client.wait_until_closed()


async def test_pipelined_requests_are_answered_in_order(edge: ServerUnderTest) -> None:
    client = await edge.connect()
    client.send(b"".join(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n%d" % n for n in range(9)))
    assert [(await client.answer())[2] for _ in range(9)] == [b"%d" % n for n in range(9)]


async def test_too_many_pipelined_requests_are_refused(edge: ServerUnderTest) -> None:
    client = await edge.connect()
    client.send(b"GET /hold HTTP/1.1\r\nHost: a\r\n\r\n" * (MAX_PIPELINED_REQUESTS + 2))
    await edge.wait_for_requests(1)
    edge.app.go.set()
    assert {(await client.answer())[2] for _ in range(MAX_PIPELINED_REQUESTS + 1)} == {b"held"}
    assert await client.wait_until_closed()


@pytest.mark.parametrize(
    "size", [MAX_UNREAD_BODY_BYTES_TO_KEEP_CONNECTION, MAX_UNREAD_BODY_BYTES_TO_KEEP_CONNECTION + 1, 8 * 1024 * 1024]
)
async def test_early_answer_reaches_clients_that_read_last(edge: ServerUnderTest, size: int) -> None:
    """A small rest is read, and the connection kept; otherwise the answer announces the close."""
    client = await edge.connect()
    client.send(f"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode())
    await edge.wait_for_requests(1)
    for _ in range(0, size, 1024 * 1024):
        client.send(bytes(min(size, 1024 * 1024)))
        await client.writer.drain()
    client.send(bytes(size % (1024 * 1024)) if size > 1024 * 1024 else b"")
    status, headers, body = await client.answer()
    assert (status, body) == (200, b"early")
    if size > MAX_UNREAD_BODY_BYTES_TO_KEEP_CONNECTION:
        assert headers["connection"] == "close"
        assert await client.wait_until_closed()
    else:
        client.send(b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await client.answer())[0] == 200


async def test_endless_answered_body_is_ended(edge: ServerUnderTest) -> None:
    client = await edge.connect()
    client.send(f"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: {10**9}\r\n\r\n".encode())
    assert (await client.answer())[2] == b"early"
    edge.pass_time(LIMITS.linger)
    assert await client.wait_until_closed()


async def test_a_client_of_http_1_0_gets_a_stream_without_chunks(edge: ServerUnderTest) -> None:
    """nginx uses HTTP/1.0 by default to its upstreams."""
    client = await edge.connect()
    client.send(b"GET /stream HTTP/1.0\r\n\r\n")
    head = await client.reader.readuntil(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head
    edge.app.go.set()
    assert await client.reader.read() == b"news"


async def test_upgrade_request_is_served_as_http_1(edge: ServerUnderTest) -> None:
    client = await edge.connect()
    for _ in range(2):
        client.send(
            b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            b"HTTP2-Settings: AAEAAEAA\r\nContent-Length: 6\r\n\r\nwhole!"
        )
        assert (await client.answer())[2] == b"whole!"


async def test_expect_100_is_answered(edge: ServerUnderTest) -> None:
    client = await edge.connect()
    client.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(b"ok")
    assert (await client.answer())[2] == b"ok"
