"""Windows of time in queries, and what an answer about one is read from, and for how long."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from litestar.params import QueryParameter

from api.paging import READ_S
from api.requests import ApiRequest
from domain.metrics.metrics import Stores
from schemas.errors import Unavailable

T = TypeVar("T")

Since = Annotated[
    str | None,
    QueryParameter(
        name="since",
        description="From then on; UTC, with `Z`. 30 days before `until` unless given.",
        max_length=40,
    ),
]
Until = Annotated[
    str | None,
    QueryParameter(name="until", description="Before then; UTC, with `Z`. Now unless given.", max_length=40),
]
SCOPE = QueryParameter(name="scope", description="What the metrics are of.")
GRANULARITY = QueryParameter(name="granularity", description="What the buckets are; weeks begin on Monday.")


def stores(request: ApiRequest) -> Stores:
    """Connections of the caller's share to both databases."""
    return Stores(request.connection, request.event_connection, request.services.counted)


async def at_one_time(request: ApiRequest, read: Callable[[datetime, timedelta], Awaitable[T]]) -> T:
    """The answer of `read`, which gets a time and how far a sandbox's clock is ahead then.

    It reads with several connections, and once more where the clock was moved meanwhile.
    """
    while True:
        ahead = await request.read_ahead()
        found = await read(request.services.clock() + ahead, ahead)
        if request.ahead == ahead:
            return found


@asynccontextmanager
async def bounded() -> AsyncIterator[None]:
    """No longer than a page of a list may be read for. Raises `Unavailable`."""
    try:
        async with asyncio.timeout(READ_S):
            yield
    except TimeoutError:
        raise Unavailable("this takes too long to read: ask for a shorter time, or for less of it") from None
