"""Reasons why a job or a post waits."""

from typing import Literal

from schemas.base import ResponseStruct, UtcInstant

WaitReason = Literal[
    "approval", "schedule_passed", "outcome_unknown", "worker_lost", "overdue", "scheduled", "reauth_needed",
    "account_cooling_down", "account_quota", "token_refresh", "retry_wait", "platform_processing",
    "answer_lost", "behind_posts", "source_busy", "snoozed", "becoming_due", "organization_suspended",
    "pool_paused", "no_worker", "running_cap", "workers_busy", "pool_share", "behind_own_jobs",
]  # fmt: skip


class Waiting(ResponseStruct, frozen=True, kw_only=True):
    """The first reason for waiting, as of now."""

    reason: WaitReason
    """The reason, to branch on."""
    until: UtcInstant | None
    """When the reason ends, or when the post is given up (`reauth_needed`), in UTC; null if unknown."""
    message: str
    """The reason and the remedy, for people."""
