"""Renewal of leases: a worker renews its lease, and so keeps all jobs that it runs.

Leases are compared with the database's clock alone.
"""

from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import worker


class JobHeldByWorker(NamedTuple):
    """A job that the worker holds, as of a renewal.

    `age_s` is the age of its attempt in seconds; `overdue`: its attempt's time limit has passed.
    """

    organization_id: UUID
    id: UUID
    fence: int
    cancel: bool
    overdue: bool
    age_s: float


RENEW_WORKER_LEASE = worker.renew_lease.typed(JobHeldByWorker)


async def renew_worker_lease(conn: Conn, *, worker_id: UUID, lease_s: float) -> list[JobHeldByWorker] | None:
    """Renew a worker's lease for `lease_s` seconds, and return the jobs that it holds; None if its row is gone.

    A job that has just ended is missing too: compare the fence before you stop work.
    """
    rows = await RENEW_WORKER_LEASE.all(conn, id=worker_id, lease_s=lease_s)
    return [row for row in rows if row.id is not None] if rows else None
