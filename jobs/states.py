"""States of a job and the ways between them; the database's checks follow this table.

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


class Transition(NamedTuple):
    """`why` is what has to happen; alternatives are separated by commas."""

    source: State
    target: State
    why: str


TRANSITIONS = (
    Transition(State.QUEUED, State.RUNNING, "pulled by a worker"),
    Transition(State.QUEUED, State.CANCELED, "cancel"),
    Transition(State.QUEUED, State.FAILED, "deadline"),
    Transition(State.RUNNING, State.QUEUED, "retry, snooze, interrupted, worker lost"),
    Transition(State.RUNNING, State.COMPLETED, "done"),
    Transition(State.RUNNING, State.FAILED, "failed, last attempt, deadline, third lost worker"),
    Transition(State.RUNNING, State.CANCELED, "cancel asked for"),
)

ALLOWED = frozenset((source, target) for source, target, _ in TRANSITIONS)

#: No way leads out of these: a retry is a new job.
TERMINAL = frozenset(State) - {source for source, _ in ALLOWED}

#: Where an open job is. The function `job_phase` in db/functions/job_phase.sql derives it from its
#: row alone, without the time. So a phase changes only together with the version of its job.
OPEN_PHASES = ("scheduled", "queued", "running", "waiting")
#: Of any job: that of one that has ended is its state.
PHASES = (*OPEN_PHASES, "completed", "failed", "canceled")


def status_of(phase: str) -> str:
    """The status, as the API has it, of all jobs in a phase."""
    return "running" if phase in OPEN_PHASES else phase


def mermaid() -> str:
    """The table as a Mermaid state diagram."""
    lines = [f"    {source} --> {target}: {why}" for source, target, why in TRANSITIONS]
    ends = [f"    {state} --> [*]" for state in State if state in TERMINAL]
    return "\n".join(["stateDiagram-v2", "    [*] --> queued: submit", *lines, *ends])
