"""Chore that fails jobs which waited past their deadline. A running one is its worker's, or rescue's."""

from db.pool import Conn
from domain.operations import maintenance
from workers.dispatcher.chore import Chore


async def _run(conn: Conn) -> int:
    return len(await maintenance.end_overdue(conn))


OVERDUE = Chore("overdue", 1.0, _run)
