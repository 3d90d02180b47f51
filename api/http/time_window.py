"""Time windows of queries, with the connections and the time limit of their answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from litestar.params import QueryParameter

from api.http.paging import READ_TIMEOUT_S
from api.http.requests import ApiRequest
from domain.metrics.metrics import MetricSources
from schemas.errors import Unavailable

T = TypeVar("T")

Since = Annotated[
    str | None,
    QueryParameter(
        name="since",
        description="Start of the window; UTC, with `Z`. Default: 30 days before `until`.",
        max_length=40,
    ),
]
Until = Annotated[
    str | None,
    QueryParameter(
        name="until", description="End of the window, exclusive; UTC, with `Z`. Default: now.", max_length=40
    ),
]
SCOPE = QueryParameter(name="scope", description="The scope of the metrics.")
GRANULARITY = QueryParameter(name="granularity", description="The length of a bucket; weeks begin on Monday.")


def connections_of(request: ApiRequest) -> MetricSources:
    """Return connections to both databases from the caller's quota."""
    return MetricSources(request.connection, request.event_connection, request.services.user_counts)


async def read_at_one_time(request: ApiRequest, read: Callable[[datetime, timedelta], Awaitable[T]]) -> T:
    """Run `read` with one time and one offset of a sandbox's clock.

    `read` uses several connections, and runs again if the clock was moved meanwhile.
    """
    while True:
        ahead = await request.read_ahead()
        result = await read(request.services.clock() + ahead, ahead)
        if request.ahead == ahead:
            return result


@asynccontextmanager
async def limit_read_time() -> AsyncIterator[None]:
    """Raise `Unavailable` if the block takes longer than a list's page may take (`READ_TIMEOUT_S`)."""
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            yield
    except TimeoutError:
        raise Unavailable(
            "this takes too long to read: request a shorter window, or a narrower filter"
        ) from None
