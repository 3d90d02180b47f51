"""Row shapes for several modules: the columns of their statements, in order."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from platforms.description import PrivacyLevel
from schemas import jobs, posts, projects


class JobRow(NamedTuple):
    """Job for partners (the view `partner_job`)."""

    id: UUID
    project_id: UUID | None
    kind: str
    status: jobs.ApiJobStatus
    stage: str
    phase: jobs.JobPhase
    version: int
    progress: float
    attempt: int
    max_attempts: int
    cancel_requested: bool
    retry_of: UUID | None
    created_at: datetime
    finished_at: datetime | None
    result: Any
    error: dict[str, Any] | None


class PartnerPostRow(NamedTuple):
    """Post for partners; `schedule_passed`: it was fully approved only after its time."""

    id: UUID
    content_id: UUID
    project_id: UUID
    social_account_id: UUID
    platform: str
    mode: posts.PostMode
    privacy_level: PrivacyLevel | None
    status: posts.PostStatus
    schedule_passed: bool
    job_id: UUID | None
    scheduled_for: datetime
    caption_override: str | None
    caption_pending: bool
    attempted_at: datetime | None
    published_at: datetime | None
    canceled_at: datetime | None
    cancel_reason: str | None
    external_id: str | None
    external_url: str | None
    last_error: dict[str, Any] | None
    ai_label: posts.AiLabel | None
    ai_origin: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    version: int


class PostAwaitingApprovalOrTime(NamedTuple):
    """Post that waits for an approval or its time; in the second case it has a job."""

    id: UUID
    job_id: UUID | None
    social_account_id: UUID


class LockedQueueAccount(NamedTuple):
    """Account row, locked by this transaction; `head_post_id` is the post at the head of its queue."""

    id: UUID
    project_id: UUID
    platform: str
    traits: dict[str, Any]
    status: str
    offered: bool
    head_post_id: UUID | None


class ShareLockedContentRow(NamedTuple):
    """Content that no other transaction can edit or decide on meanwhile."""

    status: str
    caption: str
    approval_status: str
    has_claims: bool


class ContentAssetRow(NamedTuple):
    """File of a content, with the facts for a schedule."""

    kind: str
    mime_type: str
    size_bytes: int
    duration_ms: int | None
    sha256: bytes


class ProjectRowLockedForChange(NamedTuple):
    """Project row, locked by this transaction, with the database's time."""

    organization_id: UUID
    id: UUID
    name: str
    status: projects.ProjectStatus
    customer_external_id: str | None
    timezone: str
    primary_language: str
    requires_approval: bool
    first_n_posts_blocked: int
    metadata: dict[str, Any]
    version: int
    archived_at: datetime | None
    archive_job_id: UUID | None
    canceled_scheduled_posts: int | None
    in_flight_posts: int | None
    now: datetime
