"""Use of a database's disk: the bytes that PostgreSQL occupies of those that a setting allows.

The API can't see the disk of the database's host. So `DATABASE_DISK_BYTES` is its size, and PostgreSQL
reports the sizes of its databases and its write-ahead log. The log counts as at least `max_wal_size`, since
PostgreSQL may use that much at any time (PostgreSQL's documentation, "WAL Configuration").
"""

from typing import NamedTuple

from db.pool import Conn
from db.queries import disk


class DatabaseDiskUse(NamedTuple):
    """Bytes on a database's disk. `sees_wal` is false for a role outside pg_monitor."""

    data: int
    wal: int
    sees_wal: bool

    @property
    def used_bytes(self) -> int:
        return self.data + self.wal


class IntakeClosingDiskWatermark(NamedTuple):
    """Share of a disk at which an intake closes, and the share below which it opens again."""

    closes: float
    opens: float


#: From `MIN_DISK_USE_FOR_EVENT_FAIR_SHARE` on, events of organizations that have used most of their daily budget are
#: refused; from `EVENT_INTAKE_DISK_WATERMARK` on, all events are. Uploads close later, posts never.
MIN_DISK_USE_FOR_EVENT_FAIR_SHARE = 0.80
EVENT_INTAKE_DISK_WATERMARK, UPLOAD_DISK_WATERMARK = (
    IntakeClosingDiskWatermark(0.90, 0.85),
    IntakeClosingDiskWatermark(0.95, 0.90),
)


class _DatabaseDataAndWalSizes(NamedTuple):
    data: int
    wal_limit: int
    sees_wal: bool


_MEASURE_DATABASE_SIZES = disk.measure_databases.typed(_DatabaseDataAndWalSizes)


async def measure_disk_use_of_databases_and_wal(conn: Conn) -> DatabaseDiskUse:
    """Return the bytes of PostgreSQL's databases and write-ahead log; the log counts as at least `max_wal_size`."""
    databases = await _MEASURE_DATABASE_SIZES.row(conn)
    wal: int = await disk.measure_wal.value(conn) if databases.sees_wal else 0
    return DatabaseDiskUse(databases.data, max(wal, databases.wal_limit), databases.sees_wal)
