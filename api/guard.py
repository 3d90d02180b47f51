"""The guard: checks before each route, in the contract's order: 401, 503, 429, 403, 415, 422."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Litestar, Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.routes import HTTPRoute

from api.auth import api_keys
from api.auth.api_keys import CachedApiKey
from api.http import head_requests
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from domain.tenancy.api_keys import Principal
from domain.tenancy.delegation import is_scope_granted
from domain.tenancy.key_text import ApiKeyParts
from schemas import ids
from schemas.api_keys import ApiKeyScope
from schemas.errors import ApiKeyScopeMissing, ApiKeyUnauthenticated, InvalidValue, MediaTypeUnsupported

#: Maximum number of values of one parameter: each value costs a search.
MAX_QUERY_LIST_VALUES = 20
#: Maximum characters of a value in a list of values: the limit of an event's name.
MAX_QUERY_LIST_VALUE_CHARACTERS = 128


class RouteRequirements(NamedTuple):
    """Requirements of a route: the key's scope (None: any key), the rate class, and the accepted input.

    `statuses` are the error statuses of the route itself; guard, body and parameters add theirs. `parts` is
    the shape of a multipart body, which the route streams and parses itself; if `body` is also set, the route
    takes either. `csv`: the body's rows may also come as CSV. Of the `query` parameters, `numbers` are whole
    numbers, `flags` are true or false, and `lists` take several values. `polls_job`: the guard may read the
    path's job together with the key.
    """

    scope: ApiKeyScope | None
    rate_class: RateClass
    statuses: tuple[int, ...]
    query: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    body: bool = False
    parts: type[msgspec.Struct] | None = None
    csv: bool = False
    polls_job: bool = False


def build_route_options(
    scope: ApiKeyScope | None,
    rate_class: RateClass,
    *statuses: int,
    parts: type[msgspec.Struct] | None = None,
    csv: bool = False,
    polls_job: bool = False,
) -> dict[str, Any]:
    """Build a route's `opt` with its scope, rate class and error statuses, for the checks of the guard.

    For example `@get(path, opt=build_route_options("projects:read", RateClass.READ_LIGHT, 404))`.
    """
    return {"requirements": RouteRequirements(scope, rate_class, statuses, parts=parts, csv=csv, polls_job=polls_job)}


def complete_route_requirements(app: Litestar) -> None:
    """Add to each route's `RouteRequirements` its query parameters, whether it takes a body, and OPTIONS' `Allow`.

    Raises KeyError for a route behind the guard without requirements.
    """
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if handler.http_methods == {"OPTIONS"}:
                handler.opt["allow"] = ", ".join(sorted(head_requests.add_head_to_methods(route.methods, route.path)))
            elif handler.resolve_before_request() is guard_api_request:
                handler.opt["requirements"] = _derive_guard_requirements(handler)


async def guard_api_request(connection: Request[Any, Any, Any]) -> Response[None] | None:
    """Check a request before its route: key, limits, scope, query and content type; raise the first refusal.

    Answer OPTIONS without a key: Litestar's own answer lists the methods of only one of the path's handlers.
    """
    request, opt = cast("ApiRequest", connection), connection.route_handler.opt
    if "allow" in opt:
        return Response(None, status_code=204, headers={"Allow": opt["allow"]})
    needs: RouteRequirements = opt["requirements"]
    rate_class = _rate_class_of_request(request, needs)
    request.request_state.rate_class = rate_class
    await _authenticate_and_rate_limit(request, needs, rate_class)
    if query := request.scope["query_string"]:
        request.scope["query_string"] = _check_and_normalize_query(query, needs)
    types = {b"multipart/form-data": needs.parts, b"application/json": needs.body, b"text/csv": needs.csv}
    if accepted := [name for name, has in types.items() if has]:
        _check_content_type(request, *accepted)
    elif request.method != "GET" and await request.body() not in {b"", b"{}"}:
        raise InvalidValue("body", "this route takes no body")
    return None


def _rate_class_of_request(request: ApiRequest, needs: RouteRequirements) -> RateClass:
    """Return a request's rate class: its route's, or a light write for an upload where the route also takes JSON."""
    return RateClass.WRITE_LIGHT if needs.parts and needs.body and request.has_multipart_body else needs.rate_class


async def _authenticate_and_rate_limit(request: ApiRequest, needs: RouteRequirements, rate_class: RateClass) -> None:
    call, services, client = request.request_state, request.services, request.scope["client"]
    address = api_keys.find_client_ip(call, client[0] if client else "", hops=services.settings.proxy_hops)
    presented = api_keys.get_sent_api_key(call)
    expected = services.authenticator.find_unverified_cached_key(presented)
    # Runs during the look-up of the key.
    charging = expected and services.limiter.count_request(expected.principal, rate_class)
    try:
        call.principal = await _authenticate(request, needs, presented, expected=expected, address=address)
    except ApiKeyUnauthenticated:
        call.probation = services.authenticator.strangers.read_wrong_key_budget(address)
        raise
    call.standing = await (charging or services.limiter.count_request(call.principal, rate_class))
    if not call.standing.passed:
        raise call.standing.refusal()
    call.payer = call.standing.charge.budget
    if needs.scope is not None and not is_scope_granted(call.principal.scopes, needs.scope):
        raise ApiKeyScopeMissing(needs.scope)


async def _authenticate(
    request: ApiRequest,
    needs: RouteRequirements,
    presented: ApiKeyParts | None,
    *,
    expected: CachedApiKey | None,
    address: str,
) -> Principal:
    """Authenticate a request; read the job of a poll in the same statement, if this process knows the key.

    A sandbox's poll reads its job later, in one snapshot with the sandbox's clock.
    """
    authenticator = request.services.authenticator
    if presented is None or expected is None or not needs.polls_job or expected.principal.sandbox:
        return await authenticator.authenticate(presented, expected=expected, address=address)
    job_id = ids.parse_prefixed_id(ids.JOB_ID_PREFIX, request.path_params["job_id"])
    call = request.request_state
    principal, call.polled_job = await authenticator.authenticate_and_read_job(
        presented, job_id, wants_wait_reason=b"if-none-match" not in call.headers, expected=expected, address=address
    )
    return principal


def _check_and_normalize_query(query: bytes, needs: RouteRequirements) -> bytes:
    """Check a query string, and return it normalized; raises `InvalidValue`.

    All parameters must be known, without duplicates except lists. Texts must be storable in Postgres, and
    numbers must be digits: Litestar would accept `1e2` as a whole number. The returned query repeats a list's
    name for each value, as Litestar expects. Generated clients send `status=failed,canceled`.
    """
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise InvalidValue("query", "must be percent-encoded UTF-8") from None
    params: dict[str, str] = {}
    for name, value in pairs:
        if name not in needs.query:
            raise InvalidValue(name, "is not a parameter of this route")
        if name in params and name not in needs.lists:
            raise InvalidValue(name, "is sent twice")
        params[name] = f"{params[name]},{value}" if name in params else value
    for name, value in params.items():
        _check_query_value(name, value, needs)
    if not any(name in needs.lists and "," in value for name, value in params.items()):
        return query
    return urlencode(
        [(name, part) for name, value in params.items() for part in _split_list_parameter(name, value, needs)]
    ).encode()


def _split_list_parameter(name: str, value: str, needs: RouteRequirements) -> Iterable[str]:
    """Return the distinct values of a list parameter, split at commas; another parameter's whole value."""
    return dict.fromkeys(value.split(",")) if name in needs.lists else (value,)


