"""Pagination of timelines by time."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from api.http.paging import page_of_places
from api.http.requests import ApiRequest
from db.pool import Conn
from schemas.base import Page
from schemas.timelines import TimelineEntry

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def page_of_entries(
    request: ApiRequest,
    read: Callable[[Conn], Awaitable[list[TimelineEntry]]],
    cursor: str | None,
    limit: int,
) -> Page[TimelineEntry]:
    """Return one page. The timeline is read once, and again if a sandbox's clock moved between two slices.

    A place is a time and an index among the entries of that time.
    """
    placed: dict[timedelta, list[tuple[bytes, TimelineEntry]]] = {}

    async def find(conn: Conn, before: bytes | None, count: int) -> list[tuple[bytes, TimelineEntry]]:
        if request.ahead not in placed:
            placed[request.ahead] = _add_places(await read(conn), request.ahead)
        return [entry for entry in placed[request.ahead] if before is None or entry[0] > before][:count]

    return await page_of_places(request, find, cursor, limit, read=bytes, connect=request.connection)


def _add_places(entries: list[TimelineEntry], ahead: timedelta) -> list[tuple[bytes, TimelineEntry]]:
    """Return each entry with its place: its real time, independent of a sandbox's clock, and an index."""
    placed: list[tuple[bytes, TimelineEntry]] = []
    nth, at = 0, EPOCH
    for entry in entries:
        nth, at = (nth + 1 if entry.at == at else 0), entry.at
        micros = (at + ahead - EPOCH) // timedelta(microseconds=1)
        placed.append((micros.to_bytes(8, "big") + nth.to_bytes(2, "big"), entry))
    return placed
