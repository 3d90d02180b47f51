"""Posts: content that goes to accounts at a time (api.md 9)."""

from typing import Literal

from schemas.base import Instant, Out
from schemas.errors.platforms import Category

Status = Literal["blocked", "queued", "publishing", "published", "failed", "canceled", "outcome_unknown"]
Mode = Literal["direct", "draft"]


class PostError(Out, frozen=True, kw_only=True):
    """What kept a post from going out last; `retryable` says whether the same again could fare better."""

    code: str
    category: Category
    message: str
    retryable: bool


class Post(Out, frozen=True, kw_only=True):
    """`GET /v1/scheduled-posts/{id}`.

    `failed` is proved not to be live; `outcome_unknown` may be. `schedulePassed` marks a blocked post whose
    content was approved too late: it waits to be rescheduled.
    """

    id: str
    content_id: str
    project_id: str
    social_account_id: str
    platform: str
    mode: Mode
    status: Status
    schedule_passed: bool
    job_id: str | None
    scheduled_for: Instant
    caption_override: str | None
    attempted_at: Instant | None
    published_at: Instant | None
    canceled_at: Instant | None
    cancel_reason: str | None
    external_id: str | None
    external_url: str | None
    last_error: PostError | None
    created_at: Instant
