"""Chore that fails queued jobs past their deadline. The worker or rescue ends a running one."""

from db.pool import Conn
from domain.operations import maintenance
from telemetry import logs
from workers.dispatcher.chore import Chore

_log = logs.get_logger("overdue")


async def _run(conn: Conn) -> int:
    jobs = await maintenance.end_overdue(conn)
    for row in jobs:
        _log.warning("job ended past its deadline", **logs.job_fields(row))
    return len(jobs)


OVERDUE = Chore("overdue", 1.0, _run)
