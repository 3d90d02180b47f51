"""Chore that takes jobs from dead workers, whose lease ran out while others could renew theirs."""

from db.pool import Conn
from domain.operations import maintenance
from telemetry import logs
from workers.dispatcher.chore import Chore
from workers.dispatcher.uptime import Uptime

_log = logs.get("rescue")


def rescue(uptime: Uptime) -> Chore:
    async def run(conn: Conn) -> int:
        if not uptime.is_steady:
            return 0
        moved = await maintenance.rescue(conn, before=uptime.deadline)
        if moved:
            _log.warning("workers lost", jobs=len(moved), ended=sum(row.ended for row in moved))
        return len(moved)

    return Chore("rescue", 0.5, run)
