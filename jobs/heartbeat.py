"""The heartbeat's statements: a worker renews its lease, and so keeps all jobs that it runs.

Leases are compared with the database's clock alone.
"""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import worker
from jobs.ledger import JobClaim


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
LIST_HELD_JOB_CLAIMS = worker.claims_held.typed(JobClaim)


async def insert_worker_row(
    conn: Conn, *, worker_id: UUID, pool: str, host: str, pid: int, version: str, slots: int, lease_s: float
) -> None:
    """Insert the row of this worker process in the database, with a first lease of `lease_s` seconds."""
    await worker.register_worker.run(
        conn, id=worker_id, pool=pool, host=host, pid=pid, version=version, slots=slots, lease_s=lease_s
    )


async def renew_worker_lease(conn: Conn, *, worker_id: UUID, lease_s: float) -> list[JobHeldByWorker] | None:
    """Renew a worker's lease for `lease_s` seconds, and return the jobs that it holds; None if its row is gone.

    A job that has just ended is missing too: compare the fence before you stop work.
    """
    rows = await RENEW_WORKER_LEASE.all(conn, id=worker_id, lease_s=lease_s)
    return [row for row in rows if row.id is not None] if rows else None


async def list_job_claims_held_by_worker(conn: Conn, *, worker_id: UUID, job_ids: Collection[UUID]) -> list[JobClaim]:
    """Return a worker's claims among the given jobs, after the response to its pull was lost.

    A job that doesn't run, or that another worker holds, has no claim in the result.
    """
    return await LIST_HELD_JOB_CLAIMS.all(conn, id=worker_id, job_ids=job_ids)


async def mark_worker_draining(conn: Conn, *, worker_id: UUID) -> None:
    """Mark a worker's row as draining: the worker finishes its jobs and takes no more."""
    await worker.drain_worker.run(conn, id=worker_id)


async def delete_worker_row(conn: Conn, *, worker_id: UUID) -> None:
    """Delete a worker's row. Jobs that the worker still holds count as lost."""
    await worker.retire_worker.run(conn, id=worker_id)
