"""Outcomes of an attempt. A task returns one, and the ledger decides what becomes of the job.

Seconds are floats. `Snooze` and `Interrupted` cost no attempt.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias


@dataclass(frozen=True, slots=True)
class Done:
    """The work is done; `result` is what the partner reads."""

    result: dict[str, Any] = field(default_factory=dict)
    word: ClassVar[str] = "completed"


@dataclass(frozen=True, slots=True)
class Failed:
    """No further attempt would help; `retryable` says whether a new job could fare better."""

    code: str
    message: str
    retryable: bool = False
    word: ClassVar[str] = "failed"


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after `after_s`, or after a jittered wait when None; past the last attempt the job fails."""

    code: str
    message: str
    after_s: float | None = None
    word: ClassVar[str] = "retry"
    retryable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Snooze:
    """Nothing went wrong, it is too early: again after `after_s`."""

    after_s: float
    word: ClassVar[str] = "snoozed"


@dataclass(frozen=True, slots=True)
class Canceled:
    """The work stopped because a cancel was asked for."""

    word: ClassVar[str] = "canceled"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The worker had to stop: again at once, elsewhere."""

    word: ClassVar[str] = "interrupted"


#: How an attempt may end short of completing its job.
NotDone: TypeAlias = Failed | Retry | Snooze | Canceled | Interrupted
Outcome: TypeAlias = Done | NotDone

POISONED = Failed("POISONED", "three workers died while they ran this job: contact support")
WORKER_LOST = Failed(
    "WORKER_LOST", "the worker died in the job's last attempt: start it again", retryable=True
)
DEADLINE = Failed("DEADLINE", "the job did not end in time: start it again", retryable=True)


TIMED_OUT = Retry("TIMEOUT", "the attempt took longer than it may and is tried again")


def error_of(outcome: Outcome) -> dict[str, Any] | None:
    """The error that the job's row and its attempt keep."""
    if isinstance(outcome, Failed | Retry):
        return {"code": outcome.code, "message": outcome.message, "retryable": outcome.retryable}
    return None
