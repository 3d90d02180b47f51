"""Fenced attempts: their last write was refused, because another attempt owned the job by then."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from rehearsal.recovery import Ran
from schemas import ids

#: Log events of a worker: a refused step or commit, and each settled outcome.
WRITE_REFUSED, SETTLED = "write refused", "attempt ended"


def fenced(log: Path, attempts: Sequence[Ran]) -> int:
    """Count the refusals in a worker's log of attempts that the ledger marks as lost.

    A repeated settlement after a lost response is refused too, and does not count.
    """
    lost = {(ids.show(ids.JOB, one.job_id), one.attempt) for one in attempts if one.outcome == "lost"}
    return len(lost & {(line["job_id"], line["attempt"]) for line in _refusals(log)})


def _refusals(log: Path) -> Iterator[dict[str, Any]]:
    with log.open("rb") as lines:
        for line in lines:
            if line.startswith(b"{") and line.endswith(b"}\n"):
                said = msgspec.json.decode(line, type=dict[str, Any])
                if said["event"] == WRITE_REFUSED or (said["event"] == SETTLED and said["now"] is None):
                    yield said
