"""Look-up in the main database before a list is read from the event store, such as of a project's apps."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from api.http import filters, path_ids
from api.http.requests import ApiRequest
from db.pool import Conn
from domain.apps import app_numbers
from domain.apps.app_numbers import Apps

T = TypeVar("T")


class LookUp(Generic[T]):
    """A look-up that runs once, at the first connect, so that an invalid cursor is reported before it."""

    result: T

    def __init__(self, request: ApiRequest, find: Callable[[Conn], Awaitable[T]]) -> None:
        self._request, self._find = request, find
        self._is_done = False

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Conn]:
        """Connect to the event store; the main database's connection is released before."""
        if not self._is_done:
            async with self._request.connection() as conn:
                self.result = await self._find(conn)
            self._is_done = True
        async with self._request.event_connection() as conn:
            yield conn


def look_up_apps(request: ApiRequest, project_id: str, app_id: str | None) -> LookUp[Apps]:
    """Return the look-up of a project's apps, and of the app in a filter. It raises `NotFound`."""

    async def find(conn: Conn) -> Apps:
        return await app_numbers.find(
            conn,
            organization_id=request.organization_id,
            project_id=path_ids.parse_id("project", project_id),
            app_id=filters.read_id("sdk_app", app_id),
        )

    return LookUp(request, find)
