"""Recovery time: from a fault until each job that it interrupted runs again, or has ended.

It begins with the first fault on the attempt's host, or on the whole server, during the attempt. It ends with
the start of the next attempt in the ledger. An attempt that survives one fault and dies of the next is
counted from the first, so the figure is an upper bound.

The last write of a fenced attempt was refused, because another attempt owned the job by then.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from chaos.rehearsal.faults import InjectedFault
from db.pool import Pool
from schemas import ids

#: Outcomes of attempts that a fault ended.
INTERRUPTED_OUTCOMES = frozenset({"lost", "interrupted"})

#: Log event of a worker for a refused step or commit.
WRITE_REFUSED_LOG_EVENT = "write refused"
#: Log event of a worker for each settled outcome.
ATTEMPT_ENDED_LOG_EVENT = "attempt ended"

#: Each job's attempts in order, then a row without outcome for a running attempt or for the job's end.
SELECT_JOB_ATTEMPTS = """
select job_id, fence, attempt, worker_id, started_at, ended_at, outcome
  from ended_attempt
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


async def read_job_attempts(pool: Pool) -> list[AttemptRow]:
    return [AttemptRow(**row) for row in await pool.fetch(SELECT_JOB_ATTEMPTS)]


def compute_interrupted_job_recovery_times_s(
    attempts: Sequence[AttemptRow], faults: Sequence[InjectedFault], host_of: Mapping[UUID, str]
) -> list[float]:
    """Return the seconds from each fault until the next attempt of the job that the fault interrupted.

    There is one value for each attempt that a fault ended; `host_of` maps workers to hosts.
    """
    times_s = []
    of_host: dict[str, list[datetime]] = defaultdict(list)
    for fault in faults:
        for host in fault.hosts:
            of_host[host].append(fault.began)
    for attempt, following in pairwise(attempts):
        host_name = host_of.get(attempt.worker_id or attempt.job_id)
        if attempt.outcome in INTERRUPTED_OUTCOMES and host_name and following.job_id == attempt.job_id:
            began = _find_first_fault_time_in_attempt(of_host[host_name], attempt)
            if began:
                times_s.append((following.started_at - began).total_seconds())
    return times_s


def _find_first_fault_time_in_attempt(times: Sequence[datetime], attempt: AttemptRow) -> datetime | None:
    """Return the first of the ordered fault times that lies within an attempt; None if none does."""
    return next((at for at in times if attempt.ended_at and attempt.started_at <= at <= attempt.ended_at), None)


def count_fenced_attempts(log: Path, attempts: Sequence[AttemptRow]) -> int:
    """Return the number of lost attempts with a refused write in the worker's log.

    The ledger marks an attempt as lost. A repeated settlement after a lost response is refused too, and does
    not count.
    """
    lost = {
        (ids.format_prefixed_id(ids.JOB_ID_PREFIX, attempt.job_id), attempt.attempt)
        for attempt in attempts
        if attempt.outcome == "lost"
    }
    return len(lost & {(line["job_id"], line["attempt"]) for line in _iterate_refused_write_log_entries(log)})


def _iterate_refused_write_log_entries(log: Path) -> Iterator[dict[str, Any]]:
    with log.open("rb") as lines:
        for line in lines:
            if line.startswith(b"{") and line.endswith(b"}\n"):
                entry = msgspec.json.decode(line, type=dict[str, Any])
                if entry["event"] == WRITE_REFUSED_LOG_EVENT or (
                    entry["event"] == ATTEMPT_ENDED_LOG_EVENT and entry["now"] is None
                ):
                    yield entry


def nearest_rank_percentile(values: Sequence[float], percent: int) -> float | None:
    """Return the percentile by nearest rank; None without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)] if ordered else None
