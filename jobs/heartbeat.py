"""Leases: a worker process holds one for as long as it lives, and with it every job that it runs.

Only the database's clock is compared.
"""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import worker
from jobs.ledger import Claim


class Running(NamedTuple):
    """What a renewal says of a job that the worker holds."""

    organization_id: UUID
    id: UUID
    fence: int
    cancel: bool
    overdue: bool


async def register(
    conn: Conn, *, worker_id: UUID, pool: str, host: str, pid: int, version: str, slots: int, lease_s: float
) -> None:
    """A row for this process and boot, with its first lease."""
    await worker.register_worker.run(
        conn, id=worker_id, pool=pool, host=host, pid=pid, version=version, slots=slots, lease_s=lease_s
    )


async def renew(conn: Conn, *, worker_id: UUID, lease_s: float) -> list[Running] | None:
    """Hold on for another `lease_s`; what the worker still owns, or None if its row is gone.

    A job that has just ended is missing too: look at the fence before stopping work.
    """
    rows = await worker.renew_lease.all(conn, id=worker_id, lease_s=lease_s)
    if not rows:
        return None
    return [Running(*row.values()) for row in rows if row["id"] is not None]


async def claims(conn: Conn, *, worker_id: UUID, job_ids: Collection[UUID]) -> list[Claim]:
    """The claims on these jobs that the worker holds: for a pull whose answer it never got."""
    rows = await worker.claims_held.all(conn, id=worker_id, job_ids=job_ids)
    return [Claim(*row.values()) for row in rows]


async def drain(conn: Conn, *, worker_id: UUID) -> None:
    """Show that the worker takes no more work."""
    await worker.drain_worker.run(conn, id=worker_id)


async def retire(conn: Conn, *, worker_id: UUID) -> None:
    """The process is about to end; what it still holds counts as lost."""
    await worker.retire_worker.run(conn, id=worker_id)