def _check_query_value(name: str, value: str, needs: RouteRequirements) -> None:
    if "\x00" in value:
        raise InvalidValue(name, "must not contain a NUL character")
    if name in needs.numbers and not (value.isascii() and value.isdecimal()):
        raise InvalidValue(name, "must be a whole number, in digits only")
    if name in needs.flags and value not in {"true", "false"}:
        raise InvalidValue(name, "must be true or false")
    if name in needs.lists:
        _check_query_list_values(name, value.split(","))


def _check_query_list_values(name: str, values: Sequence[str]) -> None:
    if "" in values:
        raise InvalidValue(name, "has an empty value: put one comma between two values")
    if len(values) > MAX_QUERY_LIST_VALUES:
        raise InvalidValue(name, f"takes at most {MAX_QUERY_LIST_VALUES} values")
    if max(map(len, values)) > MAX_QUERY_LIST_VALUE_CHARACTERS:
        raise InvalidValue(name, f"takes values of at most {MAX_QUERY_LIST_VALUE_CHARACTERS} characters")


def _check_content_type(request: ApiRequest, *expected: bytes) -> None:
    if request.sent_content_type not in expected:
        raise MediaTypeUnsupported(
            f"send the body as {' or '.join(content_type.decode() for content_type in expected)}"
        )


def _derive_guard_requirements(handler: HTTPRouteHandler) -> RouteRequirements:
    needs: RouteRequirements = handler.opt["requirements"]
    fields = handler.parsed_fn_signature.parameters
    query_fields = {
        field.kwarg_definition.name or name: field
        for name, field in fields.items()
        if isinstance(field.kwarg_definition, QueryParameter)
    }
    numbers = frozenset(name for name, field in query_fields.items() if field.annotation is int)
    flags = frozenset(name for name, field in query_fields.items() if field.has_inner_subclass_of(bool))
    lists = frozenset(name for name, field in query_fields.items() if field.is_non_string_sequence)
    # `reads` is the JSON shape of a route that parses its body itself.
    body = "data" in fields or "reads" in handler.opt
    return needs._replace(query=frozenset(query_fields), numbers=numbers, flags=flags, lists=lists, body=body)
