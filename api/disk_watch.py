"""Watermarks of the databases' disks: intake of events closes first, uploads second, posts never.

Each process of the API measures by two statements, every 10 s, and every second once a disk is fairly full.
Where a disk can't be measured, its last measurement holds. A closed class opens by itself, at a lower mark.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from db.pool import Pool
from db.reach import reaching
from domain.operations import disk
from domain.operations.disk import EVENTS, SHARE_FROM, UPLOADS, Mark
from schemas.errors import Unavailable
from schemas.settings import Settings
from telemetry import logs, metrics

#: Seconds between two measurements, and the part of a disk from which on they come sooner.
EVERY_S, SOON_S, SOON_FROM = 10.0, 1.0, 0.70

#: Seconds after which whoever was refused may ask again.
RETRY_S = 30

_log = logs.get("disk")


class Disk(NamedTuple):
    """A database's disk: the setting that says its size, in bytes, and a pool of the database."""

    setting: str
    size: int
    pool: Pool


class Watermark:
    """A class of intake that is open or closed."""

    def __init__(self, name: str, mark: Mark) -> None:
        self._name, self._mark = name, mark
        self.is_closed = False

    def move(self, part: float) -> None:
        """Close at one mark and open below the other one."""
        was, self.is_closed = (
            self.is_closed,
            part >= (self._mark.opens if self.is_closed else self._mark.closes),
        )
        metrics.INTAKE_CLOSED.labels(self._name).set(self.is_closed)
        if self.is_closed != was:
            state = "closed: the database's disk is nearly full" if self.is_closed else "open again"
            _log.warning(f"intake of {self._name} is {state}", used=round(part, 3))


class DiskWatch:
    """Room as of the last measurement. Events need all of the disks, uploads the main database's.

    Without a size nothing is measured, and nothing ever closes.
    """

    def __init__(self, main: Disk, store: Disk) -> None:
        self._main = main
        self.disks = [disk for disk in (main, store) if disk.size]
        self._events, self._uploads = Watermark("events", EVENTS), Watermark("uploads", UPLOADS)
        #: The part of each disk that was used at its last measurement.
        self._parts = dict[str, float]()
        self._part = 0.0

    def check_events(self) -> None:
        """Raises `Unavailable` while no event is taken."""
        if self._events.is_closed:
            metrics.EVENT_REQUESTS_CLOSED.inc()
            raise Unavailable("the event store is nearly full: send these again later", retry_after=RETRY_S)

    def check_share(self, used: float) -> None:
        """Raises `Unavailable` for an organization that has used more than this part of its day's budget.

        The part falls from all of it to nothing, as the disk fills from `SHARE_FROM` to the mark of events.
        """
        if used > (EVENTS.closes - self._part) / (EVENTS.closes - SHARE_FROM):
            metrics.EVENT_REQUESTS_CLOSED.inc()
            message = "the event store fills up, and this organization has sent most: send these again later"
            raise Unavailable(message, retry_after=RETRY_S)

    def check_uploads(self) -> None:
        """Raises `Unavailable` while no file is taken."""
        if self._uploads.is_closed:
            raise Unavailable("the database is nearly full: repeat the upload later", retry_after=RETRY_S)

    async def measure(self) -> None:
        """Measure each disk, and close or open. Raises `Unavailable` after that if a database is away."""
        failure: Unavailable | None = None
        for watched in self.disks:
            try:
                self._parts[watched.setting] = await _part(watched)
            except Unavailable as error:
                failure = error
        self._part = max(self._parts.values(), default=0.0)
        self._events.move(self._part)
        self._uploads.move(self._parts.get(self._main.setting, 0.0))
        if failure:
            raise failure

    async def run(self) -> None:
        """Measure again and again, until canceled."""
        while True:
            try:
                await self.measure()
            except Unavailable:
                pass
            except Exception as error:  # noqa: BLE001  the next measurement may work
                _log.error("a disk can't be measured", error=repr(error))
            await asyncio.sleep(SOON_S if self._part >= SOON_FROM else EVERY_S)


async def _part(watched: Disk) -> float:
    """The part of a disk that is used."""
    with reaching():
        async with watched.pool.acquire() as conn:
            use = await disk.measure(conn)
    part = use.used / watched.size
    metrics.DISK_USED.labels(watched.setting.lower()).set(part)
    return part


@asynccontextmanager
async def open_disk_watch(settings: Settings, pool: Pool, event_store: Pool) -> AsyncIterator[DiskWatch]:
    """A watch that measures until the block ends, where a setting says the size of a disk."""
    watch = DiskWatch(
        Disk("DATABASE_DISK_BYTES", settings.database_disk_bytes, pool),
        Disk("TELEMETRY_DISK_BYTES", settings.telemetry_disk_bytes, event_store),
    )
    if not watch.disks:
        yield watch
        return
    async with asyncio.TaskGroup() as group:
        measuring = group.create_task(watch.run())
        yield watch
        measuring.cancel()
