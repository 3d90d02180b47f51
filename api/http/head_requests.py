"""HEAD requests: runs the GET handler and drops the body (RFC 9110 9.3.2)."""

import asyncio
from collections.abc import Iterable

from litestar.types import (
    HTTPDisconnectEvent,
    HTTPReceiveMessage,
    HTTPScope,
    Message,
    Receive,
    Send,
    WebSocketReceiveMessage,
)

from api.http.oauth_return import GITHUB_CALLBACK_PATH, SOCIAL_CALLBACK_PATH

_DISCONNECT_EVENT: HTTPDisconnectEvent = {"type": "http.disconnect"}


#: Routes of files handle HEAD themselves: a platform's HEAD doesn't count as a fetch of the file.
MEDIA_ROUTE_PREFIX = "/media/"
#: OAuth callbacks, which have no HEAD: their GET consumes the state, and link scanners send HEAD.
OAUTH_CALLBACK_PATHS = (f"{SOCIAL_CALLBACK_PATH}/", GITHUB_CALLBACK_PATH)


def is_head_answered_by_get(request: HTTPScope) -> bool:
    """Return whether a request is a HEAD that the GET route of its path answers."""
    return request["method"] == "HEAD" and not request["path"].startswith((MEDIA_ROUTE_PREFIX, *OAUTH_CALLBACK_PATHS))


def wrap_to_drop_body_for_head(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Return a `receive` and a `send` for a GET route that answers a HEAD: the body is dropped.

    The response ends after its head. A streaming route gets a disconnect message.
    """
    ended = asyncio.Event()

    async def send_head(message: Message) -> None:
        if ended.is_set():
            return
        if message["type"] == "http.response.body":
            ended.set()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await send(message)

    async def receive_until_end() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        end, coming = asyncio.ensure_future(ended.wait()), asyncio.ensure_future(receive())
        try:
            await asyncio.wait((end, coming), return_when=asyncio.FIRST_COMPLETED)
            return _DISCONNECT_EVENT if end.done() else await coming
        finally:
            end.cancel()
            coming.cancel()

    return receive_until_end, send_head


def add_head_to_methods(names: Iterable[str], path: str) -> set[str]:
    """Return the methods of a path, with HEAD if its GET supports it."""
    return {*names, *(["HEAD"] if "GET" in names and not path.startswith(OAUTH_CALLBACK_PATHS) else [])}
