"""Spans of requests to external servers: the host, and the status of its response."""

import httpx

from domain.values.ssrf_guard import DEFAULT_PORT_BY_SCHEME
from telemetry import tracing


def wrap_transport_with_spans(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """Return the HTTP transport wrapped so that each request has a trace span; unchanged without a recorder."""
    return TracedTransport(transport) if tracing.get_process_span_recorder() else transport


class TracedTransport(httpx.AsyncBaseTransport):
    """Transport with a span for each request, up to the response's headers, with host and port alone.

    No trace header is sent, so that the other side can't identify our trace.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        attributes: dict[str, str | int] = {
            "http.request.method": request.method,
            "server.address": url.raw_host.decode(),
            "server.port": url.port or DEFAULT_PORT_BY_SCHEME.get(url.scheme, 0),
        }
        with tracing.open_span(request.method, "client", attributes) as span:
            response = await self._inner.handle_async_request(request)
            span.set_attributes({"http.response.status_code": response.status_code})
            if response.is_error:
                span.mark_failed(str(response.status_code))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()
