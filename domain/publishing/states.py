"""States of a post, and their transitions. The database's checks and the docs follow this table."""

from enum import StrEnum
from typing import NamedTuple


class PostStatusValue(StrEnum):
    BLOCKED = "blocked"
    QUEUED = "queued"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    DRAFT_IN_INBOX = "draft_in_inbox"
    FAILED = "failed"
    CANCELED = "canceled"
    OUTCOME_UNKNOWN = "outcome_unknown"


class PostStatusTransitionRule(NamedTuple):
    """Transition with its causes; `why` separates alternatives by commas."""

    source: PostStatusValue
    target: PostStatusValue
    why: str


POST_TRANSITIONS = (
    PostStatusTransitionRule(PostStatusValue.BLOCKED, PostStatusValue.QUEUED, "approved, rescheduled once approved"),
    PostStatusTransitionRule(PostStatusValue.BLOCKED, PostStatusValue.CANCELED, "cancel"),
    PostStatusTransitionRule(PostStatusValue.QUEUED, PostStatusValue.BLOCKED, "approved content edited"),
    PostStatusTransitionRule(PostStatusValue.QUEUED, PostStatusValue.PUBLISHING, "marked sending"),
    PostStatusTransitionRule(PostStatusValue.QUEUED, PostStatusValue.FAILED, "refused, too late, last try"),
    PostStatusTransitionRule(PostStatusValue.QUEUED, PostStatusValue.CANCELED, "cancel"),
    PostStatusTransitionRule(PostStatusValue.PUBLISHING, PostStatusValue.QUEUED, "proved not sent"),
    PostStatusTransitionRule(PostStatusValue.PUBLISHING, PostStatusValue.PUBLISHED, "proved live"),
    PostStatusTransitionRule(PostStatusValue.PUBLISHING, PostStatusValue.DRAFT_IN_INBOX, "proved in its owner's inbox"),
    PostStatusTransitionRule(PostStatusValue.PUBLISHING, PostStatusValue.OUTCOME_UNKNOWN, "nobody can tell"),
    PostStatusTransitionRule(PostStatusValue.DRAFT_IN_INBOX, PostStatusValue.PUBLISHED, "its owner published it"),
    PostStatusTransitionRule(
        PostStatusValue.OUTCOME_UNKNOWN, PostStatusValue.PUBLISHED, "found later, a person saw it"
    ),
    PostStatusTransitionRule(
        PostStatusValue.OUTCOME_UNKNOWN, PostStatusValue.DRAFT_IN_INBOX, "found in its owner's inbox"
    ),
    PostStatusTransitionRule(
        PostStatusValue.OUTCOME_UNKNOWN, PostStatusValue.FAILED, "proved absent, a person says so"
    ),
    PostStatusTransitionRule(PostStatusValue.FAILED, PostStatusValue.QUEUED, "job retried"),
)

ALLOWED_POST_TRANSITIONS = frozenset((source, target) for source, target, _ in POST_TRANSITIONS)

#: Reasons against a retry of a post's job. Only a post that is surely not live may be scheduled again.
POST_RETRY_REFUSALS = {
    **dict.fromkeys((PostStatusValue.QUEUED, PostStatusValue.PUBLISHING), "its post has a newer job: wait for that"),
    PostStatusValue.BLOCKED: "its post waits for an approval: it gets another job once it is approved",
    PostStatusValue.PUBLISHED: "its post is live: nothing is left to send",
    PostStatusValue.DRAFT_IN_INBOX: "its post is in its owner's inbox: nothing is left to send",
    PostStatusValue.FAILED: "its post failed for a permanent reason: schedule it again",
    PostStatusValue.CANCELED: "its post was canceled: schedule it again",
    PostStatusValue.OUTCOME_UNKNOWN: (
        "its post may be live: look at the account first, then report the finding with "
        "POST /v1/scheduled-posts/{id}/resolve"
    ),
}
