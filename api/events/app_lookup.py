"""Look-up in the main database before a list is read from the event store, such as of a project's apps."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from api.http import filters, path_ids
from api.http.requests import ApiRequest
from db.pool import Conn
from domain.apps import app_numbers
from domain.apps.app_numbers import ProjectApps

T = TypeVar("T")


class MainDatabaseLookup(Generic[T]):
    """Runs a query in the main database once, before the first connection to the event store.

    The query runs late, so that an invalid cursor is reported before a missing object.
    """

    result: T

    def __init__(self, request: ApiRequest, find: Callable[[Conn], Awaitable[T]]) -> None:
        self._request, self._find = request, find
        self._is_done = False

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Conn]:
        """Yield a connection to the event store. The first call runs the look-up before, and sets `result`.

        The look-up's connection to the main database is released before the event store's is acquired.
        """
        if not self._is_done:
            async with self._request.connection() as conn:
                self.result = await self._find(conn)
            self._is_done = True
        async with self._request.event_store_connection() as conn:
            yield conn


def look_up_project_apps(request: ApiRequest, project_id: str, app_id: str | None) -> MainDatabaseLookup[ProjectApps]:
    """Return a look-up that finds a project's apps, and the app of a filter, at its first `connect`.

    This `connect` raises `ObjectNotFound` for an unknown project or app.
    """

    async def find(conn: Conn) -> ProjectApps:
        return await app_numbers.find_project_apps(
            conn,
            organization_id=request.organization_id,
            project_id=path_ids.parse_id("project", project_id),
            app_id=filters.parse_filter_id("sdk_app", app_id),
        )

    return MainDatabaseLookup(request, find)
