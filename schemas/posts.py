"""Posts: content that goes to accounts at a time."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from schemas.base import In, Instant, Out, Text
from schemas.errors.platforms import Category

Status = Literal[
    "blocked", "queued", "publishing", "published", "draft_in_inbox", "failed", "canceled", "outcome_unknown",
]  # fmt: skip
Mode = Literal["direct", "draft"]
PrivacyLevel = Literal["public", "friends", "followers", "private"]
GateStatus = Literal["open", "blocked_on_approval"]
TimeRule = Literal["exact", "gap_shifted", "fold_first"]

#: An instant as text, since its form matters: `Z` and nothing else says the zone.
ScheduledFor = Annotated[
    Text,
    Meta(
        max_length=40,
        description="UTC, with `Z`; at most 30 s past and 180 days ahead.",
        examples=["2026-11-01T05:30:00Z"],
    ),
]
LocalTime = Annotated[
    Text,
    Meta(
        max_length=40,
        description="What the clocks of the project's zone show then.",
        examples=["2026-11-01T01:30"],
    ),
]


class Target(In, frozen=True, kw_only=True):
    """One account. `captionOverride` goes out there in place of the content's caption.

    `mode` draft leaves it in the owner's inbox, where the platform has one: they publish it. `privacyLevel`
    is who may see it, where the platform lets its user choose (TikTok); everybody unless it is given.
    """

    social_account_id: Annotated[Text, Meta(max_length=100)]
    caption_override: Annotated[Text, Meta(max_length=10_000)] | None = None
    mode: Mode = "direct"
    privacy_level: PrivacyLevel | None = None


Targets = Annotated[list[Target], Meta(min_length=1, max_length=50)]


class PublishContent(In, frozen=True, kw_only=True):
    """At once, to every target or to none. `allowDuplicate` sends what an account had in the last 24 h."""

    targets: Targets
    allow_duplicate: bool = False


class ScheduleContent(In, frozen=True, kw_only=True):
    """To every target or to none, at one time: `scheduledFor` or `localTime`."""

    at_least_one: ClassVar[tuple[str, ...]] = ("scheduledFor", "localTime")

    targets: Targets
    scheduled_for: ScheduledFor | None = None
    local_time: LocalTime | None = None
    allow_duplicate: bool = False


class Reschedule(In, frozen=True, kw_only=True):
    """Another time for one post: `scheduledFor` or `localTime`."""

    at_least_one: ClassVar[tuple[str, ...]] = ("scheduledFor", "localTime")

    scheduled_for: ScheduledFor | None = None
    local_time: LocalTime | None = None
    allow_duplicate: bool = False


class CancelPost(In, frozen=True, kw_only=True):
    """Why, for whoever reads the post later."""

    reason: Annotated[Text, Meta(min_length=1, max_length=500)] | None = None


class ResolvePost(In, frozen=True, kw_only=True):
    """What a person saw on the platform; `externalUrl` is for a post that is there."""

    published: bool
    external_url: (
        Annotated[Text, Meta(max_length=2048, examples=["https://example.social/@shop/1"])] | None
    ) = None


class ScheduledTarget(Out, frozen=True, kw_only=True):
    """What became of one target; `jobId` is null while the post waits for an approval."""

    id: str
    job_id: str | None
    status: Literal["blocked", "queued"]
    scheduled_for: Instant
    social_account_id: str


class Scheduled(Out, frozen=True, kw_only=True):
    """`timeRule` tells how a local time was read where the clocks are put forward or back."""

    content_id: str
    gate_status: GateStatus
    time_rule: TimeRule
    scheduled_posts: list[ScheduledTarget]


class PostError(Out, frozen=True, kw_only=True):
    """What kept a post from going out last; `retryable` says whether the same again could fare better."""

    code: str
    category: Category
    message: str
    retryable: bool


class Post(Out, frozen=True, kw_only=True):
    """`GET /v1/scheduled-posts/{id}`.

    `failed` is proved not to be live; `outcome_unknown` may be. `draft_in_inbox` waits there for its owner.
    A published post's `externalId` is null as long as its platform names none. `schedulePassed` marks a
    blocked post whose content was approved too late: it waits to be rescheduled.
    """

    id: str
    content_id: str
    project_id: str
    social_account_id: str
    platform: str
    mode: Mode
    privacy_level: PrivacyLevel | None
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
