"""Jobs as partners see them."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RequestStruct, ResponseStruct, UtcInstant
from schemas.waiting import Waiting

ApiJobStatus = Literal["running", "completed", "failed", "canceled"]
UnsuccessfulJobStatus = Literal["failed", "canceled"]
OpenJobPhase = Literal["scheduled", "queued", "running", "waiting"]
#: In the order in which jobs pass through them. The ledger derives a job's phase (jobs/states.py).
JobPhase = Literal["scheduled", "queued", "running", "waiting", "completed", "failed", "canceled"]
#: Kinds and stages of the catalogue, jobs/kinds.py; the API document lists them by these titles.
JobKind = Annotated[str, Meta(title="JobKind", description="The kind of work.")]
JobStage = Annotated[str, Meta(title="JobStage")]
#: A time as text, as its form matters: only `Z` is allowed as the zone.
CreationTimeLimit = Annotated[
    NulFreeText,
    Meta(max_length=40, description="A limit of the creation time; UTC, with `Z`.", examples=["2026-11-01T05:30:00Z"]),
]
AlreadyEndedCode = Literal["ALREADY_COMPLETED", "ALREADY_FAILED", "ALREADY_CANCELED"]


class JobError(ResponseStruct, frozen=True, kw_only=True):
    """The reason why a job failed."""

    code: str
    """The error code, to branch on."""
    message: str
    """The error and its remedy, for people."""
    retryable: bool
    """Whether a new job may succeed."""


class Job(ResponseStruct, frozen=True, kw_only=True):
    """`GET /v1/jobs/{id}`."""

    job_id: ids.JobId
    kind: JobKind
    status: ApiJobStatus
    """`running` until it ends; the other values are final."""
    stage: JobStage
    """The progress stage; after the end, the `status`."""
    phase: JobPhase
    """`scheduled` for later, `queued`, `running`, `waiting` between two attempts, or the final status."""
    progress: float
    """From 0 to 1. It never falls."""
    project_id: ids.ProjectId | None
    """Id of the job's project, or null."""
    attempt: int
    """The number of the current attempt; 0 before the first."""
    max_attempts: int
    """Maximum number of attempts."""
    cancel_requested: bool
    """Whether it will stop at its next step."""
    retry_of: ids.JobId | None
    """Id of the job that this one retries, or null."""
    created_at: CreatedAt
    started_at: UtcInstant
    """When it was accepted, in UTC."""
    finished_at: UtcInstant | None
    """When it ended; null while it runs."""
    result: dict[str, Any] | None
    """The result, with its own fields for each kind. Null unless `completed`."""
    error: JobError | None
    """Why it failed; null unless `failed`."""
    waiting: Waiting | UnsetType | None = UNSET
    """Why it isn't running now; null: it runs, starts now, or has ended. Absent in lists and in events of
    open jobs: use `GET` of the job.
    """


class JobsByStatus(ResponseStruct, frozen=True, kw_only=True):
    """Number of jobs by status."""

    running: int
    """Open jobs, started or not."""
    completed: int
    """Jobs that completed."""
    failed: int
    """Jobs that failed."""
    canceled: int
    """Jobs that were canceled."""


class JobsByPhase(ResponseStruct, frozen=True, kw_only=True):
    """Number of jobs by phase."""

    scheduled: int
    """Jobs scheduled for a later time."""
    queued: int
    """Due jobs that wait for a worker."""
    running: int
    """Jobs that a worker runs."""
    waiting: int
    """Jobs that wait between two attempts."""
    completed: int
    """Jobs that completed."""
    failed: int
    """Jobs that failed."""
    canceled: int
    """Jobs that were canceled."""


class JobCounts(ResponseStruct, frozen=True, kw_only=True):
    """`GET /v1/jobs/counts`."""

    by_status: JobsByStatus
    """Number of jobs by status."""
    by_phase: JobsByPhase
    """Number of jobs by phase."""
    by_stage: dict[str, int]
    """Number of `running` jobs by stage; empty stages are left out."""
    at_most: int
    """Maximum of each count: by status and phase; for one project, of its newest jobs."""
    capped: bool
    """Whether there may be more jobs than counted."""


