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

from db.pool import Pool
from rehearsal.faults import Strike

#: Outcomes of attempts that a fault ended.
STRUCK = frozenset({"lost", "interrupted"})

#: Each job's attempts in order, then a row without outcome for a running attempt or for the job's end.
ATTEMPTS = """
select job_id, fence, attempt, worker_id, started_at, ended_at, outcome
  from job_attempt
 union all
select id, fence + 1, 0, null, coalesce(finished_at, now()), null, null
  from job
 order by 1, 2"""


class Ran(NamedTuple):
    """An attempt of a job, or the job's last state."""

    job_id: UUID
    fence: int
    attempt: int
    worker_id: UUID | None
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None


async def read(pool: Pool) -> list[Ran]:
    return [Ran(**row) for row in await pool.fetch(ATTEMPTS)]


def recoveries(
    attempts: Sequence[Ran], strikes: Sequence[Strike], host_of: Mapping[UUID, str]
) -> list[float]:
    """Return seconds, one value for each attempt that a fault ended; `host_of` maps workers to hosts."""
    taken = []
    of_host: dict[str, list[datetime]] = defaultdict(list)
    for strike in strikes:
        for host in strike.hosts:
            of_host[host].append(strike.began)
    for one, next_one in pairwise(attempts):
        where = host_of.get(one.worker_id or one.job_id)
        if one.outcome in STRUCK and where and next_one.job_id == one.job_id:
            began = _first_between(of_host[where], one)
            if began:
                taken.append((next_one.started_at - began).total_seconds())
    return taken


def _first_between(times: Sequence[datetime], one: Ran) -> datetime | None:
    """Return the first of the ordered times that lies within the attempt."""
    return next((at for at in times if one.ended_at and one.started_at <= at <= one.ended_at), None)


def percentile(values: Sequence[float], percent: int) -> float | None:
    """Return the percentile by nearest rank; None without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)] if ordered else None
