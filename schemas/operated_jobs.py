"""Jobs of all organizations as operators see them."""

from typing import Annotated, Any

from msgspec import Meta

from schemas import ids
from schemas.base import CreatedAt, Instant, Out, Text
from schemas.jobs import (
    CancelFilter,
    JobError,
    JobsByPhase,
    JobsByStatus,
    JobStage,
    Phase,
    RetryFilter,
    Status,
)
from schemas.waiting import Waiting


class OperatedJob(Out, frozen=True, kw_only=True):
    """A job, whose it is, and where it runs; internal ones too."""

    job_id: ids.JobId
    organization_id: ids.OrganizationId
    """Id of the organization that it works for."""
    organization_name: str
    """What the organization is called."""
    project_id: ids.ProjectId | None
    """Id of the project that it works for, or null."""
    kind: str
    """What it does; kinds that partners don't see are internal ones."""
    internal: bool
    """Whether its organization doesn't see it."""
    pool: str
    """The pool that it waits and runs in."""
    status: Status
    """`running` until it ends; the others are final."""
    stage: JobStage
    """How far it is; once it has ended, its `status`."""
    phase: Phase
    """Whether it waits for its time, is in line, runs, waits between two attempts, or how it ended."""
    progress: float
    """From 0 to 1. It never falls."""
    attempt: int
    """Which attempt this is; 0 before the first."""
    max_attempts: int
    """How many attempts it has."""
    crashes: int
    """How often its worker died with it."""
    cancel_requested: bool
    """Whether it stops at its next step."""
    retry_of: ids.JobId | None
    """Id of the job that this one repeats, or null."""
    worker_id: ids.WorkerId | None
    """The worker that runs it now, or null."""
    run_at: Instant
    """When it is due, in UTC."""
    deadline_at: Instant
    """When it is given up, in UTC."""
    created_at: CreatedAt
    finished_at: Instant | None
    """When it ended; null while it runs."""
    error: JobError | None
    """Why it failed; null unless `failed`."""


class OperatedJobDetail(OperatedJob, frozen=True, kw_only=True):
    """`GET /v1/ops/jobs/{id}`."""

    args: dict[str, Any]
    """What it was asked for. Secrets are never among it: they are sealed beside the job."""
    result: dict[str, Any] | None
    """What it came to. Null unless `completed`."""
    waiting: Waiting | None
    """Why it isn't running now; null: it does, starts now, or has ended."""


class OperatedJobCounts(Out, frozen=True, kw_only=True):
    """`GET /v1/ops/jobs/counts`."""

    by_status: JobsByStatus
    """How many of each status pass the filter, of those that were looked at."""
    by_phase: JobsByPhase
    """The same by phase. Those of open jobs add up to `running`."""
    more_of: list[Status]
    """Statuses of which there may be more than were counted: not all jobs were looked at."""
    looked_at: int
    """How many of the newest jobs were looked at, of each organization for each status, or of a project."""


class OperatedCancel(CancelFilter, frozen=True, kw_only=True):
    """Which jobs of live organizations to stop: those that can be canceled, and are all that is said."""

    organization_id: Annotated[Text, Meta(max_length=100)] | None = None
    """Only of this organization."""
    project_id: Annotated[Text, Meta(max_length=100)] | None = None
    """Only of this project, whosever it is."""
    cursor: Annotated[Text, Meta(max_length=100)] | None = None
    """`nextCursor` of the call before, with the same filter."""


class OperatedRetry(RetryFilter, frozen=True, kw_only=True):
    """Which jobs of live organizations to start again: failed, not retried yet, and all that is said."""

    organization_id: Annotated[Text, Meta(max_length=100)] | None = None
    """Only of this organization."""
    project_id: Annotated[Text, Meta(max_length=100)] | None = None
    """Only of this project, whosever it is."""


class OperatedCanceled(Out, frozen=True, kw_only=True):
    """The jobs that were found, and those of them that will be stopped."""

    matched: int
    """How many were found, those that this call stops included; counted up to 1,000."""
    capped: bool
    """Whether there may be more than were counted."""
    job_ids: list[ids.JobId]
    """Ids of those that end at once or at their next step: 100 at most, or none in a dry run."""
    next_cursor: str | None
    """`cursor` of the next call, with another `Idempotency-Key`; null: all were looked at."""