class Accepted(ResponseStruct, frozen=True, kw_only=True):
    """The body of a 202: the job."""

    job_id: ids.JobId
    kind: JobKind
    status: Literal["running"]
    """Always `running`."""
    stage: JobStage
    """`queued`, unless it is an earlier request's job."""
    phase: OpenJobPhase
    """`queued`, unless it is an earlier request's job."""
    location_url: str
    """The URL of the job."""
    project_id: ids.ProjectId | None
    """Id of the job's project, or null."""
    started_at: UtcInstant
    """When it was accepted, in UTC."""
    deduplicated: bool = False
    """Whether this is the job of an earlier, equal request."""
    influencer_id: ids.InfluencerId | UnsetType = UNSET
    """Id of the influencer that the job creates. Absent for other jobs."""


class CancelFilter(RequestStruct, frozen=True, kw_only=True):
    """The common filter of partners and operators for canceling jobs."""

    kinds: Annotated[list[JobKind], Meta(min_length=1, max_length=20)] | None = None
    """Only jobs of these kinds."""
    stages: Annotated[list[JobStage], Meta(min_length=1, max_length=20)] | None = None
    """Only jobs at one of these stages."""
    phases: Annotated[list[OpenJobPhase], Meta(min_length=1, max_length=4)] | None = None
    """Only jobs in one of these phases."""
    since: CreationTimeLimit | None = None
    until: CreationTimeLimit | None = None
    dry_run: bool = False
    """Only count the jobs; cancel none."""


class BulkCancel(CancelFilter, frozen=True, kw_only=True):
    """The jobs to cancel: open, cancelable, and matching all filters."""

    project_id: Annotated[NulFreeText, Meta(max_length=100)] | None = None
    """Only jobs of this project."""


class BulkCanceled(ResponseStruct, frozen=True, kw_only=True):
    """The matching jobs, and those that will be canceled."""

    matched: int
    """Number of matching jobs, including those canceled by this call; counted up to 1,000."""
    capped: bool
    """Whether there are more than counted."""
    job_ids: list[ids.JobId]
    """Ids of the jobs that end at once or at their next step: the oldest 100; empty in a dry run."""
    more: bool
    """Whether matching jobs are left: call again, with another `Idempotency-Key`."""


class RetryFilter(RequestStruct, frozen=True, kw_only=True):
    """The common filter of partners and operators for retrying jobs."""

    kinds: Annotated[list[JobKind], Meta(min_length=1, max_length=20)] | None = None
    """Only jobs of these kinds."""
    statuses: Annotated[list[UnsuccessfulJobStatus], Meta(min_length=1, max_length=2)] | None = None
    """Only jobs with these statuses; default: `failed`. Add `canceled` if needed."""
    error_code: Annotated[NulFreeText, Meta(min_length=1, max_length=100)] | None = None
    """Only jobs that failed with this code."""
    since: CreationTimeLimit | None = None
    until: CreationTimeLimit | None = None
    cursor: Annotated[NulFreeText, Meta(max_length=100)] | None = None
    """The previous call's `nextCursor`, with the same filter."""
    dry_run: bool = False
    """Only count the jobs; retry none."""


class BulkRetry(RetryFilter, frozen=True, kw_only=True):
    """The jobs to retry: failed, not retried yet, and matching all filters."""

    project_id: Annotated[NulFreeText, Meta(max_length=100)] | None = None
    """Only jobs of this project."""


class Retried(ResponseStruct, frozen=True, kw_only=True):
    """A retried job."""

    job_id: ids.JobId
    """Id of the new job."""
    retry_of: ids.JobId
    """Id of the retried job."""


class NotRetried(ResponseStruct, frozen=True, kw_only=True):
    """A matching job that was not retried."""

    job_id: ids.JobId
    code: str
    """The reason, to branch on: the `reason` or `code` that its own retry would get, or the reason why it
    was skipped.
    """
    message: str
    """The reason and its remedy, for people."""


class BulkRetried(ResponseStruct, frozen=True, kw_only=True):
    """The matching jobs, and the results of the first 100."""

    matched: int
    """Number of matching jobs after the cursor, including those of this call; counted up to 1,000."""
    capped: bool
    """Whether there may be more than counted."""
    retried: list[Retried]
    """The retried jobs, oldest first; empty in a dry run."""
    skipped: list[NotRetried]
    """Jobs that can't be retried now. Calls without a cursor find them again."""
    next_cursor: str | None
    """The `cursor` of the next call, with another `Idempotency-Key`; null: no jobs are left."""


class CancelAnswer(ResponseStruct, frozen=True, kw_only=True):
    """Whether a job will be canceled."""

    job_id: ids.JobId
    accepted: bool
    """False for a job that had already ended."""
    reason: AlreadyEndedCode | UnsetType = UNSET
    """The status of the ended job. Absent if `accepted`."""
