"""Refusals by the server itself, before any application, in the API's envelope."""

from http import HTTPStatus
from typing import NamedTuple

import msgspec

from api.http.errors import ERROR_CODES
from schemas import ids
from schemas.envelope import Envelope, Problem


class HttpRequestRefusal(NamedTuple):
    """An error code of the contract and its message."""

    code: str
    message: str


class RequestRefusedInParser(Exception):
    """Raised in a callback of the parser to refuse the request."""


MALFORMED_REQUEST_REFUSAL = HttpRequestRefusal(
    "BAD_REQUEST", "the request is not valid HTTP/1.1: correct it and send it again"
)
SLOW_REQUEST_HEAD_REFUSAL = HttpRequestRefusal(
    "BAD_REQUEST", "the request's head came too slowly: send the request again"
)
SLOW_BODY_REFUSAL = HttpRequestRefusal("BAD_REQUEST", "the body came too slowly: send the request again")
LONG_URI_REFUSAL = HttpRequestRefusal(
    "URI_TOO_LONG", "the URL is too long: send its content in the body, or in several requests"
)
LONG_REQUEST_HEAD_REFUSAL = HttpRequestRefusal(
    "HEAD_TOO_LARGE", "the head has too many or too long fields: the limits are 100 fields and 32 KiB"
)
TOO_MANY_CLIENTS_REFUSAL = HttpRequestRefusal(
    "UNAVAILABLE", "all connections are in use: repeat after `Retry-After`, over a connection that you reuse"
)
INTERNAL_FAULT_REFUSAL = HttpRequestRefusal(
    "INTERNAL", "an error on our side: repeat the request, or send us the request id"
)


def render_refusal(refusal: HttpRequestRefusal) -> bytes:
    """Return the bytes of a whole HTTP error response for a refusal, after which the connection closes."""
    status = HTTPStatus(ERROR_CODES[refusal.code].status)
    request_id = ids.new_prefixed_id(ids.REQUEST_ID_PREFIX)
    problem = Problem(code=refusal.code, message=refusal.message, request_id=request_id)
    body = msgspec.json.encode(Envelope(error=problem))
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"x-request-id: {request_id}",
        "x-content-type-options: nosniff",
        "connection: close",
    ]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        head.append("retry-after: 1")
    return "\r\n".join([*head, "", ""]).encode() + body
