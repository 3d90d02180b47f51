"""Leader of the event archive: copies closed days in batches, so that their tables may be dropped."""

from db.pool import Conn
from db.reach import TRANSIENT_POSTGRES_ERRORS, means_postgres_away
from domain.events import event_archive
from schemas.errors import ServiceUnavailable
from schemas.settings import Settings
from workers.dispatcher.leader import Chore, ChoreLeader
from workers.event_archive.clickhouse import ClickHouseArchive
from workers.runtime.shutdown import StopSoonOrNowRequest

#: The advisory lock of the archiving process.
EVENT_ARCHIVER_LOCK_ID = 7209

EVENT_ARCHIVE_INTERVAL_S = 60.0


class ClickHouseArchiveLeader(ChoreLeader):
    """A leader with a loop of its own: a slow archive delays no fold of events."""

    def __init__(self, settings: Settings) -> None:
        self._archive = ClickHouseArchive(settings.events_archive_url)
        chores = [Chore("archive_events", EVENT_ARCHIVE_INTERVAL_S, self._run_archive_step, batch=1)]
        super().__init__(
            settings.event_store_url, name="dispatcher-archive", lock=EVENT_ARCHIVER_LOCK_ID, chores=chores
        )

    async def run(self, stop: StopSoonOrNowRequest) -> None:
        async with self._archive:
            await super().run(stop)

    async def _run_archive_step(self, conn: Conn) -> int:
        """Copy closed days of events to the archive by one step. Return 1 if one more may follow, else 0.

        A failure of the archive is logged and repeated in a minute: it returns 0. Errors of Postgres are raised.
        """
        try:
            return await event_archive.run_event_archive_step(conn, archive=self._archive)
        except ServiceUnavailable as error:
            self._log_archive_failure(str(error))
        except Exception as error:
            if isinstance(error, TRANSIENT_POSTGRES_ERRORS) or means_postgres_away(error):
                raise
            self._log_archive_failure(type(error).__name__)
        return 0

    def _log_archive_failure(self, error: str) -> None:
        self._log.warning("the event archive failed, retrying in a minute", error=error)
