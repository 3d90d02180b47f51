"""Jobs as partners see them."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, In, Instant, Out, Text
from schemas.waiting import Waiting

Status = Literal["running", "completed", "failed", "canceled"]
Unsuccessful = Literal["failed", "canceled"]
OpenPhase = Literal["scheduled", "queued", "running", "waiting"]
#: In the order in which jobs pass through them. The ledger derives a job's phase (jobs/states.py).
Phase = Literal["scheduled", "queued", "running", "waiting", "completed", "failed", "canceled"]
#: Words of the catalogue, jobs/kinds.py, which the API's document lists by these titles.
JobKind = Annotated[str, Meta(title="JobKind", description="What it does.")]
JobStage = Annotated[str, Meta(title="JobStage")]
#: An instant as text, since its form matters: `Z` and nothing else says the zone.
At = Annotated[
    Text,
    Meta(
        max_length=40,
        description="A bound on when it was made; UTC, with `Z`.",
        examples=["2026-11-01T05:30:00Z"],
    ),
]
Already = Literal["ALREADY_COMPLETED", "ALREADY_FAILED", "ALREADY_CANCELED"]


class JobError(Out, frozen=True, kw_only=True):
    """Why a job failed."""

    code: str
    """What went wrong, to branch on."""
    message: str
    """What went wrong and what to do, for people."""
    retryable: bool
    """Whether a new job could fare better."""


class Job(Out, frozen=True, kw_only=True):
    """`GET /v1/jobs/{id}`."""

    job_id: ids.JobId
    kind: JobKind
    status: Status
    """`running` until it ends; the others are final."""
    stage: JobStage
    """How far it is; once it has ended, its `status`."""
    phase: Phase
    """Whether it waits for its time, is in line, runs, waits between two attempts, or how it ended."""
    progress: float
    """From 0 to 1. It never falls."""
    project_id: ids.ProjectId | None
    """Id of the project that it works for, or null."""
    attempt: int
    """Which attempt this is; 0 before the first."""
    max_attempts: int
    """How many attempts it has."""
    cancel_requested: bool
    """Whether it stops at its next step."""
    retry_of: ids.JobId | None
    """Id of the job that this one repeats, or null."""
    created_at: CreatedAt
    started_at: Instant
    """When it was accepted, in UTC."""
    finished_at: Instant | None
    """When it ended; null while it runs."""
    result: dict[str, Any] | None
    """What it came to; each kind has fields of its own. Null unless `completed`."""
    error: JobError | None
    """Why it failed; null unless `failed`."""
    waiting: Waiting | UnsetType | None = UNSET
    """Why it isn't running now; null: it does, starts now, or has ended.

    Absent in lists, and in events, of what hasn't ended: `GET` of the job tells."""


class JobsByStatus(Out, frozen=True, kw_only=True):
    """How many jobs have each status."""

    running: int
    """Those that haven't ended, whether they have begun or not."""
    completed: int
    """Those that did what they were for."""
    failed: int
    """Those that gave up."""
    canceled: int
    """Those that somebody stopped."""


class JobsByPhase(Out, frozen=True, kw_only=True):
    """How many jobs are in each phase."""

    scheduled: int
    """Those that wait for their time."""
    queued: int
    """Those that are due and wait for a worker."""
    running: int
    """Those that a worker runs."""
    waiting: int
    """Those that wait between two attempts."""
    completed: int
    """Those that did what they were for."""
    failed: int
    """Those that gave up."""
    canceled: int
    """Those that somebody stopped."""


class JobCounts(Out, frozen=True, kw_only=True):
    """`GET /v1/jobs/counts`."""

    by_status: JobsByStatus
    """How many have each status."""
    by_phase: JobsByPhase
    """How many are in each phase."""
    by_stage: dict[str, int]
    """How many of the `running` ones are at each stage; a stage that none is at is left out."""
    at_most: int
    """How many are counted at most: of each status and phase or, of one project, of its newest jobs."""
    capped: bool
    """Whether there may be more jobs than were counted."""


