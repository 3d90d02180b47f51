"""Jobs of all organizations as operators see them."""

from typing import Annotated, Any

from msgspec import Meta

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, ResponseStruct, UtcInstant
from schemas.jobs import (
    ApiJobStatus,
    CancelFilter,
    JobError,
    JobPhase,
    JobsByPhase,
    JobsByStatus,
    JobStage,
    RetryFilter,
)
from schemas.waiting import Waiting


class OperatedJob(ResponseStruct, frozen=True, kw_only=True):
    """A job with its organization and its worker; internal jobs included."""

    job_id: ids.JobId
    organization_id: ids.OrganizationId
    """Id of the job's organization."""
    organization_name: str
    """The organization's name."""
    project_id: ids.ProjectId | None
    """Id of the job's project, or null."""
    kind: str
    """The kind of work; kinds that partners can't see are internal."""
    internal: bool
    """Whether it is hidden from its organization."""
    pool: str
    """The pool of the job."""
    status: ApiJobStatus
    """`running` until it ends; the other values are final."""
    stage: JobStage
    """The progress stage; after the end, the `status`."""
    phase: JobPhase
    """`scheduled` for later, `queued`, `running`, `waiting` between two attempts, or the final status."""
    progress: float
    """From 0 to 1. It never falls."""
    attempt: int
    """The number of the current attempt; 0 before the first."""
    max_attempts: int
    """Maximum number of attempts."""
    crashes: int
    """Number of times its worker died while running it."""
    cancel_requested: bool
    """Whether it will stop at its next step."""
    retry_of: ids.JobId | None
    """Id of the job that this one retries, or null."""
    worker_id: ids.WorkerId | None
    """The worker that runs it now, or null."""
    run_at: UtcInstant
    """When it is due, in UTC."""
    deadline_at: UtcInstant
    """When it fails at the latest, in UTC."""
    created_at: CreatedAt
    finished_at: UtcInstant | None
    """When it ended; null while it runs."""
    error: JobError | None
    """Why it failed; null unless `failed`."""


class OperatedJobDetail(OperatedJob, frozen=True, kw_only=True):
    """`GET /v1/ops/jobs/{id}`."""

    args: dict[str, Any]
    """The job's arguments. Secrets are not included: they are sealed separately."""
    result: dict[str, Any] | None
    """The result. Null unless `completed`."""
    waiting: Waiting | None
    """Why it isn't running now; null: it runs, starts now, or has ended."""


class OperatedJobCounts(ResponseStruct, frozen=True, kw_only=True):
    """`GET /v1/ops/jobs/counts`."""

    by_status: JobsByStatus
    """Number of matching jobs by status, among the searched jobs."""
    by_phase: JobsByPhase
    """Number of matching jobs by phase. The open phases add up to `running`."""
    more_of: list[ApiJobStatus]
    """Statuses with possibly more jobs than counted: not all jobs were searched."""
    looked_at: int
    """Maximum number of searched jobs: of each phase, of one project, or with a period of each organization."""


class OperatedCancel(CancelFilter, frozen=True, kw_only=True):
    """The jobs of live organizations to cancel: cancelable, and matching all filters."""

    organization_id: Annotated[NulFreeText, Meta(max_length=100)] | None = None
    """Only jobs of this organization."""
    project_id: Annotated[NulFreeText, Meta(max_length=100)] | None = None
    """Only jobs of this project, of any organization."""
    cursor: Annotated[NulFreeText, Meta(max_length=100)] | None = None
    """The previous call's `nextCursor`, with the same filter."""


class OperatedRetry(RetryFilter, frozen=True, kw_only=True):
    """The jobs of live organizations to retry: failed, not retried yet, and matching all filters."""

    organization_id: Annotated[NulFreeText, Meta(max_length=100)] | None = None
    """Only jobs of this organization."""
    project_id: Annotated[NulFreeText, Meta(max_length=100)] | None = None
    """Only jobs of this project, of any organization."""


class OperatedCanceled(ResponseStruct, frozen=True, kw_only=True):
    """The matching jobs, and those that will be canceled."""

    matched: int
    """Number of matching jobs, including those canceled by this call; counted up to 1,000."""
    capped: bool
    """Whether there may be more than counted."""
    job_ids: list[ids.JobId]
    """Ids of the jobs that end at once or at their next step: at most 100; empty in a dry run."""
    next_cursor: str | None
    """The `cursor` of the next call, with another `Idempotency-Key`; null: no jobs are left."""
