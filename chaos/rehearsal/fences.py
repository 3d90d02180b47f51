"""Fenced attempts: their last write was refused, because another attempt owned the job by then."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from chaos.rehearsal.recovery import AttemptRow
from schemas import ids

#: Log event of a worker for a refused step or commit.
WRITE_REFUSED = "write refused"
#: Log event of a worker for each settled outcome.
SETTLED = "attempt ended"


def count_fenced(log: Path, attempts: Sequence[AttemptRow]) -> int:
    """Count the refusals in a worker's log of attempts that the ledger marks as lost.

    A repeated settlement after a lost response is refused too, and does not count.
    """
    lost = {
        (ids.show(ids.JOB, attempt.job_id), attempt.attempt)
        for attempt in attempts
        if attempt.outcome == "lost"
    }
    return len(lost & {(line["job_id"], line["attempt"]) for line in _refusals(log)})


def _refusals(log: Path) -> Iterator[dict[str, Any]]:
    with log.open("rb") as lines:
        for line in lines:
            if line.startswith(b"{") and line.endswith(b"}\n"):
                entry = msgspec.json.decode(line, type=dict[str, Any])
                if entry["event"] == WRITE_REFUSED or (entry["event"] == SETTLED and entry["now"] is None):
                    yield entry
