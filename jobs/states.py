"""States of a job and their transitions; the database's checks follow this table.

The API has no `queued`: there it is a stage of `running` (docs/reference/jobs.md).
"""

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


class JobTransition(NamedTuple):
    """A permitted change of state. `why` is its cause; alternatives are separated by commas."""

    source: State
    target: State
    why: str


TRANSITIONS = (
    JobTransition(State.QUEUED, State.RUNNING, "pulled by a worker"),
    JobTransition(State.QUEUED, State.CANCELED, "cancel"),
    JobTransition(State.QUEUED, State.FAILED, "deadline"),
    JobTransition(State.RUNNING, State.QUEUED, "retry, snooze, interrupted, worker lost"),
    JobTransition(State.RUNNING, State.COMPLETED, "done"),
    JobTransition(State.RUNNING, State.FAILED, "failed, last attempt, deadline, third lost worker"),
    JobTransition(State.RUNNING, State.CANCELED, "cancel requested"),
)

ALLOWED = frozenset((source, target) for source, target, _ in TRANSITIONS)

#: States without an exit: a retry is a new job.
TERMINAL = frozenset(State) - {source for source, _ in ALLOWED}

#: Phases of an open job. The function `job_phase` in db/functions/job_phase.sql derives them from the
#: row alone, without the time. So a phase changes only together with the version of its job.
OPEN_PHASES = ("scheduled", "queued", "running", "waiting")
#: Phases of any job: the phase of an ended job is its state.
PHASES = (*OPEN_PHASES, "completed", "failed", "canceled")


def status_of(phase: str) -> str:
    """Return the API's status of the jobs in a phase."""
    return "running" if phase in OPEN_PHASES else phase


def mermaid() -> str:
    """Return the table as a Mermaid state diagram."""
    lines = [f"    {source} --> {target}: {cause}" for source, target, cause in TRANSITIONS]
    end_lines = [f"    {state} --> [*]" for state in State if state in TERMINAL]
    return "\n".join(["stateDiagram-v2", "    [*] --> queued: submit", *lines, *end_lines])
