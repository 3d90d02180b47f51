"""A connection: uvicorn's protocol with limits on the duration, size and number of its requests."""

import asyncio
import math
from collections.abc import Sequence
from typing import Any, NoReturn
from urllib.parse import unquote

import httptools
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from api.server.admission import (
    HttpConnectionAdmission,
    HttpConnectionAdmissionLevel,
    count_connection_end_in_metrics,
    find_network_of_client,
)
from api.server.answer_rate import ResponseReadRateMeter, discard_unsent_bytes_on_close
from api.server.cycle import AsgiRequestCycle
from api.server.refusals import (
    LONG_REQUEST_HEAD_REFUSAL,
    LONG_URI_REFUSAL,
    MALFORMED_REQUEST_REFUSAL,
    SLOW_BODY_REFUSAL,
    SLOW_REQUEST_HEAD_REFUSAL,
    TOO_MANY_CLIENTS_REFUSAL,
    HttpRequestRefusal,
    RequestRefusedInParser,
    render_refusal,
)

MAX_URI_BYTES, MAX_HEAD_BYTES, MAX_HEAD_FIELDS = 8 * 1024, 32 * 1024, 100

#: Maximum of pipelined requests.
MAX_PIPELINED_REQUESTS = 16

#: Bytes of a body on the wire, with the frames of its chunks: a flat share, and so many for each byte of it.
WIRE_BODY_BASE_ALLOWANCE_BYTES, MAX_WIRE_BYTES_PER_BODY_BYTE = 256 * 1024 + MAX_HEAD_BYTES, 8

#: Seconds for which a stopping process waits for a request on an idle connection.
MAX_DRAIN_WAIT_FOR_REQUEST_S = 1.0

#: Paths that the reserve serves.
HEALTH_PATHS = (b"/healthz", b"/readyz")


#: Header fields that request another protocol.
PROTOCOL_UPGRADE_HEADER_NAMES = (b"upgrade", b"connection", b"http2-settings")


