"""Fast path for the routes of events: they skip the framework's layers.

The routes are also registered in Litestar, so the API document lists them, and Litestar answers any other
method of their paths. Its layers for typed arguments, guards, hooks, dependencies and cookies took a sixth of
the cost of such a request, and these routes don't need them.
"""

import re
from typing import Any

from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import HTTPScope, Receive, Send

from api.events import requests
from api.http import errors, request_state
from api.http.requests import ApiRequest

#: The router option that marks its routes for the fast path.
FAST_PATH_ROUTE_OPTION = "direct"

#: The characters of a valid `Host` (RFC 3986); the framework refuses any other.
_HOST_HEADER_PATTERN = re.compile(rb"[\w.~!$&'()*+,;=:@%\[\]-]*")


def find_event_fast_path_route(app: Litestar, scope: HTTPScope) -> HTTPRouteHandler | None:
    """Return the fast-path route of a request, or None for any other request or an invalid `Host`.

    Fills the scope of a found route with the same keys as the framework.
    """
    host = request_state.request_state_of(scope).headers.get(b"host", b"")
    if scope["method"] != "POST" or not _HOST_HEADER_PATTERN.fullmatch(host):
        return None
    try:
        _, handler, _, params, template = app.asgi_router.handle_routing(path=scope["path"], method="POST")
    except HTTPException:
        return None
    if not isinstance(handler, HTTPRouteHandler) or FAST_PATH_ROUTE_OPTION not in handler.opt:
        return None
    values: dict[str, Any] = {
        "litestar_app": app,
        "route_handler": handler,
        "path_params": params,
        "path_template": template,
    }
    scope.update(values)  # type: ignore[typeddict-item]  # it has these keys
    return handler


async def serve_fast_path_route(handler: HTTPRouteHandler, scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Run a fast-path route, and send its response. An exception gets the same error response as elsewhere."""
    request = ApiRequest(scope, receive, send)
    try:
        await requests.allow_cors_and_answer_event_preflight(request)
        response = await handler.fn(request, **scope["path_params"])
    except Exception as error:  # noqa: BLE001  as the framework does
        response = errors.build_error_response_of_exception(request, error)
    answer = response.to_asgi_response(None, request, status_code=handler.status_code)
    await answer(scope, receive, send)
