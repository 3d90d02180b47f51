"""Look-up of a project's apps in the main database, before a list is read from the event store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.http import filters
from api.http.requests import ApiRequest
from db.pool import Conn
from domain.apps import app_numbers
from domain.apps.app_numbers import ProjectAppsByEventStoreNumber


class EventStoreConnectorAfterAppLookup:
    """Finds a project's apps, and the app of a filter, before the first connection to the event store.

    The query runs once, and late, so that an invalid cursor is reported before a missing object.
    """

    result: ProjectAppsByEventStoreNumber

    def __init__(self, request: ApiRequest, project_id: str, app_id: str | None) -> None:
        self._request, self._project_id, self._app_id = request, project_id, app_id
        self._is_done = False

    @asynccontextmanager
    async def connect_to_event_store(self) -> AsyncIterator[Conn]:
        """Yield a connection to the event store; the first call looks up the project's apps before.

        It sets `result`. The look-up's connection to the main database is released before the event store's is
        acquired. Raises `ObjectNotFound` for an unknown project or app.
        """
        if not self._is_done:
            async with self._request.acquire_connection() as conn:
                self.result = await app_numbers.map_project_apps_by_number(
                    conn,
                    **self._request.parse_org_and_project_id(self._project_id),
                    app_id=filters.parse_filter_id("sdk_app", self._app_id),
                )
            self._is_done = True
        async with self._request.acquire_event_store_connection() as conn:
            yield conn
