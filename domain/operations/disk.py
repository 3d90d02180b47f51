"""Use of a database's disk: the bytes that PostgreSQL occupies of those that a setting allows.

The API can't see the disk of the database's host. So `DATABASE_DISK_BYTES` is its size, and PostgreSQL
reports the sizes of its databases and its write-ahead log. The log counts as at least `max_wal_size`, since
PostgreSQL may use that much at any time (PostgreSQL's documentation, "WAL Configuration").
"""

from typing import NamedTuple

from db.pool import Conn
from db.queries import disk


class DiskUse(NamedTuple):
    """Bytes on a database's disk. `sees_wal` is false for a role outside pg_monitor."""

    data: int
    wal: int
    sees_wal: bool

    @property
    def used(self) -> int:
        return self.data + self.wal


class DiskWatermark(NamedTuple):
    """Share of a disk at which an intake closes, and the share below which it opens again."""

    closes: float
    opens: float


#: From `SHARE_FROM` on, events of organizations that have used most of their daily budget are refused; from
#: `EVENTS` on, all events are. Uploads close later, posts never.
SHARE_FROM = 0.80
EVENTS, UPLOADS = DiskWatermark(0.90, 0.85), DiskWatermark(0.95, 0.90)


class _Databases(NamedTuple):
    data: int
    wal_limit: int
    sees_wal: bool


_MEASURE_DATABASES = disk.measure_databases.typed(_Databases)


async def measure(conn: Conn) -> DiskUse:
    """Measure the bytes that the server occupies."""
    databases = await _MEASURE_DATABASES.row(conn)
    wal: int = await disk.measure_wal.value(conn) if databases.sees_wal else 0
    return DiskUse(databases.data, max(wal, databases.wal_limit), databases.sees_wal)
