"""The checks between routing and a route's own work, in api.md 2's order: 401, 503, 429, 403, 415, 422."""

from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from api import auth, exchange
from api.ratelimit import Class
from api.services import Services
from domain.keys import grants
from schemas.errors import Forbidden, Invalid, Unsupported


class Access(NamedTuple):
    """What a route asks of a key (None: nothing), and which of its budgets it uses."""

    scope: str | None
    kind: Class


def requires(scope: str | None, kind: Class) -> dict[str, Any]:
    """The `opt` of a route, as in `@get(path, opt=requires("projects:read", Class.READ_LIGHT))`."""
    return {"access": Access(scope, kind)}


async def gate(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard: raises the first refusal."""
    access: Access = handler.opt["access"]
    services: Services = connection.app.state.services
    call = exchange.of(connection.scope)
    client = connection.scope["client"]
    address = auth.address(call, client[0] if client else "", hops=services.settings.proxy_hops)
    call.principal = await services.keyring.authenticate(auth.presented(call), address=address)
    call.standing = await services.limiter.charge(call.principal, access.kind)
    if not call.standing.passed:
        raise call.standing.refusal()
    if access.scope is not None and not grants(call.principal.scopes, access.scope):
        raise Forbidden(access.scope)
    if query := connection.scope["query_string"]:
        _check_query(query, handler.opt["query"])
    if not _is_json(call.headers.get(b"content-type")):
        raise Unsupported("send the body as application/json")


def _check_query(query: bytes, known: frozenset[str]) -> None:
    """Only what the OpenAPI document names, each once, as text that Postgres can keep."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise Invalid("query", "must be percent-encoded UTF-8") from None
    seen: set[str] = set()
    for name, value in pairs:
        if name not in known:
            raise Invalid(name, "is not a parameter of this route")
        if name in seen:
            raise Invalid(name, "is given twice")
        if "\x00" in value:
            raise Invalid(name, "must not contain a NUL character")
        seen.add(name)


def _is_json(content_type: bytes | None) -> bool:
    """A request that doesn't say is taken to send JSON."""
    return content_type is None or content_type.partition(b";")[0].strip().lower() == b"application/json"
