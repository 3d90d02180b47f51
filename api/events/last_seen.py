"""Writes the time of each app's last event: write-behind, at most once a minute for each app."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from api.events.write_behind import run_background_buffer_writer
from db.pool import Pool, acquire_pg_connection
from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors
from domain.apps import apps
from domain.apps.app_keys import SdkAppOfEventRequest

#: Seconds between two writes for one app; longer than the minute that the update requires.
MIN_APP_LAST_SEEN_WRITE_INTERVAL_S = 61.0

#: Maximum number of apps in memory with the time of their last write.
MAX_CACHED_LAST_SEEN_APPS = 100_000


class AppLastSeenBuffer:
    """Buffer of last-event times of apps. Writes one app after the other, over one connection."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._noted: OrderedDict[UUID, float] = OrderedDict()
        self._due: dict[UUID, SdkAppOfEventRequest] = {}
        self.write_requested = asyncio.Event()

    def queue_last_event_time(self, app: SdkAppOfEventRequest) -> None:
        """Queue a write of the time of an app's last event; do nothing within 61 s of the app's last write."""
        now = asyncio.get_running_loop().time()
        if now - self._noted.get(app.app_id, -MIN_APP_LAST_SEEN_WRITE_INTERVAL_S) < MIN_APP_LAST_SEEN_WRITE_INTERVAL_S:
            return
        self._noted[app.app_id] = now
        self._noted.move_to_end(app.app_id)
        if len(self._noted) > MAX_CACHED_LAST_SEEN_APPS:
            self._noted.popitem(last=False)
        self._due[app.app_id] = app
        self.write_requested.set()

    async def write_queued_times(self) -> None:
        """Write the queued last-event times of all apps to Postgres. Drop them while Postgres is away.

        An app's next events queue a new time. Raises any other error after dropping its app: a failing write
        must not block the others.
        """
        self.write_requested.clear()
        while self._due:
            app = next(iter(self._due.values()))
            try:
                with convert_postgres_away_errors():
                    async with acquire_pg_connection(self._pool) as conn:
                        await apps.store_app_event_time(conn, organization_id=app.organization_id, app_id=app.app_id)
            except TRANSIENT_POSTGRES_ERRORS:
                self._noted.pop(app.app_id, None)
            except Exception:
                # One failing write must not block the others.
                del self._due[app.app_id]
                raise
            del self._due[app.app_id]


@asynccontextmanager
async def open_app_last_seen_buffer(pool: Pool) -> AsyncIterator[AppLastSeenBuffer]:
    """Yield a buffer of apps' last-event times, which a background task writes to Postgres.

    The buffer is written once more at the end of the block.
    """
    notes = AppLastSeenBuffer(pool)
    async with run_background_buffer_writer(notes.write_requested, notes.write_queued_times):
        yield notes
