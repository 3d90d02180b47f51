"""Direct routes: what every copy of an app asks all the time, without the framework's layers in between.

The framework knows them like all others, so they are in its documents, and it answers whatever else comes to
their paths. What its layers do for a request, arguments by their types, guards, hooks, dependencies, cookies,
these routes don't need, and it was a sixth of what such a request cost.
"""

import re
from typing import Any

from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import HTTPScope, Receive, Send

from api import errors, event_requests, request_state
from api.requests import ApiRequest

#: The option of a router by which its routes are direct.
DIRECT = "direct"

#: A host as a request may name it (RFC 3986); the framework refuses any other.
_HOST = re.compile(rb"[\w.~!$&'()*+,;=:@%\[\]-]*")


def find(app: Litestar, scope: HTTPScope) -> HTTPRouteHandler | None:
    """The direct route that a request is for, noted in the scope as the framework does; None: any other."""
    host = request_state.of(scope).headers.get(b"host", b"")
    if scope["method"] != "POST" or not _HOST.fullmatch(host):
        return None
    try:
        _, handler, _, named, template = app.asgi_router.handle_routing(path=scope["path"], method="POST")
    except HTTPException:
        return None
    if not isinstance(handler, HTTPRouteHandler) or DIRECT not in handler.opt:
        return None
    found: dict[str, Any] = {
        "litestar_app": app,
        "route_handler": handler,
        "path_params": named,
        "path_template": template,
    }
    scope.update(found)  # type: ignore[typeddict-item]  # it has these keys
    return handler


async def serve(handler: HTTPRouteHandler, scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Answer by such a route; what it raises is answered as everywhere."""
    request = ApiRequest(scope, receive, send)
    try:
        await event_requests.before(request)
        response = await handler.fn(request, **scope["path_params"])
    except Exception as error:  # noqa: BLE001  the framework's own layer does no other
        response = errors.answer(request, error)
    answer = response.to_asgi_response(None, request, status_code=handler.status_code)
    await answer(scope, receive, send)
