"""Fast path of most requests under /v1: the route's function is called without the framework's layers.

Litestar still finds the route and builds the response. Its layers for typed arguments, guards, hooks, dependencies
and cookies took a sixth of the cost of a request. They run for other arguments than those of `FastPathArguments`.
"""

import re
from typing import Any, NamedTuple

from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter
from litestar.routes import HTTPRoute
from litestar.types import HTTPScope, Receive, Send

from api.http import errors, request_state
from api.http.requests import ApiRequest

#: The key of a route's `FastPathArguments` in its `opt`.
FAST_PATH_ROUTE_OPTION = "fast_path"

#: The characters of a valid `Host` (RFC 3986); the framework refuses any other.
_HOST_HEADER_PATTERN = re.compile(rb"[\w.~!$&'()*+,;=:@%\[\]-]*")


class FastPathArguments(NamedTuple):
    """Arguments of a route's function besides the request and the texts of the path.

    Query parameters have their defaults: with a query string, the framework parses them. The body is `data`: without
    a body, the framework decides whether it may be absent.
    """

    query: bool
    body: bool


def mark_fast_path_routes(app: Litestar) -> None:
    """Mark the routes of the fast path: those behind the guard or for event senders, if their arguments are simple."""
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            fields = dict(handler.parsed_fn_signature.parameters)
            takes_request, body = fields.pop("request", None), fields.pop("data", None)
            query = [field for field in fields.values() if isinstance(field.kwarg_definition, QueryParameter)]
            texts = [field for field in fields.values() if isinstance(field.kwarg_definition, PathParameter)]
            is_simple = len(query) + len(texts) == len(fields) and all(field.has_default for field in query)
            if takes_request and is_simple and handler.resolve_before_request():
                handler.opt[FAST_PATH_ROUTE_OPTION] = FastPathArguments(bool(query), body is not None)


def find_fast_path_route(app: Litestar, scope: HTTPScope) -> HTTPRouteHandler | None:
    """Return the fast-path route of a request, or None for any other request or an invalid `Host`.

    Fills the scope of a found route with the same keys as the framework.
    """
    headers = request_state.request_state_of(scope).headers
    if not _HOST_HEADER_PATTERN.fullmatch(headers.get(b"host", b"")):
        return None
    try:
        _, handler, _, params, template = app.asgi_router.handle_routing(path=scope["path"], method=scope["method"])
    except HTTPException:
        return None
    takes: FastPathArguments | None = handler.opt.get(FAST_PATH_ROUTE_OPTION)
    if takes is None or (takes.query and scope["query_string"]):
        return None
    if takes.body and not headers.get(b"content-length", b"").strip(b"0"):
        return None
    values: dict[str, Any] = {
        "litestar_app": app,
        "route_handler": handler,
        "path_params": params,
        "path_template": template,
    }
    scope.update(values)  # type: ignore[typeddict-item]  # it has these keys
    return handler  # type: ignore[return-value]  # only such handlers are marked


async def serve_fast_path_route(handler: HTTPRouteHandler, scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Run a fast-path route, and send its response. An exception gets the same error response as elsewhere."""
    request = ApiRequest(scope, receive, send)
    try:
        answer = await handler.resolve_before_request()(request)  # type: ignore[misc]  # each marked route has one
        if answer is None:
            body = {"data": await request.json()} if handler.opt[FAST_PATH_ROUTE_OPTION].body else {}
            answer = await handler.fn(request, **scope["path_params"], **body)
        response = await handler.to_response(app=scope["litestar_app"], data=answer, request=request)
    except Exception as error:  # noqa: BLE001  as the framework does
        response = errors.build_error_response_of_exception(request, error).to_asgi_response(None, request)
    await response(scope, receive, send)
