"""From what was raised to the answer: one table, one envelope, the framework's own errors included."""

from collections.abc import Iterable
from typing import Any

import asyncpg
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import UNSET

from api import exchange
from schemas.envelope import Envelope, Problem
from schemas.errors import DomainError, Unauthenticated, Unavailable
from telemetry import logs

STATUS = {
    "BAD_REQUEST": 400,
    "UNAUTHENTICATED": 401,
    "FORBIDDEN_SCOPE": 403,
    "RETURN_URL_NOT_ALLOWED": 403,
    "APPROVAL_REQUIRED": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "CONFLICT": 409,
    "CONTENT_REJECTED": 409,
    "IDEMPOTENCY_CONFLICT": 409,
    "PRECONDITION_FAILED": 412,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "VALIDATION": 422,
    "RATE_LIMITED": 429,
    "INTERNAL": 500,
    "KILL_SWITCH": 503,
    "UNAVAILABLE": 503,
}

#: What the framework raises, by its status.
FRAMEWORK = {
    400: ("BAD_REQUEST", "the request can't be read"),
    404: ("NOT_FOUND", "no such route: see /docs"),
    405: ("METHOD_NOT_ALLOWED", "this path has other methods: see Allow and /docs"),
    413: ("PAYLOAD_TOO_LARGE", "the body is larger than 1 MiB"),
}

#: Postgres can't be reached, is going down, or did not answer in time.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
)

_log = logs.get("api")


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Envelope]:
    """An exception handler for everything."""
    call = exchange.of(request.scope)
    code, message, details, headers = _read(error)
    if code == "INTERNAL":
        _log.error("request failed", request_id=call.id, exc_info=error)
    call.code = code
    problem = Problem(code=code, message=message, request_id=call.id, details=details or UNSET)
    return Response(
        Envelope(error=problem),
        status_code=STATUS[code],
        headers=headers,
        media_type="application/json",
    )


def _read(error: Exception) -> tuple[str, str, dict[str, Any], dict[str, str]]:
    if isinstance(error, AWAY):
        error = Unavailable()
    if isinstance(error, DomainError):
        return error.code, error.message, error.details, dict(_hints(error))
    if isinstance(error, ValidationException):
        issues = list(_issues(error.extra))
        return "VALIDATION", "; ".join(f"{i['path']}: {i['message']}" for i in issues), {"issues": issues}, {}
    if isinstance(error, HTTPException) and error.status_code in FRAMEWORK:
        return *FRAMEWORK[error.status_code], {}, dict(error.headers or {})
    return "INTERNAL", "something failed on our side: repeat the request, or send us its id", {}, {}


def _hints(error: DomainError) -> Iterable[tuple[str, str]]:
    if error.retry_after is not None:
        yield "Retry-After", str(error.retry_after)
    if isinstance(error, Unauthenticated):
        yield "WWW-Authenticate", "Bearer"


def _issues(extra: Any) -> Iterable[dict[str, str]]:
    """Litestar's account of parameters that don't fit; a body is read by ourselves, or missing."""
    for issue in extra or [{"key": "request", "message": "a parameter is missing"}]:
        if issue.get("key") == "data":
            yield {"path": "body", "message": "a JSON object is required"}
        else:
            yield {"path": issue.get("key", "request"), "message": issue["message"]}
