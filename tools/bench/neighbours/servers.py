"""Fake external servers on loopback: a website, and the server of a Bluesky account."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

#: Handler of a request: gets its first line, returns the response.
RequestReply = Callable[[str], Awaitable[bytes]]

BENCH_SITE_HTML = (
    b"<!doctype html><html lang=en><title>Acme</title><meta name=description content='Invoices.'><p>Hello."
)
POST_CREATED_JSON = b'{"uri": "at://did:plc:shop/app.bsky.feed.post/1", "cid": "bafy"}'


@contextlib.contextmanager
def reserve_ports(count: int) -> Iterator[list[int]]:
    """Reserve free ports during the block, and yield them; nothing responds there until `serve_reserved_port` runs."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.bind(("127.0.0.1", 0))
        yield [one.getsockname()[1] for one in sockets]


@contextlib.asynccontextmanager
async def serve_reserved_port(port: int, reply: RequestReply) -> AsyncIterator[None]:
    """Serve a reserved port by `reply` while the block runs; each connection takes one request."""

    async def answer_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            await reader.readexactly(_parse_content_length(head))
            writer.write(await reply(head.partition("\r\n")[0]))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer_connection, "127.0.0.1", port, reuse_port=True)
    try:
        yield
    finally:
        server.close()


def build_bench_html_response(body: bytes) -> bytes:
    return _format_bench_response("200 OK", "text/html; charset=utf-8", body)


def build_bench_json_response(body: bytes) -> bytes:
    return _format_bench_response("200 OK", "application/json", body)


async def respond_like_site_or_bluesky(line: str) -> bytes:
    """Respond like a site of one page, and like a server that accepts every post immediately."""
    if "/xrpc/" in line:
        return build_bench_json_response(POST_CREATED_JSON)
    return (
        _format_bench_response("404 Not Found", "text/plain", b"")
        if "robots.txt" in line
        else build_bench_html_response(BENCH_SITE_HTML)
    )


def _format_bench_response(status: str, content_type: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


def _parse_content_length(head: str) -> int:
    lines = (line.partition(":") for line in head.lower().split("\r\n"))
    return next((int(value) for name, _, value in lines if name == "content-length"), 0)
