"""Jobs as partners see them."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from schemas.base import Instant, Out

Status = Literal["running", "completed", "failed", "canceled"]
Already = Literal["ALREADY_COMPLETED", "ALREADY_FAILED", "ALREADY_CANCELED"]


class JobError(Out, frozen=True, kw_only=True):
    """Why a job failed; `retryable` says whether a new job could fare better."""

    code: str
    message: str
    retryable: bool


class Job(Out, frozen=True, kw_only=True):
    """`GET /v1/jobs/{id}`. `progress` is 0 to 1 and never falls; `startedAt` is when it was accepted."""

    job_id: str
    kind: str
    status: Status
    stage: str
    progress: float
    project_id: str | None
    attempt: int
    max_attempts: int
    cancel_requested: bool
    retry_of: str | None
    created_at: Instant
    started_at: Instant
    finished_at: Instant | None
    result: dict[str, Any] | None
    error: JobError | None


class Accepted(Out, frozen=True, kw_only=True):
    """The body of a 202; `deduplicated` marks the job of an earlier, equal request."""

    job_id: str
    kind: str
    status: Literal["running"]
    stage: str
    location_url: str
    project_id: str | None
    started_at: Instant
    deduplicated: bool = False


class CancelAnswer(Out, frozen=True, kw_only=True):
    """`accepted` is false for a job that had ended already; `reason` says how."""

    job_id: str
    accepted: bool
    reason: Already | UnsetType = UNSET
