"""Lists: a page is what is older than the cursor's id (api.md 4).

A cursor is that id with a signature over it, the list and the organization: one that was made up, or is
another list's or another organization's, is refused, and says nothing about what exists.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Annotated, TypeVar
from uuid import UUID

from litestar.params import QueryParameter

from api.requests import ApiRequest
from schemas.base import Page
from schemas.errors import Invalid

T = TypeVar("T")

DEFAULT, LARGEST = 25, 200
_SIGNATURE = 16

Limit = Annotated[int, QueryParameter(ge=1, le=LARGEST, description="How many items at most.")]
Cursor = Annotated[
    str | None, QueryParameter(description="`nextCursor` of the page before, as it came.", max_length=100)
]


def before(request: ApiRequest, cursor: str | None) -> UUID | None:
    """The id that the page begins behind; None for the first page. Raises `Invalid`."""
    if cursor is None:
        return None
    try:
        data = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=")
    except (binascii.Error, UnicodeEncodeError):
        data = b""
    position, signature = data[:16], data[16:]
    for pepper in request.services.peppers.keys.values():
        if hmac.compare_digest(signature, _sign(pepper, request, position)):
            return UUID(bytes=position)
    raise Invalid("cursor", "is not a nextCursor of this list: start without one")


def page(request: ApiRequest, items: list[T], *, limit: int, identify: Callable[[T], str]) -> Page[T]:
    """`items` are up to `limit + 1`, which tells whether more follow; `identify` gives an item's id."""
    if len(items) <= limit:
        return Page(items=items, next_cursor=None)
    return Page(items=items[:limit], next_cursor=_cursor(request, identify(items[limit - 1])))


def _cursor(request: ApiRequest, shown: str) -> str:
    position = UUID(shown.rpartition("_")[2]).bytes
    keyring = request.services.peppers
    signed = position + _sign(keyring.keys[keyring.writer], request, position)
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def _sign(pepper: bytes, request: ApiRequest, position: bytes) -> bytes:
    place = f"cursor {request.principal.organization_id} {request.scope['path_template']} "
    return hmac.digest(pepper, place.encode() + position, hashlib.sha256)[:_SIGNATURE]
