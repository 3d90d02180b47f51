"""Lists: a page is what is older than the cursor's id.

A cursor is that id with a signature over it, the list and the organization: one that was made up, or is
another list's or another organization's, is refused, and says nothing about what exists.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Generic, Protocol, TypeAlias, TypeVar, cast
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from api import paths
from api.requests import ApiRequest
from db.pool import Conn
from domain.tenancy import shown_times
from schemas.base import Page
from schemas.errors import Invalid, Unavailable

T = TypeVar("T")
B = TypeVar("B")

#: A way to a connection, which is given back at the end of the block.
Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[Conn]]

#: A query of at most so many items behind a position, each with its own place.
Placing: TypeAlias = Callable[[Conn, B | None, int], Awaitable[Sequence[tuple[bytes, T]]]]

DEFAULT, LARGEST = 25, 200
_SIGNATURE = 16

#: Items of a page's first slice, so that a page of the usual size is one statement; bytes that a further one
#: is to have; and bytes with which a page is full, however many items were asked for.
SLICE, SLICE_BYTES, PAGE_BYTES = DEFAULT + 1, 128 * 1024, 1024 * 1024

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


class FindInProject(Protocol[T]):
    """The same in one project. Raises `NotFound` where the organization has no such one."""

    def __call__(
        self, conn: Conn, /, *, organization_id: UUID, project_id: UUID, before: UUID | None, limit: int
    ) -> Awaitable[list[T]]: ...


async def page(
    request: ApiRequest,
    find: Find[T],
    cursor: str | None,
    limit: int,
    *,
    identify: Callable[[T], str],
    connect: Connect | None = None,
) -> Page[T]:
    """One page of a list in the order of ids; `identify` gives an item's. Raises as `page_of_places`."""

    async def placed(conn: Conn, before: UUID | None, limit: int) -> Sequence[tuple[bytes, T]]:
        items = await find(conn, before=before, limit=limit)
        return [(UUID(identify(item).rpartition("_")[2]).bytes, item) for item in items]

    return await page_of_places(
        request,
        placed,
        cursor,
        limit,
        read=lambda place: UUID(bytes=place),
        connect=connect or request.connection,
    )


async def page_of_places(
    request: ApiRequest,
    find: Placing[B, T],
    cursor: str | None,
    limit: int,
    *,
    read: Callable[[bytes], B],
    connect: Connect,
) -> Page[T]:
    """One page of a list. Raises `Invalid` for a cursor that it never gave.

    `read` makes of a place the position that `find` takes.

    One item more than asked for is looked up, which tells whether more follow. What is large comes in slices,
    between which other requests have the connection and the event loop. It is `find` or `connect` that reads
    ids: what is wrong with the request itself, such as its cursor, is said before what isn't there.
    """
    place = place_of(request, cursor)
    kept, left_s = _Kept[T](limit), READ_S
    while True:
        count, before = kept.wanted(), None if place is None else read(place)
        items, left_s = await _slice(connect, find, before, count, left_s)
        items = shown_times.shown(items, request.request_state.ahead)
        if not all(kept.take(*found) for found in items):
            return Page(items=cast("list[T]", kept.items), next_cursor=cursor_of(request, kept.last))
        if len(items) < count:
            return Page(items=cast("list[T]", kept.items), next_cursor=None)
        place = kept.last


class _Kept(Generic[T]):
    """Items of a page, each encoded as soon as it is read, and the place of the last one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self.items: list[msgspec.Raw] = []
        self.last = b""

    def wanted(self) -> int:
        """The number of items that the next slice is to have, judged by those that there are."""
        left = self._limit + 1 - len(self.items)
        return min(left, max(1, SLICE_BYTES * len(self.items) // self._size) if self.items else SLICE)

    def take(self, place: bytes, item: T) -> bool:
        """Keep an item; False if the page was full without it."""
        if len(self.items) == self._limit or self._size >= PAGE_BYTES:
            return False
        shown = msgspec.Raw(msgspec.json.encode(item))
        self.items.append(shown)
        self._size += len(memoryview(shown))
        self.last = place
        return True


async def _slice(
    connect: Connect, find: Placing[B, T], before: B | None, limit: int, left_s: float
) -> tuple[Sequence[tuple[bytes, T]], float]:
    """Items found with a connection of their own, and the seconds that are left for the page."""
    async with connect() as conn:
        loop = asyncio.get_running_loop()
        until = loop.time() + left_s
        try:
            async with asyncio.timeout_at(until):
                return await find(conn, before, limit), until - loop.time()
        except TimeoutError:
            raise Unavailable(TOO_LONG) from None


async def page_of_project(
    request: ApiRequest,
    find: FindInProject[T],
    project_id: str,
    cursor: str | None,
    limit: int,
    *,
    identify: Callable[[T], str],
) -> Page[T]:
    """`page` of what is in one project of the caller's, by its id as the caller wrote it."""

    async def within(conn: Conn, /, *, before: UUID | None, limit: int) -> list[T]:
        return await find(
            conn,
            organization_id=request.organization_id,
            project_id=paths.read("project", project_id),
            before=before,
            limit=limit,
        )

    return await page(request, within, cursor, limit, identify=identify)


def place_of(request: ApiRequest, cursor: str | None) -> bytes | None:
    """The place that the page begins behind; None for the first page. Raises `Invalid`."""
    if cursor is None:
        return None
    try:
        data = base64.urlsafe_b64decode(cursor.encode("ascii") + b"==")
    except (binascii.Error, UnicodeEncodeError):
        data = b""
    place, signature = data[:-_SIGNATURE], data[-_SIGNATURE:]
    for pepper in request.services.peppers.keys.values():
        if hmac.compare_digest(signature, _sign(pepper, request, place)):
            return place
    raise Invalid("cursor", "is not a nextCursor of this list: start without one")


def cursor_of(request: ApiRequest, place: bytes) -> str:
    """The cursor with which what is behind a place is asked for."""
    keyring = request.services.peppers
    signed = place + _sign(keyring.keys[keyring.writer], request, place)
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def _sign(pepper: bytes, request: ApiRequest, place: bytes) -> bytes:
    listed = f"cursor {request.organization_id} {request.scope['path_template']} "
    return hmac.digest(pepper, listed.encode() + place, hashlib.sha256)[:_SIGNATURE]
