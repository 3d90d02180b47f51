"""Chore that takes jobs from dead workers: their lease ran out while others could renew theirs.

It also takes attempts past their time limit from any worker.
"""

from db.pool import Conn
from domain.operations import maintenance
from jobs.maintenance import terminate_idle_sessions
from telemetry import logs
from workers.dispatcher.chore import Chore
from workers.dispatcher.uptime import Uptime

_log = logs.get_logger("rescue")


def rescue(uptime: Uptime, *, patience_s: float) -> Chore:
    async def run(conn: Conn) -> int:
        if not uptime.is_steady:
            return 0
        if sessions := await terminate_idle_sessions(conn, before=uptime.deadline, patience_s=patience_s):
            _log.warning("ended sessions idle in a transaction", sessions=sessions)
        moved = await maintenance.rescue(conn, before=uptime.deadline)
        for row in moved:
            _log.warning("attempt rescued", now=row.state, **logs.job_fields(row))
        return len(moved)

    return Chore("rescue", 0.5, run)
