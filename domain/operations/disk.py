"""Room on a database's disk: the bytes that PostgreSQL has taken of those that a setting allows it.

The API can't see the disk of a database's host. So `DATABASE_DISK_BYTES` says how large it is, and PostgreSQL
says how much its databases and its write-ahead log take. The log counts with `max_wal_size` at least, since
PostgreSQL may take that much at any time (PostgreSQL's documentation, "WAL Configuration").
"""

from typing import NamedTuple

from db.pool import Conn
from db.queries import disk


class DiskUse(NamedTuple):
    """Bytes on a database's disk. `sees_wal` is false for a role that isn't in pg_monitor."""

    data: int
    wal: int
    sees_wal: bool

    @property
    def used(self) -> int:
        return self.data + self.wal


class Mark(NamedTuple):
    """Parts of a disk at which a class of intake closes, and below which it opens again."""

    closes: float
    opens: float


#: From the first one on, organizations that have used most of their day's budget are refused events; then all
#: are. Uploads close later, posts never.
SHARE_FROM = 0.80
EVENTS, UPLOADS = Mark(0.90, 0.85), Mark(0.95, 0.90)


class _Databases(NamedTuple):
    data: int
    wal_limit: int
    sees_wal: bool


_MEASURE_DATABASES = disk.measure_databases.typed(_Databases)


async def measure(conn: Conn) -> DiskUse:
    """Bytes that the server has taken by now."""
    databases = await _MEASURE_DATABASES.row(conn)
    wal: int = await disk.measure_wal.value(conn) if databases.sees_wal else 0
    return DiskUse(databases.data, max(wal, databases.wal_limit), databases.sees_wal)
