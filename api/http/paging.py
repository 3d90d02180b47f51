"""Keyset pagination: a page holds the items older than the cursor's id.

A cursor is that id with a signature over it, the list and the organization. A forged cursor, and one of
another list or organization, is refused without revealing which objects exist.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Generic, Protocol, TypeAlias, TypeVar, cast
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from api.http.requests import ApiRequest
from db.pool import Conn, OpenConnection
from domain.tenancy import sandbox_times
from schemas.base import Page
from schemas.errors import InvalidValue, ServiceUnavailable
from schemas.timelines import TimelineEntry

T = TypeVar("T", bound=msgspec.Struct)
ListPosition = TypeVar("ListPosition")

#: A query for at most so many items after a position, each with its own place in the list.
FindPlacedListItems: TypeAlias = Callable[[Conn, ListPosition | None, int], Awaitable[Sequence[tuple[bytes, T]]]]

DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT = 25, 200
_CURSOR_SIGNATURE_BYTES = 16

#: Items of a page's first slice: one statement reads a default page.
FIRST_LIST_SLICE_ITEM_COUNT = DEFAULT_PAGE_LIMIT + 1
#: Target bytes of each further slice.
LIST_SLICE_TARGET_BYTES = 128 * 1024
#: A page of this size ends before its item limit.
MAX_LIST_PAGE_BYTES = 1024 * 1024

#: Maximum seconds to read a page, since its connection is needed by others.
LIST_PAGE_READ_TIMEOUT_S = 3.0
LIST_PAGE_TIMEOUT_MESSAGE = "this page takes too long to read: request fewer items, or a narrower filter"

UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

PageLimit = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE_LIMIT, description="Maximum number of items.")]
PageCursor = Annotated[
    str | None, QueryParameter(description="The previous page's `nextCursor`, unchanged.", max_length=100)
]


class ListItemsDatabaseQuery(Protocol[T]):
    """A query for at most `limit` items older than `before`, newest first."""

    def __call__(self, conn: Conn, /, *, before: UUID | None, limit: int) -> Awaitable[list[T]]: ...


class ProjectItemsDatabaseQuery(Protocol[T]):
    """A query for at most `limit` items of one project, older than `before`, newest first.

    Raises `ObjectNotFound` for a project of another organization.
    """

    def __call__(
        self, conn: Conn, /, *, organization_id: UUID, project_id: UUID, before: UUID | None, limit: int
    ) -> Awaitable[list[T]]: ...


async def read_list_page_by_id(
    request: ApiRequest,
    find: ListItemsDatabaseQuery[T],
    cursor: str | None,
    limit: int,
    *,
    connect: OpenConnection | None = None,
) -> Page[T]:
    """Return one page of a list in id order, with the next cursor; an item's id is its first field.

    Raises `InvalidValue` for a cursor of another origin, `ServiceUnavailable` if reading takes too long.
    """

    async def placed(conn: Conn, before: UUID | None, limit: int) -> Sequence[tuple[bytes, T]]:
        items = await find(conn, before=before, limit=limit)
        return [(_id_bytes_of_item(item), item) for item in items]

    return await read_list_page_by_position(
        request,
        placed,
        cursor,
        limit,
        read=lambda place: UUID(bytes=place),
        connect=connect or request.acquire_connection,
    )


def _id_bytes_of_item(item: msgspec.Struct) -> bytes:
    shown_id: str = getattr(item, item.__struct_fields__[0])
    return UUID(shown_id.rpartition("_")[2]).bytes


async def read_list_page_by_position(
    request: ApiRequest,
    find: FindPlacedListItems[ListPosition, T],
    cursor: str | None,
    limit: int,
    *,
    read: Callable[[bytes], ListPosition],
    connect: OpenConnection,
) -> Page[T]:
    """Return one page of a list, with the next cursor, in the order of its items' places.

    A place is the position of an item in the list, as bytes. `read` converts it into the position that `find` takes.
    The query reads one item more than requested to learn whether more follow. Large pages are read in slices, so that
    other requests get the connection and the event loop in between. `find` or `connect` resolve ids, after the cursor
    is checked: an invalid request is reported before a missing object. Raises `InvalidValue` for a cursor of another
    origin, `ServiceUnavailable` if reading takes too long.
    """
    place = decode_page_cursor(request, cursor)
    page, left_s = _ListPageBuffer[T](limit), LIST_PAGE_READ_TIMEOUT_S
    while True:
        count, before = page.estimate_next_slice_items(), None if place is None else read(place)
        items, left_s = await _read_list_page_slice(connect, find, before, count, left_s)
        items = sandbox_times.shift_answer_times(items, request.request_state.ahead)
        if not all(page.add_item_unless_full(*placed) for placed in items):
            return Page(items=cast("list[T]", page.items), next_cursor=encode_page_cursor(request, page.last))
        if len(items) < count:
            return Page(items=cast("list[T]", page.items), next_cursor=None)
        place = page.last


class _ListPageBuffer(Generic[T]):
    """Items of a page, each encoded right after it is read, and the place of the last one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self.items: list[msgspec.Raw] = []
        self.last = b""

    def estimate_next_slice_items(self) -> int:
        """Return the number of items for the next slice, estimated from the size of the items so far."""
        left = self._limit + 1 - len(self.items)
        return min(
            left,
            max(1, LIST_SLICE_TARGET_BYTES * len(self.items) // self._size)
            if self.items
            else FIRST_LIST_SLICE_ITEM_COUNT,
        )

    def add_item_unless_full(self, place: bytes, item: T) -> bool:
        """Add an item with its place in the list to the page; return False if the page is already full."""
        if len(self.items) == self._limit or self._size >= MAX_LIST_PAGE_BYTES:
            return False
        shown = msgspec.Raw(msgspec.json.encode(item))
        self.items.append(shown)
        self._size += len(memoryview(shown))
        self.last = place
        return True


async def _read_list_page_slice(
    connect: OpenConnection,
    find: FindPlacedListItems[ListPosition, T],
    before: ListPosition | None,
    limit: int,
    left_s: float,
) -> tuple[Sequence[tuple[bytes, T]], float]:
    """Read one slice of a list's page with its own connection; return its items and the page's seconds left.

    Raises `ServiceUnavailable` if the page's time ends before.
    """
    loop = asyncio.get_running_loop()
    try:
        async with connect() as conn:
            until = loop.time() + left_s
            async with asyncio.timeout_at(until):
                return await find(conn, before, limit), until - loop.time()
    except TimeoutError:
        raise ServiceUnavailable(LIST_PAGE_TIMEOUT_MESSAGE) from None


async def read_list_page_in_project(
    request: ApiRequest, find: ProjectItemsDatabaseQuery[T], project_id: str, cursor: str | None, limit: int
) -> Page[T]:
    """Return one page, in id order, of a list in a project, by the id as sent. Raises `ObjectNotFound` if unknown."""

    async def within(conn: Conn, /, *, before: UUID | None, limit: int) -> list[T]:
        return await find(conn, **request.parse_org_and_project_id(project_id), before=before, limit=limit)

    return await read_list_page_by_id(request, within, cursor, limit)


async def read_timeline_page(
    request: ApiRequest, read: Callable[[Conn], Awaitable[list[TimelineEntry]]], cursor: str | None, limit: int
) -> Page[TimelineEntry]:
    """Return one page of a timeline, read once, and again if a sandbox's clock moved between slices.

    A place is a time and an index among its entries. Raises `InvalidValue`, `ServiceUnavailable` if it takes too long.
    """
    placed: dict[timedelta, list[tuple[bytes, TimelineEntry]]] = {}

    async def find(conn: Conn, before: bytes | None, count: int) -> list[tuple[bytes, TimelineEntry]]:
        if request.known_sandbox_clock_offset not in placed:
            placed[request.known_sandbox_clock_offset] = _add_timeline_cursor_positions(
                await read(conn), request.known_sandbox_clock_offset
            )
        return [entry for entry in placed[request.known_sandbox_clock_offset] if before is None or entry[0] > before][
            :count
        ]

    return await read_list_page_by_position(
        request, find, cursor, limit, read=bytes, connect=request.acquire_connection
    )


def _add_timeline_cursor_positions(entries: list[TimelineEntry], ahead: timedelta) -> list[tuple[bytes, TimelineEntry]]:
    """Return each timeline entry with its place: its real time, without a sandbox's offset, and an index."""
    placed: list[tuple[bytes, TimelineEntry]] = []
    nth, at = 0, UNIX_EPOCH
    for entry in entries:
        nth, at = (nth + 1 if entry.at == at else 0), entry.at
        micros = (at + ahead - UNIX_EPOCH) // timedelta(microseconds=1)
        placed.append((micros.to_bytes(8, "big") + nth.to_bytes(2, "big"), entry))
    return placed


def decode_page_cursor(request: ApiRequest, cursor: str | None) -> bytes | None:
    """Return the place in a list after which a cursor's page begins; None without a cursor.

    Raises `InvalidValue` for a cursor of another list or organization, and for a forged one.
    """
    if cursor is None:
        return None
    try:
        data = base64.urlsafe_b64decode(cursor.encode("ascii") + b"==")
    except (binascii.Error, UnicodeEncodeError):
        data = b""
    place, signature = data[:-_CURSOR_SIGNATURE_BYTES], data[-_CURSOR_SIGNATURE_BYTES:]
    for pepper in request.services.peppers.keys.values():
        if hmac.compare_digest(signature, _sign_cursor_place(pepper, request, place)):
            return place
    raise InvalidValue("cursor", "is not a nextCursor of this list: start without one")


def encode_page_cursor(request: ApiRequest, place: bytes) -> str:
    """Return the signed cursor of the page that begins after a place in the request's list."""
    keyring = request.services.peppers
    signed = place + _sign_cursor_place(keyring.keys[keyring.writer], request, place)
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def _sign_cursor_place(pepper: bytes, request: ApiRequest, place: bytes) -> bytes:
    listed = f"cursor {request.organization_id} {request.scope['path_template']} "
    return hmac.digest(pepper, listed.encode() + place, hashlib.sha256)[:_CURSOR_SIGNATURE_BYTES]
