"""Time windows of queries, with the connections and the time limit of their answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from litestar.params import QueryParameter

from api.http.paging import LIST_PAGE_READ_TIMEOUT_S
from api.http.requests import ApiRequest
from domain.metrics.metrics import MetricDatabases
from schemas.errors import ServiceUnavailable

T = TypeVar("T")

WindowSinceFilter = Annotated[
    str | None,
    QueryParameter(
        name="since", description="Start of the window; UTC, with `Z`. Default: 30 days before `until`.", max_length=40
    ),
]
WindowUntilFilter = Annotated[
    str | None,
    QueryParameter(
        name="until", description="End of the window, exclusive; UTC, with `Z`. Default: now.", max_length=40
    ),
]
METRIC_SCOPE_PARAMETER = QueryParameter(name="scope", description="The scope of the metrics.")
TIME_BUCKET_PARAMETER = QueryParameter(name="granularity", description="The length of a bucket; weeks begin on Monday.")


def get_metric_query_databases(request: ApiRequest) -> MetricDatabases:
    """Return a metrics query's sources: the caller's connections to both databases, and the user count cache."""
    return MetricDatabases(
        request.acquire_connection, request.acquire_event_store_connection, request.services.user_counts
    )


async def read_at_one_clock_time(request: ApiRequest, read: Callable[[datetime, timedelta], Awaitable[T]]) -> T:
    """Call `read` with the current time and the offset of the caller's sandbox clock; return its result.

    `read` uses several connections, and runs again if the clock was moved meanwhile.
    """
    while True:
        ahead = await request.read_sandbox_clock_offset()
        result = await read(request.services.clock() + ahead, ahead)
        if request.known_sandbox_clock_offset == ahead:
            return result


@asynccontextmanager
async def limit_list_query_time() -> AsyncIterator[None]:
    """Raise `ServiceUnavailable` if the block takes longer than `LIST_PAGE_READ_TIMEOUT_S`."""
    try:
        async with asyncio.timeout(LIST_PAGE_READ_TIMEOUT_S):
            yield
    except TimeoutError:
        raise ServiceUnavailable(
            "this takes too long to read: request a shorter window, or a narrower filter"
        ) from None
