"""Chores of the event store: submit conversions, create and drop day tables. Folders add deltas to the counts."""

import asyncio
from functools import partial

from db.pool import Conn, use_unpooled_pg_connection
from db.reach import convert_postgres_away_errors
from domain.events import conversion_lines, conversions, folds, partitions, quarantine
from schemas.errors import ServiceUnavailable
from schemas.settings import Settings
from telemetry import logs, metrics
from workers.dispatcher.leader import Chore, ChoreLeader
from workers.runtime.shutdown import StopSoonOrNowRequest

#: The advisory lock of the process that runs these chores.
EVENT_STORE_LEADER_LOCK_ID = 7205

#: The advisory lock of the first folder; the others have the next numbers.
FIRST_EVENT_FOLD_LEADER_LOCK_ID = 7220

EVENT_CHORES_INTERVAL_S = 60.0
EVENT_FOLD_INTERVAL_S = 0.25
FOLD_LAG_MEASURE_INTERVAL_S = 5.0
CONVERSION_JOB_SUBMIT_INTERVAL_S = 0.5

#: Seconds that the main database may take in total, also when silent: the other chores wait meanwhile.
CONVERSION_JOB_SUBMIT_TIMEOUT_S = 3.0

_log = logs.get_logger("dispatcher-events")


class EventFoldLeader(ChoreLeader):
    """One of the `event_folders` that fold events' deltas, each on its own connection, in one process at a time."""

    def __init__(self, settings: Settings, number: int) -> None:
        folder = folds.DeltaFoldRunner()
        super().__init__(
            settings.event_store_url,
            name="dispatcher-folds",
            lock=FIRST_EVENT_FOLD_LEADER_LOCK_ID + number,
            chores=[
                Chore(
                    "fold_events",
                    EVENT_FOLD_INTERVAL_S,
                    folder.fold_each_waiting_shard,
                    batch=folds.MAX_DELTAS_PER_FOLD,
                )
            ],
        )


class EventStoreChoreLeader(ChoreLeader):
    """Leader of the event store: a loop that runs its chores, such as retention, in one process at a time."""

    def __init__(self, settings: Settings) -> None:
        drop_day = partial(
            partitions.drop_oldest_event_day, keep=settings.event_days, archived=bool(settings.events_archive_url)
        )
        chores = [
            Chore(
                "submit_conversions",
                CONVERSION_JOB_SUBMIT_INTERVAL_S,
                DueConversionQueueScan(settings.database_url).submit_relay_jobs_of_next_queues,
                batch=conversions.MAX_QUEUES_PER_CONVERSION_SEARCH,
            ),
            Chore("make_event_days", EVENT_CHORES_INTERVAL_S, partitions.create_event_day_tables),
            Chore(
                "rotate_event_generation",
                EVENT_CHORES_INTERVAL_S,
                partitions.open_new_event_id_partition_if_due,
                batch=1,
            ),
            Chore("drop_event_leaves", EVENT_CHORES_INTERVAL_S, partitions.drop_oldest_event_id_partition, batch=1),
            Chore(
                "delete_refused_events",
                EVENT_CHORES_INTERVAL_S,
                quarantine.delete_expired_event_rejections,
                batch=quarantine.MAX_DELETED_REJECTIONS,
            ),
            Chore("drop_event_days", EVENT_CHORES_INTERVAL_S, drop_day, batch=1),
            Chore(
                "prune_conversions",
                EVENT_CHORES_INTERVAL_S,
                partial(conversions.prune_conversions, keep_days=settings.event_days),
                batch=conversions.MAX_CONVERSIONS_PER_CLEANUP,
            ),
            Chore("measure_fold_lag", FOLD_LAG_MEASURE_INTERVAL_S, export_fold_lag),
        ]
        super().__init__(
            settings.event_store_url, name="dispatcher-events", lock=EVENT_STORE_LEADER_LOCK_ID, chores=chores
        )

    async def lead(self, conn: Conn, stop: StopSoonOrNowRequest) -> None:
        try:
            await super().lead(conn, stop)
        finally:
            metrics.EVENT_FOLD_LAG_SECONDS_GAUGE.set(0)


async def export_fold_lag(conn: Conn) -> int:
    """Set the Prometheus gauge of the wait of the oldest uncounted event. Return 0, as a chore without rows.

    The gauge stays if the measurement takes too long.
    """
    try:
        metrics.EVENT_FOLD_LAG_SECONDS_GAUGE.set(await folds.read_fold_lag_s(conn))
    except folds.NON_FATAL_FOLD_ERRORS as error:
        _log.warning("fold lag not measured", error=repr(error))
    return 0


class DueConversionQueueScan:
    """A round-robin scan of all lines with pending conversions, a batch at a time.

    It reads the event store, and submits in the main database, which may be another one. The job is unique
    for its line: one job runs even if a line is found twice, or if either database fails.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url, self._after = database_url, conversions.CONVERSION_QUEUE_SEARCH_START

    async def submit_relay_jobs_of_next_queues(self, conn: Conn) -> int:
        """Submit a job for each conversion line with due conversions, in the next batch of lines.

        A line is an app's conversions to Meta or TikTok. Return a full batch's size while other lines follow,
        else 0. Return 0 as well while the main database is away.
        """
        lines, last = await conversions.find_due_conversion_queues(conn, after=self._after)
        if lines and not await self._submit_queue_jobs_if_database_reachable(lines):
            return 0
        self._after = last
        return 0 if last == conversions.CONVERSION_QUEUE_SEARCH_START else conversions.MAX_QUEUES_PER_CONVERSION_SEARCH

    async def _submit_queue_jobs_if_database_reachable(self, lines: list[conversions.AppConversionQueue]) -> bool:
        """Submit the jobs of these conversion lines; return whether the main database accepted them in time.

        Return False while it is away or slow: the next run then scans the same lines.
        """
        try:
            with convert_postgres_away_errors():
                async with asyncio.timeout(CONVERSION_JOB_SUBMIT_TIMEOUT_S):
                    await self._submit_queue_jobs_in_main_database(lines)
        except ServiceUnavailable:
            return False
        return True

    async def _submit_queue_jobs_in_main_database(self, lines: list[conversions.AppConversionQueue]) -> None:
        """Submit the jobs of these conversion lines in the main database, in one statement.

        A slow database may insert them after a timeout.
        """
        async with use_unpooled_pg_connection(self._database_url, name="conversions") as main:
            try:
                await conversion_lines.submit_relay_jobs_of_conversion_queues(main, lines=lines)
            except BaseException:
                # A close would wait for the response to the canceled statement.
                main.terminate()
                raise
