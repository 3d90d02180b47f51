"""Leader of the event archive: copies closed days in batches, so that their tables may be dropped."""

from db.pool import Conn
from db.reach import RETRIED_ERRORS, is_postgres_away
from domain.events import event_archive
from schemas.errors import Unavailable
from schemas.settings import Settings
from workers.dispatcher.leader import Chore, Leader
from workers.event_archive.clickhouse import ClickHouse
from workers.runtime.shutdown import StopRequest

#: The advisory lock of the archiving process.
EVENT_ARCHIVER_LOCK_ID = 7209

EVERY_S = 60.0


class EventArchiver(Leader):
    """A leader with a loop of its own: a slow archive delays no fold of events."""

    def __init__(self, settings: Settings) -> None:
        self._archive = ClickHouse(settings.events_archive_url)
        chores = [Chore("archive_events", EVERY_S, self._advance, batch=1)]
        super().__init__(
            settings.event_store_url, name="dispatcher-archive", lock=EVENT_ARCHIVER_LOCK_ID, chores=chores
        )

    async def run(self, stop: StopRequest) -> None:
        async with self._archive:
            await super().run(stop)

    async def _advance(self, conn: Conn) -> int:
        """Run one step. After a failure it is repeated in a minute: no other chore waits for it."""
        try:
            return await event_archive.archive_next_step(conn, archive=self._archive)
        except Unavailable as error:
            self._failed(str(error))
        except Exception as error:
            if isinstance(error, RETRIED_ERRORS) or is_postgres_away(error):
                raise
            self._failed(type(error).__name__)
        return 0

    def _failed(self, error: str) -> None:
        self._log.warning("the event archive failed, retrying in a minute", error=error)
