"""Refusals of the server itself, of what no application sees: the same envelope as everywhere."""

from http import HTTPStatus
from typing import NamedTuple

import msgspec

from api.errors import CODES
from schemas import ids
from schemas.envelope import Envelope, Problem


class Refusal(NamedTuple):
    """A code of the contract and what to do."""

    code: str
    message: str


class Refused(Exception):
    """A callback of the parser refuses what it parses."""


MALFORMED = Refusal("BAD_REQUEST", "the request is not readable as HTTP/1.1: send it again as it should be")
SLOW_HEAD = Refusal("BAD_REQUEST", "the request's head came too slowly: send the request again")
SLOW_BODY = Refusal("BAD_REQUEST", "the body came too slowly: send the request again")
LONG_URI = Refusal(
    "URI_TOO_LONG", "the address is too long: send what it says in the body, or in several requests"
)
LONG_HEAD = Refusal("HEAD_TOO_LARGE", "the head has too many or too long fields: send 100 and 32 KiB at most")
CROWDED = Refusal(
    "UNAVAILABLE", "all connections are in use: repeat after `Retry-After`, over one that you keep"
)
FAULT = Refusal("INTERNAL", "something failed on our side: repeat the request, or send us its id")


def written(refusal: Refusal) -> bytes:
    """The whole answer, after which the connection closes."""
    status = HTTPStatus(CODES[refusal.code].status)
    request_id = ids.show_new(ids.REQUEST)
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
