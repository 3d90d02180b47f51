"""Recovery time: from a fault until each job that it interrupted runs again, or has ended.

It begins with the first fault on the attempt's host, or on the whole server, during the attempt. It ends with
the start of the next attempt in the ledger. An attempt that survives one fault and dies of the next is
counted from the first, so the figure is an upper bound.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from chaos.rehearsal.faults import InjectedFault
from db.pool import Pool

#: Outcomes of attempts that a fault ended.
INTERRUPTED = frozenset({"lost", "interrupted"})

#: Each job's attempts in order, then a row without outcome for a running attempt or for the job's end.
ATTEMPTS = """
select job_id, fence, attempt, worker_id, started_at, ended_at, outcome
  from job_attempt
 union all
select id, fence + 1, 0, null, coalesce(finished_at, now()), null, null
  from job
 order by 1, 2"""


class AttemptRow(NamedTuple):
    """An attempt of a job, or the job's last state."""

    job_id: UUID
    fence: int
    attempt: int
    worker_id: UUID | None
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None


async def read(pool: Pool) -> list[AttemptRow]:
    return [AttemptRow(**row) for row in await pool.fetch(ATTEMPTS)]


def recovery_times(
    attempts: Sequence[AttemptRow], faults: Sequence[InjectedFault], host_of: Mapping[UUID, str]
) -> list[float]:
    """Return seconds, one value for each attempt that a fault ended; `host_of` maps workers to hosts."""
    times_s = []
    of_host: dict[str, list[datetime]] = defaultdict(list)
    for fault in faults:
        for host in fault.hosts:
            of_host[host].append(fault.began)
    for attempt, following in pairwise(attempts):
        host_name = host_of.get(attempt.worker_id or attempt.job_id)
        if attempt.outcome in INTERRUPTED and host_name and following.job_id == attempt.job_id:
            began = _first_between(of_host[host_name], attempt)
            if began:
                times_s.append((following.started_at - began).total_seconds())
    return times_s


def _first_between(times: Sequence[datetime], attempt: AttemptRow) -> datetime | None:
    """Return the first of the ordered times that lies within the attempt."""
    return next(
        (at for at in times if attempt.ended_at and attempt.started_at <= at <= attempt.ended_at), None
    )


def percentile(values: Sequence[float], percent: int) -> float | None:
    """Return the percentile by nearest rank; None without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)] if ordered else None
