"""Responses of the document: every status of an operation, with its shape and headers."""

from http import HTTPStatus
from typing import Any

from litestar.response import Stream

from api.http.errors import CODES
from api.openapi.examples import example_of, examples
from api.openapi.operations import Operation
from schemas import ids

Json = dict[str, Any]

#: Statuses without a body.
_EMPTY = {204, 302, 304}

#: Statuses of every key, scope, body and write; a route's own statuses are added.
_KEY, _SCOPE, _BODY, _WRITE = {401, 422, 429, 500, 503}, {403}, {400, 413, 415}, {409, 413}

_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}

_BYTES: Json = {"type": "string", "format": "binary"}
#: Without a type: some tools use the type for the whole answer, others for each message.
_EVENTS: Json = {
    "description": "Messages: `id` is the job's version, `data` the job as JSON.",
}

HEADERS: dict[str, Json] = {
    "X-Request-Id": {"description": "Quote it in questions to us about a request.", "schema": _TEXT},
    "RateLimit-Policy": {"description": "The limits that apply (IETF draft).", "schema": _TEXT},
    "RateLimit": {"description": "The rest of each limit, and the seconds until it grows.", "schema": _TEXT},
    "X-RateLimit-Endpoint-Class": {"description": "The rate class of the route.", "schema": _TEXT},
    "Retry-After": {"description": "Seconds to wait before the next request.", "schema": _NUMBER},
    "Location": {"description": "The URL of the object.", "schema": _TEXT},
    "ETag": {"description": "The version, for If-Match and If-None-Match.", "schema": _TEXT},
    "Content-Range": {"description": "The range of these bytes, and the total.", "schema": _TEXT},
    "Idempotent-Replayed": {
        "description": "`true` if this is a replay of an earlier answer.",
        "schema": _TEXT,
    },
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": _TEXT},
}

_LIMITS = ("RateLimit-Policy", "RateLimit", "X-RateLimit-Endpoint-Class")


def describe_error(status: int) -> Json:
    """Return the shared description of an error status, which operations refer to."""
    codes = {name: code for name, code in CODES.items() if code.status == status}
    example = {"code": next(iter(codes)), "message": "what to do next", "requestId": _EXAMPLE_ID}
    extra = {
        401: ["WWW-Authenticate", *_LIMITS],
        416: ["Content-Range"],
        429: ["Retry-After", *_LIMITS],
        503: ["Retry-After"],
    }
    return {
        "description": "\n".join(f"- `{name}`: {code.when}" for name, code in codes.items()),
        "headers": _named("X-Request-Id", *extra.get(status, [])),
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Envelope"},
                "example": {"error": example},
            }
        },
    }


def responses(operation: Operation, schemas: dict[Any, Json]) -> Json:
    """Return the responses by status."""
    successes = {operation.handler.status_code, *(status for status in operation.statuses if status < 400)}
    return {
        **{str(status): _success(operation, status, schemas) for status in sorted(successes)},
        **{
            str(status): {"$ref": f"#/components/responses/E{status}"}
            for status in sorted(_refusals(operation))
        },
    }


def _refusals(operation: Operation) -> set[int]:
    if operation.needs is None:
        return {
            500,
            *({503} if operation.path == "/readyz" else ()),
            *operation.handler.opt.get("refusals", ()),
        }
    return {
        *_KEY,
        *(_SCOPE if operation.needs.scope else ()),
        *(_BODY if operation.body is not None or operation.parts else ()),
        *(_WRITE if operation.writes else ()),
        *(status for status in operation.statuses if status >= 400),
    }


def _success(operation: Operation, status: int, schemas: dict[Any, Json]) -> Json:
    names = ["X-Request-Id", *(_LIMITS if operation.needs or operation.for_apps else ())]
    names += ["Location"] if status in {201, 202, 302} and not operation.takes_events else []
    names += ["Retry-After"] if status == 202 and not operation.takes_events else []
    names += ["ETag"] if {304, 412} & set(operation.statuses) else []
    names += ["Content-Range"] if status == 206 else []
    names += ["Idempotent-Replayed"] if operation.writes else []
    response = {"description": HTTPStatus(status).phrase, "headers": _named(*names)}
    if status in _EMPTY or operation.answer is None:
        return response
    content = _content(operation, status, schemas)
    example = example_of(operation.id, "answer") if _is_shown(operation, status) else {}
    return {**response, "content": {kind: {**about, **example} for kind, about in content.items()}}


def _is_shown(operation: Operation, status: int) -> bool:
    """Return whether the operation's example has this status."""
    example = examples().get(operation.id)
    return example is not None and example.status == status


def _content(operation: Operation, status: int, schemas: dict[Any, Json]) -> Json:
    if status == HTTPStatus.ACCEPTED and operation.accepts:
        return {"application/json": {"schema": schemas[operation.accepts]}}
    if operation.answer is Stream:
        types: tuple[str, ...] = operation.handler.opt.get("types", ())
        return {kind: {"schema": _BYTES} for kind in types} or {"text/event-stream": {"schema": _EVENTS}}
    if operation.answer in schemas:
        return {"application/json": {"schema": schemas[operation.answer]}}
    return {str(operation.handler.media_type): {"schema": _TEXT}}


def _named(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


_EXAMPLE_ID = f"{ids.REQUEST}_01930e5c-1c1c-7b1c-8f0e-3f6d3b1a2c4d"
