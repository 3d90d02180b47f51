"""Maps exceptions to responses: one table and one envelope, for the framework's errors too."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import asyncpg
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException, ValidationException
from litestar.response.base import ASGIResponse
from msgspec import UNSET

from api.http import head_requests, request_state, validation_messages
from api.http.responses import JSON_CONTENT_TYPE, LowOverheadResponse
from api.openapi.operations import to_camel_case
from db import reach
from schemas.envelope import Envelope, Problem
from schemas.errors import (
    ApiKeyUnauthenticated,
    BodyOversized,
    DomainError,
    HostHeaderRefused,
    KillSwitchActive,
    RangeUnsatisfiable,
    SdkAppKeyUnauthenticated,
    ServiceUnavailable,
)
from telemetry import logs, metrics


class ErrorCodeSpec(NamedTuple):
    """The status of an error code, and its condition."""

    status: int
    when: str


#: The contract: codes are added, never changed.
ERROR_CODES = {
    "BAD_REQUEST": ErrorCodeSpec(400, "the body can't be parsed as its content type"),
    "UNAUTHENTICATED": ErrorCodeSpec(401, "the key is absent, malformed, unknown, expired or rotated away"),
    "FORBIDDEN_SCOPE": ErrorCodeSpec(403, "the key lacks `details.requiredScope`"),
    "ORIGIN_NOT_ALLOWED": ErrorCodeSpec(403, "the page's origin is outside of the app's `webDomain`"),
    "RETURN_URL_NOT_ALLOWED": ErrorCodeSpec(
        403, "the origin is not on the key's list, and for accounts not the API's own"
    ),
    "APPROVAL_REQUIRED": ErrorCodeSpec(
        403, "the content, or a target's own caption, awaits approval: `details.approvalStatus`"
    ),
    "NOT_FOUND": ErrorCodeSpec(404, "the object doesn't exist, or belongs to another organization"),
    "METHOD_NOT_ALLOWED": ErrorCodeSpec(405, "the path has other methods: `Allow`"),
    "CONFLICT": ErrorCodeSpec(409, "the object's current state forbids the request: `details.reason`"),
    "CONTENT_REJECTED": ErrorCodeSpec(409, "the content was rejected"),
    "IDEMPOTENCY_CONFLICT": ErrorCodeSpec(
        409,
        "the Idempotency-Key belongs to another request, or its first request still runs: `details.reason` IN_FLIGHT",
    ),
    "PRECONDITION_FAILED": ErrorCodeSpec(412, "`If-Match` has an outdated version"),
    "PAYLOAD_TOO_LARGE": ErrorCodeSpec(413, "the body, or a file of an upload, is larger than the route allows"),
    "URI_TOO_LONG": ErrorCodeSpec(414, "the address is longer than 8 KiB"),
    "UNSUPPORTED_MEDIA_TYPE": ErrorCodeSpec(415, "the route doesn't accept the body's content type"),
    "RANGE_NOT_SATISFIABLE": ErrorCodeSpec(416, "`Range` starts after the end: `Content-Range` has the size"),
    "HOST_NOT_ALLOWED": ErrorCodeSpec(
        421, "`Host` is no name of the API: the request may come from a page of another site"
    ),
    "VALIDATION": ErrorCodeSpec(422, "`details.issues` has a path and a message for each invalid value"),
    "RATE_LIMITED": ErrorCodeSpec(
        429,
        "the limit `details.limit` is used up, for a `budget` its `details.resource`: wait for the "
        "seconds in `Retry-After`",
    ),
    "HEAD_TOO_LARGE": ErrorCodeSpec(431, "the request's head has more than 100 fields or 32 KiB"),
    "INTERNAL": ErrorCodeSpec(500, "an error on our side; send us the request id"),
    "KILL_SWITCH": ErrorCodeSpec(503, "the `key` or its `organization` was switched off: `details.scope`"),
    "UNAVAILABLE": ErrorCodeSpec(
        503,
        "the database is unreachable, its disk is nearly full, or the organization is moving to other servers: "
        "repeat after `Retry-After`",
    ),
}

PAYLOAD_TOO_LARGE_STATUS = 413

#: Codes and messages of the framework's errors, by status.
CODE_AND_MESSAGE_BY_FRAMEWORK_STATUS = {
    400: ("BAD_REQUEST", "the request can't be parsed"),
    404: ("NOT_FOUND", "no such route: see /docs"),
    405: ("METHOD_NOT_ALLOWED", "this path has other methods: see the header Allow and /docs"),
    413: ("PAYLOAD_TOO_LARGE", "the body is larger than the route allows"),
}

#: Another transaction holds a lock that this one needs.
POSTGRES_LOCK_ERRORS = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)

#: The statement exceeded its timeout.
ASYNCPG_STATEMENT_TIMEOUT_EXCEPTION = asyncpg.QueryCanceledError

_log = logs.get_logger("api")


def build_error_response_of_exception(request: Request[Any, Any, Any], error: Exception) -> Response[Envelope]:
    """Build the error response to any exception of a request; log unexpected errors and an unavailable database."""
    call = request_state.request_state_of(request.scope)
    code, message, details, headers = _map_exception_to_http_error(_translate_postgres_error(error), request)
    call.code = code
    if code == KillSwitchActive.code:
        metrics.HTTP_KILL_SWITCH_RESPONSE_COUNTER.inc()
    if code == "INTERNAL":
        _log.error("request failed", request_id=call.id, exc_info=error)
    if code == "UNAVAILABLE":
        _log.warning("request not served", request_id=call.id, error=repr(error))
    problem = Problem(code=code, message=message, request_id=call.id, details=details or UNSET)
    return LowOverheadResponse(
        Envelope(error=problem), status_code=ERROR_CODES[code].status, headers=headers, media_type=JSON_CONTENT_TYPE
    )


def build_no_route_response(request: Request[Any, Any, Any]) -> ASGIResponse:
    """Build the 404 response to a request for a path without a route."""
    return build_error_response_of_exception(request, NotFoundException()).to_asgi_response(None, request)


def build_wrong_host_response(request: Request[Any, Any, Any]) -> ASGIResponse:
    """Build the error response to a request with a `Host` that names another server."""
    return build_error_response_of_exception(request, HostHeaderRefused()).to_asgi_response(None, request)


def _translate_postgres_error(error: Exception) -> Exception:
    """Return `ServiceUnavailable` for lock, timeout or connection errors of Postgres, else `error` itself."""
    if isinstance(error, POSTGRES_LOCK_ERRORS):
        return ServiceUnavailable("another request is changing the same data: repeat the request")
    if isinstance(error, ASYNCPG_STATEMENT_TIMEOUT_EXCEPTION) or reach.means_postgres_away(error):
        return ServiceUnavailable()
    return error


def _map_exception_to_http_error(
    error: Exception, request: Request[Any, Any, Any]
) -> tuple[str, str, dict[str, Any], dict[str, str]]:
    """Return the code, message, details and headers of the error response to an exception."""
    if isinstance(error, DomainError):
        return error.code, error.message, error.details, dict(_headers_of_error(error))
    if isinstance(error, ValidationException):
        issues = list(_find_invalid_parameters(error.extra, request.scope.get("route_handler")))
        return "VALIDATION", "; ".join(f"{i['path']}: {i['message']}" for i in issues), {"issues": issues}, {}
    if isinstance(error, HTTPException) and error.status_code in CODE_AND_MESSAGE_BY_FRAMEWORK_STATUS:
        closing = {"Connection": "close"} if error.status_code == PAYLOAD_TOO_LARGE_STATUS else {}
        return (
            *CODE_AND_MESSAGE_BY_FRAMEWORK_STATUS[error.status_code],
            {},
            {**dict(_add_head_to_allow_header(error.headers or {}, request.url.path)), **closing},
        )
    return "INTERNAL", "an error on our side: repeat the request, or send us the request id", {}, {}


def _add_head_to_allow_header(headers: Mapping[str, str], path: str) -> Iterable[tuple[str, str]]:
    """Yield the headers of the framework's error, with HEAD added to `Allow`, which the framework omits."""
    for name, value in headers.items():
        if name.lower() == "allow":
            yield "Allow", ", ".join(sorted(head_requests.add_head_to_methods({*value.split(", ")}, path)))
        else:
            yield name, value


