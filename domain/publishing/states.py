"""States of a post, and their transitions. The database's checks and the docs follow this table."""

from enum import StrEnum
from typing import NamedTuple


class PostState(StrEnum):
    BLOCKED = "blocked"
    QUEUED = "queued"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    DRAFT_IN_INBOX = "draft_in_inbox"
    FAILED = "failed"
    CANCELED = "canceled"
    OUTCOME_UNKNOWN = "outcome_unknown"


class PostStateTransitionRule(NamedTuple):
    """Transition with its causes; `why` separates alternatives by commas."""

    source: PostState
    target: PostState
    why: str


POST_TRANSITIONS = (
    PostStateTransitionRule(PostState.BLOCKED, PostState.QUEUED, "approved, rescheduled once approved"),
    PostStateTransitionRule(PostState.BLOCKED, PostState.CANCELED, "cancel"),
    PostStateTransitionRule(PostState.QUEUED, PostState.BLOCKED, "approved content edited"),
    PostStateTransitionRule(PostState.QUEUED, PostState.PUBLISHING, "marked sending"),
    PostStateTransitionRule(PostState.QUEUED, PostState.FAILED, "refused, too late, last try"),
    PostStateTransitionRule(PostState.QUEUED, PostState.CANCELED, "cancel"),
    PostStateTransitionRule(PostState.PUBLISHING, PostState.QUEUED, "proved not sent"),
    PostStateTransitionRule(PostState.PUBLISHING, PostState.PUBLISHED, "proved live"),
    PostStateTransitionRule(PostState.PUBLISHING, PostState.DRAFT_IN_INBOX, "proved in its owner's inbox"),
    PostStateTransitionRule(PostState.PUBLISHING, PostState.OUTCOME_UNKNOWN, "nobody can tell"),
    PostStateTransitionRule(PostState.DRAFT_IN_INBOX, PostState.PUBLISHED, "its owner published it"),
    PostStateTransitionRule(PostState.OUTCOME_UNKNOWN, PostState.PUBLISHED, "found later, a person saw it"),
    PostStateTransitionRule(PostState.OUTCOME_UNKNOWN, PostState.DRAFT_IN_INBOX, "found in its owner's inbox"),
    PostStateTransitionRule(PostState.OUTCOME_UNKNOWN, PostState.FAILED, "proved absent, a person says so"),
    PostStateTransitionRule(PostState.FAILED, PostState.QUEUED, "job retried"),
)

ALLOWED_POST_TRANSITIONS = frozenset((source, target) for source, target, _ in POST_TRANSITIONS)

#: Reasons against a retry of a post's job. Only a post that is surely not live may be scheduled again.
POST_RETRY_REFUSALS = {
    **dict.fromkeys((PostState.QUEUED, PostState.PUBLISHING), "its post has a newer job: wait for that"),
    PostState.BLOCKED: "its post waits for an approval: it gets another job once it is approved",
    PostState.PUBLISHED: "its post is live: nothing is left to send",
    PostState.DRAFT_IN_INBOX: "its post is in its owner's inbox: nothing is left to send",
    PostState.FAILED: "its post failed for a permanent reason: schedule it again",
    PostState.CANCELED: "its post was canceled: schedule it again",
    PostState.OUTCOME_UNKNOWN: (
        "its post may be live: look at the account first, then report the finding with "
        "POST /v1/scheduled-posts/{id}/resolve"
    ),
}