class ClientConnection(HttpToolsProtocol):
    """A connection of one client. `due` is the tick of its next timeout."""

    def __init__(
        self,
        admission: HttpConnectionAdmission,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.admission = admission
        self.address = ""
        self.entry = HttpConnectionAdmissionLevel.OPEN
        self.due: float = math.inf
        #: State of the parser. `deaf`: no further input is parsed. `lingers`: the response is complete.
        self.in_head = self.in_body = self.deaf = self.lingers = False
        self.head_read = self.fields = self.fields_size = self.body_read = self.raw_read = self.body_grace = 0
        self.answer_rate = ResponseReadRateMeter(admission.limits)
        self.refusal = MALFORMED_REQUEST_REFUSAL

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Register a new connection with the admission; if it is refused, send the refusal and close at once."""
        super().connection_made(transport)
        self.address = find_network_of_client(self.client[0]) if self.client else ""
        self.due = self.admission.now + self.admission.limits.head
        self.entry = self.admission.admit_connection(self)
        if self.admission.is_draining:
            self.shutdown()
        if self.entry is HttpConnectionAdmissionLevel.REFUSED:
            self._send_refusal_and_close(TOO_MANY_CLIENTS_REFUSAL, "refused")

    def shutdown(self) -> None:
        """End the connection of a stopping process: after its running response, its next one, or a short silence.

        Its client may have sent a request already: a new client's first one, or one on a reused connection.
        """
        self.loop.call_later(MAX_DRAIN_WAIT_FOR_REQUEST_S, self._close_if_without_request)
        if self._has_unanswered_request():
            self.cycle.keep_alive = False

    def _close_if_without_request(self) -> None:
        if not (self.in_head or self._has_unanswered_request()):
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.admission.remove_connection(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse bytes from the client; refuse unparseable input, a too long head, and a body mostly of framing."""
        if self.deaf:
            return
        self.raw_read += len(data)
        try:
            self._parse_received_bytes(data)
        except httptools.HttpParserError:
            self._refuse_unparseable_input()
            return
        if self.in_head:
            self.head_read += len(data)
            if self.head_read > MAX_HEAD_BYTES:
                self.refusal = LONG_REQUEST_HEAD_REFUSAL
                self._refuse_unparseable_input()
        elif (
            self.in_body
            and self.raw_read > WIRE_BODY_BASE_ALLOWANCE_BYTES + MAX_WIRE_BYTES_PER_BODY_BYTE * self.body_read
        ):
            self._refuse_unparseable_input()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.in_head, self.head_read, self.fields, self.fields_size = True, 0, 0, 0
        self.due = min(self.due, self.admission.now + self.admission.limits.head)

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > MAX_URI_BYTES:
            self._refuse_in_parser(LONG_URI_REFUSAL)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self.fields += 1
        self.fields_size += len(name) + len(value)
        if self.fields > MAX_HEAD_FIELDS or self.fields_size > MAX_HEAD_BYTES:
            self._refuse_in_parser(LONG_REQUEST_HEAD_REFUSAL)

    def on_headers_complete(self) -> None:
        """Start or queue a parsed request; refuse CONNECT, long pipelines, and on the reserve all but health checks."""
        if self._is_upgrade_request():
            return
        if self.parser.get_method() == b"CONNECT":
            self._refuse_in_parser(
                MALFORMED_REQUEST_REFUSAL
            )  # We proxy for no client, and the parser treats the bytes after CONNECT as another protocol.
        _fill_scope_from_head(self.scope, self.url, self.parser)
        if self.entry is HttpConnectionAdmissionLevel.RESERVE and self.scope["raw_path"] not in HEALTH_PATHS:
            self._refuse_in_parser(TOO_MANY_CLIENTS_REFUSAL)
        if len(self.pipeline) >= MAX_PIPELINED_REQUESTS:
            self._refuse_in_parser(MALFORMED_REQUEST_REFUSAL)
        self.in_head, self.in_body, self.due = False, True, math.inf
        self.body_read, self.raw_read = 0, 0
        self.body_grace = self.admission.now + self.admission.limits.body
        self.admission.mark_busy(self)
        before, self.cycle = self.cycle, AsgiRequestCycle.create_for_connection(self)
        if self.admission.is_draining:
            self.cycle.keep_alive = False
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def on_body(self, body: bytes) -> None:
        self.body_read += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._is_upgrade_request():
            return
        self.in_body = False
        self.admission.mark_busy(self)
        super().on_message_complete()
        if self.lingers:
            self.transport.close()
        elif self.cycle.response_complete:
            self._become_idle()

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing() or self.lingers:
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._become_idle()

    def write_response(self, data: bytes) -> None:
        """Send bytes of a response to the client, and count them for its reading rate."""
        self.answer_rate.written += len(data)
        self.transport.write(data)

    def close_once_body_read(self) -> None:
        """Close the connection after the client has sent its whole body, or after some seconds.

        It may read the response only then. Closing with unread bytes resets the connection, and may lose the response.
        """
        if not self.in_body:
            self.transport.close()
            return
        self.lingers, self.due = True, self.admission.now + self.admission.limits.linger
        self.flow.resume_reading()
        self._mark_idle_once_all_bytes_sent()
        self.transport.write_eof()

    def check_timeouts(self) -> None:
        """End or refuse the connection if the client is too slow or idle for too long.

        Time in which the server doesn't read, or owes a 100, or the client reads a response fast enough, doesn't count.
        """
        unsent = self.transport.get_write_buffer_size()
        waits_for_us = self._has_unanswered_request() and self.cycle.waiting_for_100_continue
        if unsent or self.flow.read_paused or waits_for_us:
            self.due += 1
            self.body_grace += 1
        if unsent:
            self._check_response_read_rate(unsent)
            return
        if self.answer_rate.sending:
            self._reset_read_rate_and_mark_idle_or_busy()
        if self.in_body and not self.lingers:
            self._check_body_rate()
        elif self.admission.now >= self.due and (self.lingers or not self._has_unanswered_request()):
            self._end_overdue_connection()

    def close_connection_at_once(self, reason: str) -> None:
        """Close the connection at once, discard its unsent bytes, and count the end under `reason`."""
        count_connection_end_in_metrics(reason)
        if self.transport.get_write_buffer_size():
            discard_unsent_bytes_on_close(self.transport)
            self.transport.abort()
        else:
            self.transport.close()

    def _parse_received_bytes(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._parse_without_upgrade(data[upgrade.args[0] :])

    def _parse_without_upgrade(self, remainder: bytes) -> None:
        """Parse a request again without its upgrade fields: the parser drops the body of an upgrade request.

        Java's client sends an upgrade with its first request to each server.
        """
        again = _head_without_upgrade_fields(self.parser, self.url, self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self._parse_received_bytes(again + remainder)

    def _is_upgrade_request(self) -> bool:
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def _end_overdue_connection(self) -> None:
        if self.in_head and not self.lingers:
            self._send_refusal_and_close(SLOW_REQUEST_HEAD_REFUSAL, "head")
        else:
            self.close_connection_at_once("linger" if self.lingers else "idle")

    def _check_body_rate(self) -> None:
        """Refuse the request if its body is too slow; mark the connection as idle while the body is a little late."""
        limits = self.admission.limits
        left = self.body_grace + self.body_read // limits.body_rate - self.admission.now
        if left <= 0:
            self._send_refusal_and_close(SLOW_BODY_REFUSAL, "body")
        elif self._has_unanswered_request() and left > limits.body - limits.late:
            self.admission.mark_busy(self)
        else:
            self.admission.mark_idle(self)

    def _check_response_read_rate(self, unsent: int) -> None:
        """End the connection if its client reads too slowly; mark it as idle while the client is a little late."""
        self.answer_rate.measure_client_read_speed(self.transport, unsent)
        if self.answer_rate.is_grace_used_up:
            self.close_connection_at_once("stalled")
        elif self.answer_rate.is_reading_too_slowly:
            self.admission.mark_idle(self)
        else:
            self.admission.mark_busy(self)

    def _reset_read_rate_and_mark_idle_or_busy(self) -> None:
        self.answer_rate.reset_measurement()
        if self._has_unanswered_request():
            self.admission.mark_busy(self)
        else:
            self.admission.mark_idle(self)

    def _mark_idle_once_all_bytes_sent(self) -> None:
        """Mark the connection as idle; `check_timeouts` does that later while bytes are unsent."""
        if self.transport.get_write_buffer_size():
            self.answer_rate.sending = True
        else:
            self.admission.mark_idle(self)

    def _become_idle(self) -> None:
        """Mark the connection as idle, and set the timeout of the next request.

        Set no timeout while the rest of an answered request is still read.
        """
        self._mark_idle_once_all_bytes_sent()
        if not self.in_body:
            limits = self.admission.limits
            self.due = self.admission.now + (limits.head if self.in_head else limits.idle)

    def _refuse_in_parser(self, refusal: HttpRequestRefusal) -> NoReturn:
        """Set the refusal to send, and stop the parser: raises `RequestRefusedInParser`, which the parser converts."""
        self.refusal = refusal
        raise RequestRefusedInParser(refusal.code)

    def _refuse_unparseable_input(self) -> None:
        """Refuse unparseable input and close the connection; if a request still runs, only close after its response."""
        if self._has_unanswered_request() and not self.in_body:
            self.deaf, self.cycle.keep_alive = True, False
        else:
            self._send_refusal_and_close(self.refusal, "malformed")

    def _send_refusal_and_close(self, refusal: HttpRequestRefusal, reason: str) -> None:
        """Send an error response, unless one has begun, and close; count `reason`, and tell the running request."""
        count_connection_end_in_metrics(reason)
        self.deaf = True
        answering = self._has_unanswered_request()
        if not (answering and self.cycle.response_started):
            self.write_response(render_refusal(refusal))
        if answering:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.entry is HttpConnectionAdmissionLevel.REFUSED:
            self.transport.close()
        else:
            self.in_body = True  # More of the request may be on its way.
            self.close_once_body_read()

    def _has_unanswered_request(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete


def _fill_scope_from_head(scope: Any, url: bytes, parser: httptools.HttpRequestParser) -> None:
    """Write method, version and target into the scope; no path is `/`. Raises the parser's error for a bad URL."""
    target, _, query = url.partition(b"?")
    if not target.startswith(b"/"):
        target = httptools.parse_url(target).path or b"/"
    path = target.decode("ascii")
    scope["method"] = parser.get_method().decode("ascii")
    scope["http_version"] = parser.get_http_version()
    scope["path"] = unquote(path) if "%" in path else path
    scope["raw_path"] = target
    scope["query_string"] = query.partition(b"#")[0]


def _head_without_upgrade_fields(
    parser: httptools.HttpRequestParser, url: bytes, headers: Sequence[tuple[bytes, bytes]]
) -> bytes:
    """Render the head of a request again, without the fields that request another protocol."""
    lines = [b"%b %b HTTP/1.1" % (parser.get_method(), url)]
    lines += [b"%b: %b" % (name, value) for name, value in headers if name not in PROTOCOL_UPGRADE_HEADER_NAMES]
    return b"\r\n".join([*lines, b"", b""])
