"""Jobs of all organizations as operators see them."""

from typing import Any

from schemas import ids
from schemas.base import CreatedAt, Instant, Out
from schemas.jobs import JobError, JobStage, Status


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
