"""Timelines: what happened to a job or a post, entry by entry."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from schemas import ids
from schemas.base import Instant, Out

EntryType = Literal[
    "submitted", "attempt_started", "step_committed", "cancel_requested", "attempt_ended", "completed",
    "failed", "canceled", "scheduled", "blocked", "released", "rescheduled", "approved", "rejected",
    "prepared", "call", "answer_lost", "look_up", "not_sent", "accepted", "published", "draft_in_inbox",
    "outcome_unknown", "resolved",
]  # fmt: skip
AttemptOutcome = Literal["completed", "failed", "retry", "snoozed", "canceled", "interrupted", "lost"]
LookUpVerdict = Literal["found", "absent", "undecided"]


class TimelineEntry(Out, frozen=True, kw_only=True):
    """One thing that happened. What doesn't apply to its type is absent."""

    at: Instant
    """When it was written down, in UTC; of an `answer_lost`, by when it was known at the latest."""
    type: EntryType
    """What happened."""
    job_id: ids.JobId | UnsetType = UNSET
    """Id of the job whose attempt it is; one that looks for a lost post can't be read by itself."""
    attempt: int | UnsetType = UNSET
    """Which attempt of the job; one that cost none has the number of the next."""
    fence: int | UnsetType = UNSET
    """How often the job had been started by then: only the attempt with the last one may write."""
    retry_of: ids.JobId | UnsetType = UNSET
    """Id of the job that this one repeats."""
    worker_id: ids.WorkerId | UnsetType = UNSET
    outcome: AttemptOutcome | UnsetType = UNSET
    """What the attempt came to; `lost`: its worker died."""
    verdict: LookUpVerdict | UnsetType = UNSET
    """What a look for the post on its platform came to."""
    step: str | UnsetType = UNSET
    """The name of a step that commits once for its job."""
    code: str | UnsetType = UNSET
    """Why it went wrong, to branch on."""
    message: str | UnsetType = UNSET
    """Why it went wrong, for people."""
    revision: int | UnsetType = UNSET
    """The revision of the content that was decided on."""
    api_key_id: ids.KeyId | UnsetType = UNSET
    """Id of the API key that decided."""
    external_url: str | UnsetType = UNSET
    """Where the post is on its platform; of `published`."""
    details: dict[str, Any] | UnsetType = UNSET
    """What else was written down with it."""
