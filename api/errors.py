"""From what was raised to the answer: one table, one envelope, the framework's own errors included."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import asyncpg
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException, ValidationException
from litestar.response.base import ASGIResponse
from msgspec import UNSET

from api import fault_words, heads, request_state
from api.openapi.operations import camel
from api.replies import JSON, Reply
from db import reach
from schemas.envelope import Envelope, Problem
from schemas.errors import (
    AppUnauthenticated,
    DomainError,
    HostRefused,
    Killed,
    Oversized,
    Unauthenticated,
    Unavailable,
    Unsatisfiable,
)
from telemetry import logs, metrics


class Code(NamedTuple):
    """A code's status, and when it is answered."""

    status: int
    when: str


#: The contract: codes are added, never changed.
CODES = {
    "BAD_REQUEST": Code(400, "the body is not readable as what it says it is"),
    "UNAUTHENTICATED": Code(401, "no key, or one that is malformed, unknown, expired or rotated away"),
    "FORBIDDEN_SCOPE": Code(403, "the key lacks `details.requiredScope`"),
    "ORIGIN_NOT_ALLOWED": Code(403, "a page sent events of an app whose `webDomain` is another one"),
    "RETURN_URL_NOT_ALLOWED": Code(
        403, "the origin is not on the key's list, and for accounts not the API's own"
    ),
    "APPROVAL_REQUIRED": Code(
        403, "the content, or a caption of its own for a target, awaits approval: `details.approvalStatus`"
    ),
    "NOT_FOUND": Code(404, "it is not there, or another organization's"),
    "METHOD_NOT_ALLOWED": Code(405, "the path has other methods: `Allow`"),
    "CONFLICT": Code(409, "the state of the thing forbids it now: `details.reason`"),
    "CONTENT_REJECTED": Code(409, "the content was rejected"),
    "IDEMPOTENCY_CONFLICT": Code(
        409, "the Idempotency-Key is another request's, or its first still runs: `details.reason` IN_FLIGHT"
    ),
    "PRECONDITION_FAILED": Code(412, "`If-Match` names an older version"),
    "PAYLOAD_TOO_LARGE": Code(413, "the body, or a file of an upload, is larger than the route takes"),
    "URI_TOO_LONG": Code(414, "the address is longer than 8 KiB"),
    "UNSUPPORTED_MEDIA_TYPE": Code(415, "the body is not of the type that the route reads"),
    "RANGE_NOT_SATISFIABLE": Code(416, "`Range` lies behind the end: `Content-Range` has the size"),
    "HOST_NOT_ALLOWED": Code(421, "`Host` is no name of the API: such a page may be another site's"),
    "VALIDATION": Code(422, "`details.issues` has a path and a message for each value that can't be"),
    "RATE_LIMITED": Code(
        429,
        "`details.limit` is used up, of a `budget` `details.resource`: wait as long as `Retry-After` says",
    ),
    "HEAD_TOO_LARGE": Code(431, "the request's head has more than 100 fields or 32 KiB"),
    "INTERNAL": Code(500, "a fault of ours; tell us the request's id"),
    "KILL_SWITCH": Code(503, "`details.scope` was switched off: the `key`, or its `organization`"),
    "UNAVAILABLE": Code(
        503, "our database can't be reached, or its disk is nearly full: repeat after `Retry-After`"
    ),
}

TOO_LARGE = 413

#: What the framework raises, by its status.
FRAMEWORK = {
    400: ("BAD_REQUEST", "the request can't be read"),
    404: ("NOT_FOUND", "no such route: see /docs"),
    405: ("METHOD_NOT_ALLOWED", "this path has other methods: see Allow and /docs"),
    413: ("PAYLOAD_TOO_LARGE", "the body is larger than the route takes"),
}

#: Another transaction holds what this one needs.
BUSY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)

#: It takes longer than a statement may.
SLOW = asyncpg.QueryCanceledError

