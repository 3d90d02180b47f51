"""Writes the time of each app's last event: write-behind, at most once a minute for each app."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from api.events.write_behind import write_behind
from db.pool import Pool
from db.reach import RETRIED_ERRORS, raise_if_postgres_away
from domain.apps import apps
from domain.apps.app_keys import KeyedApp

#: Seconds between two writes for one app; longer than the minute that the update requires.
MIN_INTERVAL_S = 61.0

#: Maximum number of apps in memory with the time of their last write.
MAX_REMEMBERED_APPS = 100_000


class LastSeenBuffer:
    """Pending timestamps, written one after the other: they take at most one connection of the pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._noted: OrderedDict[UUID, float] = OrderedDict()
        self._due: dict[UUID, KeyedApp] = {}
        self.came = asyncio.Event()

    def note(self, app: KeyedApp) -> None:
        """Queue a timestamp: the app has just sent events."""
        now = asyncio.get_running_loop().time()
        if now - self._noted.get(app.app_id, -MIN_INTERVAL_S) < MIN_INTERVAL_S:
            return
        self._noted[app.app_id] = now
        self._noted.move_to_end(app.app_id)
        if len(self._noted) > MAX_REMEMBERED_APPS:
            self._noted.popitem(last=False)
        self._due[app.app_id] = app
        self.came.set()

    async def write_due(self) -> None:
        """Write all pending timestamps; drop them while Postgres is away, as later events add new ones."""
        self.came.clear()
        while self._due:
            app = next(iter(self._due.values()))
            try:
                with raise_if_postgres_away():
                    async with self._pool.acquire() as conn:
                        await apps.note_event(conn, organization_id=app.organization_id, app_id=app.app_id)
            except RETRIED_ERRORS:
                self._noted.pop(app.app_id, None)
            except Exception:
                # One failing write must not block the others.
                del self._due[app.app_id]
                raise
            del self._due[app.app_id]


@asynccontextmanager
async def open_last_seen(pool: Pool) -> AsyncIterator[LastSeenBuffer]:
    """Open the buffer; it writes in the background, and once more at the end of the block."""
    notes = LastSeenBuffer(pool)
    async with write_behind(notes.came, notes.write_due):
        yield notes
