"""Lists: a page is what is older than the cursor's id.

A cursor is that id with a signature over it, the list and the organization: one that was made up, or is
another list's or another organization's, is refused, and says nothing about what exists.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from litestar.params import QueryParameter

from api.requests import ApiRequest
from db.pool import Conn
from domain.tenancy import project_locks
from schemas.base import Page
from schemas.errors import Invalid, Unavailable

T = TypeVar("T")

DEFAULT, LARGEST = 25, 200
_SIGNATURE = 16

#: Seconds that a page may be read for, with a connection that others wait for.
READ_S = 3.0
TOO_LONG = "this page takes too long to read: ask for fewer items, or give a filter that fits fewer"

Limit = Annotated[int, QueryParameter(ge=1, le=LARGEST, description="How many items at most.")]
Cursor = Annotated[
    str | None, QueryParameter(description="`nextCursor` of the page before, as it came.", max_length=100)
]


class Find(Protocol[T]):
    """A query of at most `limit` items that are older than `before`, newest first."""

    def __call__(self, conn: Conn, /, *, before: UUID | None, limit: int) -> Awaitable[list[T]]: ...


async def page(
    request: ApiRequest,
    find: Find[T],
    *,
    cursor: str | None,
    limit: int,
    identify: Callable[[T], str],
    project_id: UUID | None = None,
) -> Page[T]:
    """One page of a list; `identify` gives an item's id.

    Raises `NotFound` if the project isn't the caller's, `Invalid` for a cursor that this list never gave.

    One item more than asked for is looked up, which tells whether more follow.
    """
    position = _position(request, cursor)
    async with request.connection() as conn:
        try:
            async with asyncio.timeout(READ_S):
                if project_id is not None:
                    await project_locks.check(
                        conn, organization_id=request.organization_id, project_id=project_id
                    )
                items = await find(conn, before=position, limit=limit + 1)
        except TimeoutError:
            raise Unavailable(TOO_LONG) from None
    if len(items) <= limit:
        return Page(items=items, next_cursor=None)
    return Page(items=items[:limit], next_cursor=_cursor(request, identify(items[limit - 1])))


def _position(request: ApiRequest, cursor: str | None) -> UUID | None:
    """The id that the page begins behind; None for the first page."""
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


def _cursor(request: ApiRequest, shown: str) -> str:
    position = UUID(shown.rpartition("_")[2]).bytes
    keyring = request.services.peppers
    signed = position + _sign(keyring.keys[keyring.writer], request, position)
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def _sign(pepper: bytes, request: ApiRequest, position: bytes) -> bytes:
    listed = f"cursor {request.organization_id} {request.scope['path_template']} "
    return hmac.digest(pepper, listed.encode() + position, hashlib.sha256)[:_SIGNATURE]
