"""Attempts that were fenced: their last word was refused, since their job was another attempt's by then."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from rehearsal.recovery import Ran
from schemas import ids

#: Lines of a worker's log: of a task whose step or commit was refused; of every outcome that is settled.
WRITE_REFUSED, SETTLED = "write refused", "attempt ended"


def fenced(log: Path, attempts: Sequence[Ran]) -> int:
    """Refusals that a worker's log tells, of attempts that the ledger has taken away.

    An outcome that is settled again, since the first answer was lost, is refused too, and was no other's.
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
