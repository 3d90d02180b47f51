"""A cycle: one request and its response, connected to the ASGI application."""

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from api.server.refusals import INTERNAL_FAULT_REFUSAL, render_refusal

if TYPE_CHECKING:
    from api.server.connection import ClientConnection

#: Maximum of unread body bytes with which the connection is kept.
MAX_UNREAD_BODY_BYTES_TO_KEEP_CONNECTION = 64 * 1024

_STATUSES_WITHOUT_BODY = (204, 304)


class AsgiRequestCycle(RequestResponseCycle):
    """uvicorn's cycle, but with head and body in one write, and a close that loses no data."""

    connection: "ClientConnection"
    head: bytes = b""

    @classmethod
    def create_for_connection(cls, connection: "ClientConnection") -> "AsgiRequestCycle":
        """Create the request's cycle after a connection has parsed the head of the request."""
        cycle = cls(
            scope=connection.scope,
            transport=connection.transport,
            flow=connection.flow,
            logger=connection.logger,
            access_logger=connection.access_logger,
            access_log=False,
            default_headers=connection.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=connection.expect_100_continue,
            keep_alive=connection.scope["http_version"] == "1.1" and connection.parser.should_keep_alive(),
            on_response=connection.on_response_complete,
        )
        cycle.connection = connection
        return cycle

    async def send(self, message: Any) -> None:
        """Send an ASGI message unless disconnected. Raise RuntimeError for a wrong order, header or body length."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        kind = message["type"]
        if self.response_complete or (kind == "http.response.body") != self.response_started:
            raise RuntimeError(f"{kind} is out of order")
        if kind == "http.response.body":
            self._send_response_body(message.get("body", b""), more=message.get("more_body", False))
        else:
            self._prepare_response_head(message["status"], message.get("headers", ()))

    async def send_500_response(self) -> None:
        """Send the API's 500 response, after the application failed before its own response; then close."""
        if not self.disconnected:
            self.connection.write_response(render_refusal(INTERNAL_FAULT_REFUSAL))
            self.connection.close_once_body_read()

    def _prepare_response_head(self, status: int, headers: Any) -> None:
        self.response_started, self.waiting_for_100_continue = True, False
        lines = [STATUS_LINE[status]]
        length = closes = None
        for name, value in [*self.default_headers, *headers]:
            if name == b"content-length":
                length = int(value)
            elif name == b"connection":
                closes = b"close" in value.lower()
            lines.append(b"%b: %b\r\n" % (name, value))
        if closes or self._has_long_unread_body():
            self.keep_alive = False
        if not self.keep_alive and not closes:
            lines.append(b"connection: close\r\n")
        self._set_body_framing(status, length, lines)
        self.head = b"".join([*lines, b"\r\n"])
        if self.head.count(b"\n") != len(lines) + 1 or self.head.count(b"\r") != len(lines) + 1:
            raise RuntimeError("a header contains a line break")
        if self.chunked_encoding:  # A stream may have no data yet.
            self._write_response_head()

    def _set_body_framing(self, status: int, length: int | None, lines: list[bytes]) -> None:
        """Choose the body's framing, with the chunks' header in `lines`; in HTTP/1.0 the connection's end ends it."""
        self.chunked_encoding = False
        bodiless = status in _STATUSES_WITHOUT_BODY or self.scope["method"] == "HEAD"
        self.expected_content_length = 0 if bodiless else length or 0
        if length is None and not bodiless:
            self.chunked_encoding = True
            if self.scope["http_version"] == "1.1":
                lines.append(b"transfer-encoding: chunked\r\n")

    def _send_response_body(self, body: bytes, *, more: bool) -> None:
        if self.scope["method"] == "HEAD":
            body = b""
        if self.chunked_encoding:
            self.connection.write_response(self._encode_body_chunk(body, more=more))
        else:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0 or (self.expected_content_length and not more):
                raise RuntimeError("the body's length differs from Content-Length")
            head, self.head = self.head, b""
            self.connection.write_response(head + body)
        if not more:
            self._complete_response()

    def _encode_body_chunk(self, body: bytes, *, more: bool) -> bytes:
        if self.scope["http_version"] != "1.1":
            return body
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return chunk if more else chunk + b"0\r\n\r\n"

    def _write_response_head(self) -> None:
        head, self.head = self.head, b""
        self.connection.write_response(head)

    def _complete_response(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.connection.close_once_body_read()
        self.on_response()

    def _has_long_unread_body(self) -> bool:
        """Return whether the request's unread body is too long to read: over a maximum, or of unknown length."""
        if not self.more_body:
            return False
        length = dict(self.scope["headers"]).get(b"content-length")
        return length is None or int(length) - self.connection.body_read > MAX_UNREAD_BODY_BYTES_TO_KEEP_CONNECTION
