"""The ledger's chores that end jobs, with their subjects (I10)."""

from db.pool import Conn
from domain import subjects
from jobs import upkeep
from jobs.ledger import Moved


async def rescue(conn: Conn) -> list[Moved]:
    """Take a batch of jobs from dead workers, in the caller's transaction."""
    moved = await upkeep.rescue(conn)
    await subjects.end(conn, moved)
    return moved


async def end_overdue(conn: Conn) -> list[Moved]:
    """Fail a batch of queued jobs past their deadline, in the caller's transaction."""
    moved = await upkeep.end_overdue(conn)
    await subjects.end(conn, moved)
    return moved
