"""States of a post, and their transitions. The database's checks and the docs follow this table."""

from enum import StrEnum
from typing import NamedTuple


class PostRowState(StrEnum):
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

    source: PostRowState
    target: PostRowState
    why: str


POST_TRANSITIONS = (
    PostStateTransitionRule(PostRowState.BLOCKED, PostRowState.QUEUED, "approved, rescheduled once approved"),
    PostStateTransitionRule(PostRowState.BLOCKED, PostRowState.CANCELED, "cancel"),
    PostStateTransitionRule(PostRowState.QUEUED, PostRowState.BLOCKED, "approved content edited"),
    PostStateTransitionRule(PostRowState.QUEUED, PostRowState.PUBLISHING, "marked sending"),
    PostStateTransitionRule(PostRowState.QUEUED, PostRowState.FAILED, "refused, too late, last try"),
    PostStateTransitionRule(PostRowState.QUEUED, PostRowState.CANCELED, "cancel"),
    PostStateTransitionRule(PostRowState.PUBLISHING, PostRowState.QUEUED, "proved not sent"),
    PostStateTransitionRule(PostRowState.PUBLISHING, PostRowState.PUBLISHED, "proved live"),
    PostStateTransitionRule(PostRowState.PUBLISHING, PostRowState.DRAFT_IN_INBOX, "proved in its owner's inbox"),
    PostStateTransitionRule(PostRowState.PUBLISHING, PostRowState.OUTCOME_UNKNOWN, "nobody can tell"),
    PostStateTransitionRule(PostRowState.DRAFT_IN_INBOX, PostRowState.PUBLISHED, "its owner published it"),
    PostStateTransitionRule(PostRowState.OUTCOME_UNKNOWN, PostRowState.PUBLISHED, "found later, a person saw it"),
    PostStateTransitionRule(PostRowState.OUTCOME_UNKNOWN, PostRowState.DRAFT_IN_INBOX, "found in its owner's inbox"),
    PostStateTransitionRule(PostRowState.OUTCOME_UNKNOWN, PostRowState.FAILED, "proved absent, a person says so"),
    PostStateTransitionRule(PostRowState.FAILED, PostRowState.QUEUED, "job retried"),
)

ALLOWED_POST_TRANSITIONS = frozenset((source, target) for source, target, _ in POST_TRANSITIONS)

#: Reasons against a retry of a post's job. Only a post that is surely not live may be scheduled again.
POST_RETRY_REFUSALS = {
    **dict.fromkeys((PostRowState.QUEUED, PostRowState.PUBLISHING), "its post has a newer job: wait for that"),
    PostRowState.BLOCKED: "its post waits for an approval: it gets another job once it is approved",
    PostRowState.PUBLISHED: "its post is live: nothing is left to send",
    PostRowState.DRAFT_IN_INBOX: "its post is in its owner's inbox: nothing is left to send",
    PostRowState.FAILED: "its post failed for a permanent reason: schedule it again",
    PostRowState.CANCELED: "its post was canceled: schedule it again",
    PostRowState.OUTCOME_UNKNOWN: (
        "its post may be live: look at the account first, then report the finding with "
        "POST /v1/scheduled-posts/{id}/resolve"
    ),
}


def render_post_state_diagram() -> str:
    """Return the states of a post and their transitions as a Mermaid state diagram."""
    lines = [f"    {source} --> {target}: {why}" for source, target, why in POST_TRANSITIONS]
    starts = ["    [*] --> blocked: scheduled, awaits approval", "    [*] --> queued: scheduled"]
    return "\n".join(["stateDiagram-v2", *starts, *lines, "    published --> [*]", "    canceled --> [*]"])
