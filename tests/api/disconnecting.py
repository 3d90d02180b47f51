"""Requests as a server reports them to an application, and clients that disconnect."""

import asyncio
from collections.abc import Sequence
from typing import Any

from litestar import Litestar


def http_scope(
    method: str, path: str, headers: Sequence[tuple[bytes, bytes]], *, query: bytes = b"", raw_path: bytes | None = None
) -> dict[str, Any]:
    """Return the ASGI scope of a request."""
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "server": ("api", 80), "client": ("127.0.0.1", 1), "root_path": "", "path": path,
        "raw_path": raw_path or path.encode(), "query_string": query, "state": {}, "extensions": {},
        "headers": headers,
    }  # fmt: skip


async def call_and_disconnect(
    app: Litestar,
    method: str,
    path: str,
    *,
    headers: dict[str, str],
    query: bytes = b"",
    body: bytes | None = None,
    raw_path: bytes | None = None,
    hang_up: asyncio.Event | None = None,
) -> list[Any]:
    """Call the application for a client that disconnects at `hang_up`, at once, or within a `body`."""
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = http_scope(method, path, encoded, query=query, raw_path=raw_path)
    messages = iter([{"type": "http.request", "body": body or b"", "more_body": body is not None}])
    sent: list[Any] = []

    async def receive() -> Any:
        if message := next(messages, None):
            return message
        if hang_up:
            await hang_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)  # type: ignore[arg-type]
    return sent
