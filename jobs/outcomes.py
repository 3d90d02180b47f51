"""Outcomes of an attempt. A task returns one, and the ledger derives the job's next state from it.

Seconds are floats. `Snooze` and `Interrupted` cost no attempt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeAlias

from db.queries import Query


class JobWrite(NamedTuple):
    """Statement that commits with its job's completion. No other job changes the same rows at that time."""

    query: Query
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """The work is done; the partner reads `result`. `writes` commit with the job's completion, or not at all."""

    result: dict[str, Any] = field(default_factory=dict)
    writes: Sequence[JobWrite] = ()
    word: ClassVar[str] = "completed"


@dataclass(frozen=True, slots=True)
class Failed:
    """The job fails: no further attempt would help; `retryable`: a new job may succeed."""

    code: str
    message: str
    retryable: bool = False
    word: ClassVar[str] = "failed"


@dataclass(frozen=True, slots=True)
class Retry:
    """The attempt failed: repeat it after `after_s`, by default with backoff; the last one fails the job."""

    code: str
    message: str
    after_s: float | None = None
    word: ClassVar[str] = "retry"
    retryable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Snooze:
    """Too early, not an error: repeat after `after_s`."""

    after_s: float
    word: ClassVar[str] = "snoozed"


@dataclass(frozen=True, slots=True)
class Canceled:
    """The work stopped because of a cancel request."""

    word: ClassVar[str] = "canceled"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The worker had to stop: repeat at once, on another worker."""

    word: ClassVar[str] = "interrupted"


#: Outcomes of an attempt that doesn't complete its job.
TaskNotDone: TypeAlias = Failed | Retry | Snooze | Canceled | Interrupted
TaskOutcome: TypeAlias = Done | TaskNotDone

POISONED_JOB_FAILURE = Failed("POISONED", "three workers died while they ran this job: contact support")
WORKER_LOST_FAILURE = Failed("WORKER_LOST", "the worker died in the job's last attempt: start it again", retryable=True)
DEADLINE_FAILURE = Failed("DEADLINE", "the job did not end in time: start it again", retryable=True)

RETRY_OUTCOME_OF_FAILED_TASK = Retry("INTERNAL", "the job failed because of an internal error and is repeated")
RETRY_OUTCOME_OF_TIMED_OUT_ATTEMPT = Retry("TIMEOUT", "the attempt exceeded its time limit and is repeated")


def encode_outcome_error(outcome: TaskOutcome) -> dict[str, Any] | None:
    """Return the error of an attempt's outcome `Failed` or `Retry` as a dict; None for any other outcome.

    The dict has `code`, `message` and `retryable`, and is stored with the job and the attempt.
    """
    if isinstance(outcome, Failed | Retry):
        return {"code": outcome.code, "message": outcome.message, "retryable": outcome.retryable}
    return None
