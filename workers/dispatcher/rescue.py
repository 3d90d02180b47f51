"""Chore that takes jobs from dead workers, whose lease ran out while others could renew theirs.

So it does with attempts that outlast their time, whoever has them.
"""

from db.pool import Conn
from domain.operations import maintenance
from jobs.maintenance import hang_up
from telemetry import logs
from workers.dispatcher.chore import Chore
from workers.dispatcher.uptime import Uptime

_log = logs.get("rescue")


def rescue(uptime: Uptime, *, patience_s: float) -> Chore:
    async def run(conn: Conn) -> int:
        if not uptime.is_steady:
            return 0
        if sessions := await hang_up(conn, before=uptime.deadline, patience_s=patience_s):
            _log.warning("hung up on silent sessions in a step", sessions=sessions)
        moved = await maintenance.rescue(conn, before=uptime.deadline)
        for row in moved:
            _log.warning("attempt taken away", now=row.state, **logs.job(row))
        return len(moved)

    return Chore("rescue", 0.5, run)
