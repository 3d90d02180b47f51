"""Timelines: the history of a job or a post, entry by entry."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from schemas import ids
from schemas.base import ResponseStruct, UtcInstant

TimelineEntryType = Literal[
    "submitted", "attempt_started", "step_committed", "cancel_requested", "attempt_ended", "completed",
    "failed", "canceled", "scheduled", "blocked", "released", "rescheduled", "approved", "rejected",
    "prepared", "call", "answer_lost", "look_up", "not_sent", "accepted", "published", "draft_in_inbox",
    "outcome_unknown", "resolved",
]  # fmt: skip
AttemptOutcome = Literal["completed", "failed", "retry", "snoozed", "canceled", "interrupted", "lost"]
PostLookUpVerdict = Literal["found", "absent", "undecided"]


class TimelineEntry(ResponseStruct, frozen=True, kw_only=True):
    """One entry. Fields that don't apply to its type are absent."""

    at: UtcInstant
    """When it was recorded, in UTC; for `answer_lost`, when it was known at the latest."""
    type: TimelineEntryType
    """The type of the entry."""
    job_id: ids.JobId | UnsetType = UNSET
    """Id of the attempt's job; a job that looks a lost post up can't be read by itself."""
    attempt: int | UnsetType = UNSET
    """The number of the job's attempt; an attempt that cost none has the number of the next."""
    fence: int | UnsetType = UNSET
    """The fencing token, the number of starts of the job so far: only the attempt with the latest one may
    write.
    """
    retry_of: ids.JobId | UnsetType = UNSET
    """Id of the job that this one retries."""
    worker_id: ids.WorkerId | UnsetType = UNSET
    outcome: AttemptOutcome | UnsetType = UNSET
    """The outcome of the attempt; `lost`: its worker died."""
    verdict: PostLookUpVerdict | UnsetType = UNSET
    """The result of a look-up of the post on its platform."""
    step: str | UnsetType = UNSET
    """The name of a step that commits once per job."""
    code: str | UnsetType = UNSET
    """The error code, to branch on."""
    message: str | UnsetType = UNSET
    """The error, for people."""
    revision: int | UnsetType = UNSET
    """The decided revision of the content."""
    api_key_id: ids.ApiKeyId | UnsetType = UNSET
    """Id of the API key that decided."""
    external_url: str | UnsetType = UNSET
    """The URL of the post on its platform; only for `published`."""
    details: dict[str, Any] | UnsetType = UNSET
    """Further recorded details."""
