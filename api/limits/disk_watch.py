"""Watermarks of the databases' disks: intake of events closes first, uploads second, posts never.

Each API process measures with two queries every 10 s, and every second once a disk is fairly full. If a
measurement fails, the previous one stays valid. A closed class of intake reopens by itself at a lower mark.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from db.pool import Pool, acquire_pg_connection
from db.reach import convert_postgres_away_errors
from domain.operations import disk
from domain.operations.disk import (
    EVENT_INTAKE_DISK_WATERMARK,
    MIN_DISK_USE_FOR_EVENT_FAIR_SHARE,
    UPLOAD_DISK_WATERMARK,
    IntakeClosingDiskWatermark,
)
from schemas.errors import ServiceUnavailable
from schemas.settings import Settings
from telemetry import logs, metrics

#: Seconds between two measurements: normally, and from the used fraction `MIN_FULL_DISK_USED_FRACTION` of a disk on.
DISK_MEASURE_INTERVAL_S, FULL_DISK_MEASURE_INTERVAL_S, MIN_FULL_DISK_USED_FRACTION = 10.0, 1.0, 0.70

#: Seconds in `Retry-After` of a refusal.
DISK_FULL_RETRY_AFTER_S = 30

_log = logs.get_logger("disk")


class WatchedDisk(NamedTuple):
    """A database's disk: the setting with its size, the size in bytes, and a pool of the database."""

    setting: str
    size: int
    pool: Pool


class DiskIntakeSwitch:
    """Whether one kind of intake, events or uploads, is open or closed for a nearly full disk."""

    def __init__(self, name: str, mark: IntakeClosingDiskWatermark) -> None:
        self._name, self._mark = name, mark
        self.is_closed = False

    def switch_by_disk_use(self, part: float) -> None:
        """Close an intake at its upper mark of disk use, and reopen it below its lower one.

        `part` is the used fraction of the disk. Sets the metric, and logs a change.
        """
        was, self.is_closed = (self.is_closed, part >= (self._mark.opens if self.is_closed else self._mark.closes))
        metrics.INTAKE_CLOSED_GAUGE.labels(self._name).set(self.is_closed)
        if self.is_closed != was:
            state = "closed: the database's disk is nearly full" if self.is_closed else "open again"
            _log.warning(f"intake of {self._name} is {state}", used=round(part, 3))


class DiskWatch:
    """Free space as of the last measurement. Events depend on all disks, uploads on the main database's disk.

    Without a configured size nothing is measured and intake never closes.
    """

    def __init__(self, main: WatchedDisk, store: WatchedDisk) -> None:
        self._main = main
        self.disks = [disk for disk in (main, store) if disk.size]
        self._events, self._uploads = (
            DiskIntakeSwitch("events", EVENT_INTAKE_DISK_WATERMARK),
            DiskIntakeSwitch("uploads", UPLOAD_DISK_WATERMARK),
        )
        #: The used fraction of each disk at its last measurement.
        self._parts = dict[str, float]()
        self._part = 0.0

    def check_event_intake_open(self) -> None:
        """Raise `ServiceUnavailable` while the intake of events is closed for a nearly full disk."""
        if self._events.is_closed:
            metrics.DISK_REFUSED_EVENT_REQUEST_COUNTER.inc()
            raise ServiceUnavailable(
                "the event store is nearly full: send these events again later", retry_after=DISK_FULL_RETRY_AFTER_S
            )

    def refuse_heavy_event_sender(self, used: float) -> None:
        """Raise `ServiceUnavailable` if an organization used too large a share of its daily event budget.

        `used` is that share. The allowed share falls from 1 to 0 while the fullest disk fills from
        `MIN_DISK_USE_FOR_EVENT_FAIR_SHARE` to the mark that closes the intake of events.
        """
        if used > (EVENT_INTAKE_DISK_WATERMARK.closes - self._part) / (
            EVENT_INTAKE_DISK_WATERMARK.closes - MIN_DISK_USE_FOR_EVENT_FAIR_SHARE
        ):
            metrics.DISK_REFUSED_EVENT_REQUEST_COUNTER.inc()
            message = "the event store fills up, and this organization sent the most events: send these again later"
            raise ServiceUnavailable(message, retry_after=DISK_FULL_RETRY_AFTER_S)

    def check_upload_intake_open(self) -> None:
        """Raise `ServiceUnavailable` while uploads are closed because the main database's disk is nearly full."""
        if self._uploads.is_closed:
            raise ServiceUnavailable(
                "the database is nearly full: repeat the upload later", retry_after=DISK_FULL_RETRY_AFTER_S
            )

    async def measure_disks_and_switch_intake(self) -> None:
        """Measure each watched disk, and open or close the intake of events and of uploads.

        A disk that can't be measured keeps its last value. Then raises `ServiceUnavailable` if a database is away.
        """
        failure: ServiceUnavailable | None = None
        for watched in self.disks:
            try:
                self._parts[watched.setting] = await _measure_used_disk_fraction(watched)
            except ServiceUnavailable as error:
                failure = error
        self._part = max(self._parts.values(), default=0.0)
        self._events.switch_by_disk_use(self._part)
        self._uploads.switch_by_disk_use(self._parts.get(self._main.setting, 0.0))
        if failure:
            raise failure

    async def measure_repeatedly(self) -> None:
        """Measure the disks until canceled, even after errors: every 10 s, or every second once one is fairly full."""
        while True:
            try:
                await self.measure_disks_and_switch_intake()
            except ServiceUnavailable:
                pass
            except Exception as error:  # noqa: BLE001  the next measurement may work
                _log.error("disk measurement failed", error=repr(error))
            await asyncio.sleep(
                FULL_DISK_MEASURE_INTERVAL_S if self._part >= MIN_FULL_DISK_USED_FRACTION else DISK_MEASURE_INTERVAL_S
            )


async def _measure_used_disk_fraction(watched: WatchedDisk) -> float:
    """Measure the used fraction of a database's disk, export it as a metric, and return it.

    Raises `ServiceUnavailable` if Postgres is away.
    """
    with convert_postgres_away_errors():
        async with acquire_pg_connection(watched.pool) as conn:
            use = await disk.measure_disk_use_of_databases_and_wal(conn)
    part = use.used_bytes / watched.size
    metrics.DATABASE_DISK_USED_RATIO_GAUGE.labels(watched.setting.lower()).set(part)
    return part


@asynccontextmanager
async def open_disk_watch(settings: Settings, pool: Pool, event_store: Pool) -> AsyncIterator[DiskWatch]:
    """Yield a watch of the databases' disks until the block ends; it measures only disks with a configured size."""
    watch = DiskWatch(
        WatchedDisk("DATABASE_DISK_BYTES", settings.database_disk_bytes, pool),
        WatchedDisk("TELEMETRY_DISK_BYTES", settings.telemetry_disk_bytes, event_store),
    )
    if not watch.disks:
        yield watch
        return
    async with asyncio.TaskGroup() as group:
        measuring = group.create_task(watch.measure_repeatedly())
        yield watch
        measuring.cancel()
