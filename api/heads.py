"""HEAD: the head that GET would have, and no body (RFC 9110 9.3.2)."""

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

from api.oauth_return import GITHUB_CALLBACK, SOCIAL_CALLBACK

_GONE: HTTPDisconnectEvent = {"type": "http.disconnect"}


#: Files answer HEAD by themselves: a platform that asks for the head of one has not fetched it.
FILES = "/media/"
#: Ways back from a consent, whose GET uses a flow up: a scanner that asks for the head of a link must not.
ONCE = (f"{SOCIAL_CALLBACK}/", GITHUB_CALLBACK)


def are_ours(request: HTTPScope) -> bool:
    """True for a HEAD that the route of its GET answers."""
    return request["method"] == "HEAD" and not request["path"].startswith((FILES, *ONCE))


def without_body(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Both sides of a connection for a route that answers a GET.

    The answer ends behind its head. A route that would go on, such as a stream, hears that its reader left.
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
            return _GONE if end.done() else await coming
        finally:
            end.cancel()
            coming.cancel()

    return receive_until_end, send_head


def methods(names: Iterable[str], path: str) -> set[str]:
    """The methods of a path, with HEAD where its GET has one."""
    return {*names, *(["HEAD"] if "GET" in names and not path.startswith(ONCE) else [])}
