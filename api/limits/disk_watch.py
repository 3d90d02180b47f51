"""Watermarks of the databases' disks: intake of events closes first, uploads second, posts never.

Each API process measures with two queries every 10 s, and every second once a disk is fairly full. If a
measurement fails, the previous one stays valid. A closed class of intake reopens by itself at a lower mark.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from db.pool import Pool
from db.reach import raise_if_postgres_away
from domain.operations import disk
from domain.operations.disk import EVENTS, SHARE_FROM, UPLOADS, DiskWatermark
from schemas.errors import Unavailable
from schemas.settings import Settings
from telemetry import logs, metrics

#: Seconds between two measurements: normally, and from the used fraction `FULL_DISK_FRACTION` of a disk on.
MEASURE_INTERVAL_S, FULL_DISK_INTERVAL_S, FULL_DISK_FRACTION = 10.0, 1.0, 0.70

#: Seconds in `Retry-After` of a refusal.
RETRY_AFTER_S = 30

_log = logs.get_logger("disk")


class WatchedDisk(NamedTuple):
    """A database's disk: the setting with its size, the size in bytes, and a pool of the database."""

    setting: str
    size: int
    pool: Pool


class Watermark:
    """A class of intake, open or closed."""

    def __init__(self, name: str, mark: DiskWatermark) -> None:
        self._name, self._mark = name, mark
        self.is_closed = False

    def move(self, part: float) -> None:
        """Close above one mark and reopen below the other."""
        was, self.is_closed = (
            self.is_closed,
            part >= (self._mark.opens if self.is_closed else self._mark.closes),
        )
        metrics.INTAKE_CLOSED.labels(self._name).set(self.is_closed)
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
        self._events, self._uploads = Watermark("events", EVENTS), Watermark("uploads", UPLOADS)
        #: The used fraction of each disk at its last measurement.
        self._parts = dict[str, float]()
        self._part = 0.0

    def check_events(self) -> None:
        """Raise `Unavailable` while intake of events is closed."""
        if self._events.is_closed:
            metrics.EVENT_REQUESTS_CLOSED.inc()
            raise Unavailable(
                "the event store is nearly full: send these events again later", retry_after=RETRY_AFTER_S
            )

    def check_share(self, used: float) -> None:
        """Raise `Unavailable` for an organization that has used more than this fraction of its day's budget.

        The allowed fraction falls from 1 to 0 while the disk fills from `SHARE_FROM` to the mark of events.
        """
        if used > (EVENTS.closes - self._part) / (EVENTS.closes - SHARE_FROM):
            metrics.EVENT_REQUESTS_CLOSED.inc()
            message = (
                "the event store fills up, and this organization sent the most events: send these again later"
            )
            raise Unavailable(message, retry_after=RETRY_AFTER_S)

    def check_uploads(self) -> None:
        """Raise `Unavailable` while uploads are closed."""
        if self._uploads.is_closed:
            raise Unavailable(
                "the database is nearly full: repeat the upload later", retry_after=RETRY_AFTER_S
            )

    async def measure(self) -> None:
        """Measure each disk and open or close intake. Then raises `Unavailable` if a database is away."""
        failure: Unavailable | None = None
        for watched in self.disks:
            try:
                self._parts[watched.setting] = await _measure_used_fraction(watched)
            except Unavailable as error:
                failure = error
        self._part = max(self._parts.values(), default=0.0)
        self._events.move(self._part)
        self._uploads.move(self._parts.get(self._main.setting, 0.0))
        if failure:
            raise failure

    async def run(self) -> None:
        """Measure repeatedly until canceled."""
        while True:
            try:
                await self.measure()
            except Unavailable:
                pass
            except Exception as error:  # noqa: BLE001  the next measurement may work
                _log.error("disk measurement failed", error=repr(error))
            await asyncio.sleep(
                FULL_DISK_INTERVAL_S if self._part >= FULL_DISK_FRACTION else MEASURE_INTERVAL_S
            )


async def _measure_used_fraction(watched: WatchedDisk) -> float:
    """Measure the used fraction of a disk."""
    with raise_if_postgres_away():
        async with watched.pool.acquire() as conn:
            use = await disk.measure(conn)
    part = use.used / watched.size
    metrics.DISK_USED.labels(watched.setting.lower()).set(part)
    return part


@asynccontextmanager
async def open_disk_watch(settings: Settings, pool: Pool, event_store: Pool) -> AsyncIterator[DiskWatch]:
    """Run a watch until the block ends; it measures only disks with a configured size."""
    watch = DiskWatch(
        WatchedDisk("DATABASE_DISK_BYTES", settings.database_disk_bytes, pool),
        WatchedDisk("TELEMETRY_DISK_BYTES", settings.telemetry_disk_bytes, event_store),
    )
    if not watch.disks:
        yield watch
        return
    async with asyncio.TaskGroup() as group:
        measuring = group.create_task(watch.run())
        yield watch
        measuring.cancel()
