"""States of a job and their transitions; the database's checks follow this table.

The API has no `queued`: there it is a stage of `running` (docs/reference/jobs.md).
"""

from enum import StrEnum
from typing import NamedTuple


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


class JobTransitionRule(NamedTuple):
    """A permitted change of state. `why` is its cause; alternatives are separated by commas."""

    source: JobState
    target: JobState
    why: str


JOB_TRANSITIONS = (
    JobTransitionRule(JobState.QUEUED, JobState.RUNNING, "pulled by a worker"),
    JobTransitionRule(JobState.QUEUED, JobState.CANCELED, "cancel"),
    JobTransitionRule(JobState.QUEUED, JobState.FAILED, "deadline"),
    JobTransitionRule(JobState.RUNNING, JobState.QUEUED, "retry, snooze, interrupted, worker lost"),
    JobTransitionRule(JobState.RUNNING, JobState.COMPLETED, "done"),
    JobTransitionRule(JobState.RUNNING, JobState.FAILED, "failed, last attempt, deadline, third lost worker"),
    JobTransitionRule(JobState.RUNNING, JobState.CANCELED, "cancel requested"),
)

ALLOWED_JOB_STATE_CHANGE_PAIRS = frozenset((source, target) for source, target, _ in JOB_TRANSITIONS)

#: States without an exit: a retry is a new job.
TERMINAL_JOB_STATES = frozenset(JobState) - {source for source, _ in ALLOWED_JOB_STATE_CHANGE_PAIRS}

#: Phases of an open job. The function `job_phase` in db/functions/job_phase.sql derives them from the
#: row alone, without the time. So a phase changes only together with the version of its job.
OPEN_JOB_PHASES = ("scheduled", "queued", "running", "waiting")
#: Phases of any job: the phase of an ended job is its state.
ALL_JOB_PHASES = (*OPEN_JOB_PHASES, "completed", "failed", "canceled")


def api_status_of_job_phase(phase: str) -> str:
    """Return the API's status of a job for its phase: `running` for each open phase, else the phase itself."""
    return "running" if phase in OPEN_JOB_PHASES else phase
