"""Responses of the document: every status of an operation, with its shape and headers."""

from http import HTTPStatus
from typing import Any

from litestar.response import Stream

from api.http.errors import ERROR_CODES
from api.openapi.examples import find_openapi_example, load_openapi_examples
from api.openapi.operations import ApiOperation
from schemas import ids

Json = dict[str, Any]

#: Statuses without a body.
_STATUSES_WITHOUT_BODY = {204, 302, 304}

#: Statuses of every key, scope, body and write; a route's own statuses are added.
_API_KEY_ERROR_STATUSES, _SCOPE_ERROR_STATUSES, _BODY_ERROR_STATUSES, _WRITE_ERROR_STATUSES = (
    {401, 422, 429, 500, 503},
    {403},
    {400, 413, 415},
    {409, 413},
)

_TEXT_HEADER_SCHEMA, _NUMBER_HEADER_SCHEMA = {"type": "string"}, {"type": "integer"}

_BINARY_SCHEMA: Json = {"type": "string", "format": "binary"}
#: Without a type: some tools use the type for the whole answer, others for each message.
_EVENT_STREAM_SCHEMA: Json = {"description": "Messages: `id` is the job's version, `data` the job as JSON."}

RESPONSE_HEADER_SCHEMAS: dict[str, Json] = {
    "X-Request-Id": {"description": "Quote it in questions to us about a request.", "schema": _TEXT_HEADER_SCHEMA},
    "RateLimit-Policy": {"description": "The limits that apply (IETF draft).", "schema": _TEXT_HEADER_SCHEMA},
    "RateLimit": {
        "description": "The rest of each limit, and the seconds until it grows.",
        "schema": _TEXT_HEADER_SCHEMA,
    },
    "X-RateLimit-Endpoint-Class": {"description": "The rate class of the route.", "schema": _TEXT_HEADER_SCHEMA},
    "Retry-After": {"description": "Seconds to wait before the next request.", "schema": _NUMBER_HEADER_SCHEMA},
    "Location": {"description": "The URL of the object.", "schema": _TEXT_HEADER_SCHEMA},
    "ETag": {"description": "The version, for If-Match and If-None-Match.", "schema": _TEXT_HEADER_SCHEMA},
    "Content-Range": {"description": "The range of these bytes, and the total.", "schema": _TEXT_HEADER_SCHEMA},
    "Idempotent-Replayed": {
        "description": "`true` if this is a replay of an earlier answer.",
        "schema": _TEXT_HEADER_SCHEMA,
    },
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": _TEXT_HEADER_SCHEMA},
}

_API_RATE_LIMIT_HEADERS = ("RateLimit-Policy", "RateLimit", "X-RateLimit-Endpoint-Class")


def describe_error_status(status: int) -> Json:
    """Describe an error status once for all operations: its codes, headers and an example."""
    codes = {name: code for name, code in ERROR_CODES.items() if code.status == status}
    example = {"code": next(iter(codes)), "message": "what to do next", "requestId": _EXAMPLE_REQUEST_ID}
    extra = {
        401: ["WWW-Authenticate", *_API_RATE_LIMIT_HEADERS],
        416: ["Content-Range"],
        429: ["Retry-After", *_API_RATE_LIMIT_HEADERS],
        503: ["Retry-After"],
    }
    return {
        "description": "\n".join(f"- `{name}`: {code.when}" for name, code in codes.items()),
        "headers": _response_header_references("X-Request-Id", *extra.get(status, [])),
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Envelope"}, "example": {"error": example}}
        },
    }


def describe_operation_responses(operation: ApiOperation, schemas: dict[Any, Json]) -> Json:
    """Describe an operation's responses by status for the OpenAPI document; errors refer to shared descriptions."""
    successes = {operation.handler.status_code, *(status for status in operation.own_statuses if status < 400)}
    return {
        **{str(status): _describe_success_response(operation, status, schemas) for status in sorted(successes)},
        **{
            str(status): {"$ref": f"#/components/responses/E{status}"}
            for status in sorted(_list_refusal_statuses(operation))
        },
    }


def _list_refusal_statuses(operation: ApiOperation) -> set[int]:
    if operation.needs is None:
        return {500, *({503} if operation.path == "/readyz" else ()), *operation.handler.opt.get("refusals", ())}
    return {
        *_API_KEY_ERROR_STATUSES,
        *(_SCOPE_ERROR_STATUSES if operation.needs.scope else ()),
        *(_BODY_ERROR_STATUSES if operation.json_body_annotation is not None or operation.multipart_struct else ()),
        *(_WRITE_ERROR_STATUSES if operation.is_write else ()),
        *(status for status in operation.own_statuses if status >= 400),
    }


def _describe_success_response(operation: ApiOperation, status: int, schemas: dict[Any, Json]) -> Json:
    names = ["X-Request-Id", *(_API_RATE_LIMIT_HEADERS if operation.needs or operation.needs_app_key else ())]
    names += ["Location"] if status in {201, 202, 302} and not operation.parses_event_body_itself else []
    names += ["Retry-After"] if status == 202 and not operation.parses_event_body_itself else []
    names += ["ETag"] if {304, 412} & set(operation.own_statuses) else []
    names += ["Content-Range"] if status == 206 else []
    names += ["Idempotent-Replayed"] if operation.is_write else []
    response = {"description": HTTPStatus(status).phrase, "headers": _response_header_references(*names)}
    if status in _STATUSES_WITHOUT_BODY or operation.success_answer_body_type is None:
        return response
    content = _describe_response_content(operation, status, schemas)
    example = find_openapi_example(operation.id, "answer") if _is_status_of_example(operation, status) else {}
    return {**response, "content": {kind: {**about, **example} for kind, about in content.items()}}


def _is_status_of_example(operation: ApiOperation, status: int) -> bool:
    """Return whether the operation's example has this status."""
    example = load_openapi_examples().get(operation.id)
    return example is not None and example.status == status


def _describe_response_content(operation: ApiOperation, status: int, schemas: dict[Any, Json]) -> Json:
    if status == HTTPStatus.ACCEPTED and operation.answer_type_of_status_202:
        return {"application/json": {"schema": schemas[operation.answer_type_of_status_202]}}
    if operation.success_answer_body_type is Stream:
        types: tuple[str, ...] = operation.handler.opt.get("types", ())
        return {kind: {"schema": _BINARY_SCHEMA} for kind in types} or {
            "text/event-stream": {"schema": _EVENT_STREAM_SCHEMA}
        }
    if operation.success_answer_body_type in schemas:
        return {"application/json": {"schema": schemas[operation.success_answer_body_type]}}
    return {str(operation.handler.media_type): {"schema": _TEXT_HEADER_SCHEMA}}


def _response_header_references(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


_EXAMPLE_REQUEST_ID = f"{ids.REQUEST_ID_PREFIX}_01930e5c-1c1c-7b1c-8f0e-3f6d3b1a2c4d"