_log = logs.get("api")


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Envelope]:
    """An exception handler for everything."""
    call = request_state.of(request.scope)
    code, message, details, headers = _read(_meaning(error), request)
    call.code = code
    if code == Killed.code:
        metrics.HTTP_KILLED.inc()
    if code == "INTERNAL":
        _log.error("request failed", request_id=call.id, exc_info=error)
    if code == "UNAVAILABLE":
        _log.warning("request not served", request_id=call.id, error=repr(error))
    problem = Problem(code=code, message=message, request_id=call.id, details=details or UNSET)
    return Reply(Envelope(error=problem), status_code=CODES[code].status, headers=headers, media_type=JSON)


def no_route(request: Request[Any, Any, Any]) -> ASGIResponse:
    """The answer to a path that no route is asked for."""
    return answer(request, NotFoundException()).to_asgi_response(None, request)


def wrong_host(request: Request[Any, Any, Any]) -> ASGIResponse:
    """The answer to a `Host` that names another server."""
    return answer(request, HostRefused()).to_asgi_response(None, request)


def _meaning(error: Exception) -> Exception:
    """The driver's errors as a caller has to hear them."""
    if isinstance(error, BUSY):
        return Unavailable("something else is changing what this request needs: repeat the request")
    if isinstance(error, SLOW) or reach.is_postgres_away(error):
        return Unavailable()
    return error


def _read(
    error: Exception, request: Request[Any, Any, Any]
) -> tuple[str, str, dict[str, Any], dict[str, str]]:
    """Code, message, details and headers of what went wrong with a request."""
    if isinstance(error, DomainError):
        return error.code, error.message, error.details, dict(_headers(error))
    if isinstance(error, ValidationException):
        issues = list(_issues(error.extra, request.scope.get("route_handler")))
        return "VALIDATION", "; ".join(f"{i['path']}: {i['message']}" for i in issues), {"issues": issues}, {}
    if isinstance(error, HTTPException) and error.status_code in FRAMEWORK:
        closing = {"Connection": "close"} if error.status_code == TOO_LARGE else {}
        return (
            *FRAMEWORK[error.status_code],
            {},
            {**dict(_allowing(error.headers or {}, request.url.path)), **closing},
        )
    return "INTERNAL", "something failed on our side: repeat the request, or send us its id", {}, {}


def _allowing(headers: Mapping[str, str], path: str) -> Iterable[tuple[str, str]]:
    """The framework's headers; `Allow` with HEAD, which it doesn't know of."""
    for name, value in headers.items():
        if name.lower() == "allow":
            yield "Allow", ", ".join(sorted(heads.methods({*value.split(", ")}, path)))
        else:
            yield name, value


def _headers(error: DomainError) -> Iterable[tuple[str, str]]:
    if error.retry_after is not None:
        yield "Retry-After", str(error.retry_after)
    if isinstance(error, Oversized):
        yield "Connection", "close"
    if isinstance(error, Unauthenticated | AppUnauthenticated):
        yield "WWW-Authenticate", "Bearer"
    if isinstance(error, Unsatisfiable):
        yield "Content-Range", f"bytes */{error.size}"


def _issues(extra: Any, handler: Any) -> Iterable[dict[str, str]]:
    """Litestar's account of parameters that don't fit; a body is read by ourselves, or missing."""
    for issue in extra or [{"key": "request", "message": "a parameter is missing"}]:
        if issue.get("key") == "data":
            yield {"path": "body", "message": "a JSON object is required"}
        else:
            key = issue.get("key", "request")
            parameter = _parameter(handler, key)
            message = fault_words.say(issue["message"], parameter and parameter.annotation)
            yield {"path": _public_name(parameter, key), "message": message}


def _parameter(handler: Any, name: str) -> Any:
    """Find the parameter of a route's function; None for the name of anything else."""
    return handler.parsed_fn_signature.parameters.get(name) if handler else None


def _public_name(parameter: Any, name: str) -> str:
    """Name the parameter as the caller sends it: a query parameter's own name may be taken in Python."""
    public = getattr(parameter and parameter.kwarg_definition, "name", None)
    return public or camel(name.rstrip("_"))
