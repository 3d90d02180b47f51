"""Spans of requests to somebody else's servers: the host, and what it answered."""

import httpx

from domain.values.urls import DEFAULT_PORTS
from telemetry import tracing


def traced(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """The transport, with a span for each of its requests where somebody records."""
    return TracedTransport(transport) if tracing.recorder() else transport


class TracedTransport(httpx.AsyncBaseTransport):
    """A span lasts until the head of the answer has come. Of the address it has the host and the port alone.

    Nothing is sent along by which the other side could tell our trace.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        asked: dict[str, str | int] = {
            "http.request.method": request.method,
            "server.address": url.raw_host.decode(),
            "server.port": url.port or DEFAULT_PORTS.get(url.scheme, 0),
        }
        with tracing.within(request.method, "client", asked) as span:
            response = await self._inner.handle_async_request(request)
            span.note({"http.response.status_code": response.status_code})
            if response.is_error:
                span.fail(str(response.status_code))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()