def _headers_of_error(error: DomainError) -> Iterable[tuple[str, str]]:
    if error.retry_after is not None:
        yield "Retry-After", str(error.retry_after)
    if isinstance(error, BodyOversized):
        yield "Connection", "close"
    if isinstance(error, ApiKeyUnauthenticated | SdkAppKeyUnauthenticated):
        yield "WWW-Authenticate", "Bearer"
    if isinstance(error, RangeUnsatisfiable):
        yield "Content-Range", f"bytes */{error.size}"


def _find_invalid_parameters(extra: Any, handler: Any) -> Iterable[dict[str, str]]:
    """Yield path and message of each invalid parameter that Litestar reports; `data` means a missing body."""
    for issue in extra or [{"key": "request", "message": "a parameter is missing"}]:
        if issue.get("key") == "data":
            yield {"path": "body", "message": "a JSON object is required"}
        else:
            key = issue.get("key", "request")
            parameter = _find_route_parameter_by_python_name(handler, key)
            message = validation_messages.translate_msgspec_message(
                issue["message"], parameter and parameter.annotation
            )
            yield {"path": _public_parameter_name(parameter, key), "message": message}


def _find_route_parameter_by_python_name(handler: Any, name: str) -> Any:
    """Find the parameter of a route's function by its Python name; None if it has no such parameter."""
    return handler.parsed_fn_signature.parameters.get(name) if handler else None


def _public_parameter_name(parameter: Any, name: str) -> str:
    """Return the name of a parameter in the API; its Python name may differ to avoid a keyword."""
    public = getattr(parameter and parameter.kwarg_definition, "name", None)
    return public or to_camel_case(name.rstrip("_"))