class Accepted(Out, frozen=True, kw_only=True):
    """The body of a 202: the job that does it."""

    job_id: ids.JobId
    kind: JobKind
    status: Literal["running"]
    """Always `running`."""
    stage: JobStage
    """`queued`, unless the job is an earlier one's."""
    phase: OpenPhase
    """`queued`, unless the job is an earlier one's."""
    location_url: str
    """Where to read the job."""
    project_id: ids.ProjectId | None
    """Id of the project that it works for, or null."""
    started_at: Instant
    """When it was accepted, in UTC."""
    deduplicated: bool = False
    """Whether this is the job of an earlier, equal request."""
    influencer_id: ids.InfluencerId | UnsetType = UNSET
    """Id of the influencer that it makes. Absent where it makes none."""


class CancelFilter(In, frozen=True, kw_only=True):
    """The part of a filter by which partners and operators choose jobs to stop."""

    kinds: Annotated[list[JobKind], Meta(min_length=1, max_length=20)] | None = None
    """Only of these kinds."""
    stages: Annotated[list[JobStage], Meta(min_length=1, max_length=20)] | None = None
    """Only at one of these stages."""
    phases: Annotated[list[OpenPhase], Meta(min_length=1, max_length=4)] | None = None
    """Only in one of these phases."""
    since: At | None = None
    until: At | None = None
    dry_run: bool = False
    """Only say how many there are, and stop none."""


class BulkCancel(CancelFilter, frozen=True, kw_only=True):
    """Which jobs to stop: those that haven't ended, can be canceled, and are all that is said here."""

    project_id: Annotated[Text, Meta(max_length=100)] | None = None
    """Only of this project."""


class BulkCanceled(Out, frozen=True, kw_only=True):
    """The jobs that were found, and those of them that will be stopped."""

    matched: int
    """How many were found, those that this call stops included; counted up to 1,000."""
    capped: bool
    """Whether there are more than were counted."""
    job_ids: list[ids.JobId]
    """Ids of those that end at once or at their next step: the oldest 100, or none in a dry run."""
    more: bool
    """Whether some are left: call again, with another `Idempotency-Key`."""


class RetryFilter(In, frozen=True, kw_only=True):
    """The part of a filter by which partners and operators choose jobs to start again."""

    kinds: Annotated[list[JobKind], Meta(min_length=1, max_length=20)] | None = None
    """Only of these kinds."""
    statuses: Annotated[list[Unsuccessful], Meta(min_length=1, max_length=2)] | None = None
    """Those that ended so; `failed` unless you say `canceled`, too."""
    error_code: Annotated[Text, Meta(min_length=1, max_length=100)] | None = None
    """Only those that failed with this code."""
    since: At | None = None
    until: At | None = None
    cursor: Annotated[Text, Meta(max_length=100)] | None = None
    """`nextCursor` of the call before, with the same filter."""
    dry_run: bool = False
    """Only say how many there are, and start none."""


class BulkRetry(RetryFilter, frozen=True, kw_only=True):
    """Which jobs to start again: those that failed, aren't retried yet, and are all that is said here."""

    project_id: Annotated[Text, Meta(max_length=100)] | None = None
    """Only of this project."""


class Retried(Out, frozen=True, kw_only=True):
    """A job that was started again."""

    job_id: ids.JobId
    """Id of the new job."""
    retry_of: ids.JobId
    """Id of the job that it repeats."""


class NotRetried(Out, frozen=True, kw_only=True):
    """A job that was found and not started again."""

    job_id: ids.JobId
    code: str
    """Why, to branch on: the `reason` or else `code` that its own retry would get, or why it is left out."""
    message: str
    """Why and what to do, for people."""


class BulkRetried(Out, frozen=True, kw_only=True):
    """The jobs that were found, and what became of the first 100 of them."""

    matched: int
    """How many were found behind the cursor, those of this call included; counted up to 1,000."""
    capped: bool
    """Whether there may be more than were counted."""
    retried: list[Retried]
    """Those that were started again, the oldest first; none in a dry run."""
    skipped: list[NotRetried]
    """Those that can't be started again now. Calls that begin without a cursor find them again."""
    next_cursor: str | None
    """`cursor` of the next call, with another `Idempotency-Key`; null: all were looked at."""


class CancelAnswer(Out, frozen=True, kw_only=True):
    """Whether a job will be stopped."""

    job_id: ids.JobId
    accepted: bool
    """False for a job that had ended already."""
    reason: Already | UnsetType = UNSET
    """How it had ended. Absent if `accepted`."""
