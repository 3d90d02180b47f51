"""Posts: content that goes to accounts at a time."""

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.accounts import PrivacyLevel
from schemas.base import CreatedAt, In, Instant, Out, Text, UpdatedAt
from schemas.content import Note
from schemas.errors.platforms import Category
from schemas.waiting import Waiting

Status = Literal[
    "blocked", "queued", "publishing", "published", "draft_in_inbox", "failed", "canceled", "outcome_unknown",
]  # fmt: skip
NewStatus = Literal["blocked", "queued"]
Mode = Literal["direct", "draft"]
#: Whether a post carries its platform's AI label: `labelled` does, `not_needed` has no AI-made content,
#: `not_supported` has, and the platform takes no label on such a post.
AiLabel = Literal["labelled", "not_needed", "not_supported"]
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
    """One account, and how it gets the post."""

    social_account_id: Annotated[Text, Meta(max_length=100)]
    """Id of an account of the content's project."""
    caption_override: Annotated[Text, Meta(max_length=10_000)] | None = None
    """Goes out there in place of the content's caption, once it is approved where the caption has to be."""
    mode: Mode = "direct"
    """`draft` leaves it in the owner's inbox, where the platform has one: they publish it."""
    privacy_level: PrivacyLevel | None = None
    """Who may see it, of the account's `privacyLevels` (TikTok). Required there for `direct` posts, unless
    the account offers only one. Nothing is public by default."""


Targets = Annotated[list[Target], Meta(min_length=1, max_length=50)]


class PublishContent(In, frozen=True, kw_only=True):
    """At once, to every target or to none."""

    targets: Targets
    """The accounts that it goes to."""
    allow_duplicate: bool = False
    """Send it even to an account that had the same in the last 24 hours."""


class ScheduleContent(In, frozen=True, kw_only=True):
    """To every target or to none, at one time: `scheduledFor` or `localTime`."""

    at_least_one: ClassVar[tuple[str, ...]] = ("scheduledFor", "localTime")

    targets: Targets
    """The accounts that it goes to."""
    scheduled_for: ScheduledFor | None = None
    """The instant, in UTC with `Z`: at most 30 s past and 180 days ahead. This or `localTime`."""
    local_time: LocalTime | None = None
    """What the clocks of the project's zone show then. This or `scheduledFor`."""
    allow_duplicate: bool = False
    """Send it even to an account that has the same within 24 hours."""


class Reschedule(In, frozen=True, kw_only=True):
    """Another time for one post: `scheduledFor` or `localTime`."""

    at_least_one: ClassVar[tuple[str, ...]] = ("scheduledFor", "localTime")

    scheduled_for: ScheduledFor | None = None
    """The instant, in UTC with `Z`: at most 30 s past and 180 days ahead. This or `localTime`."""
    local_time: LocalTime | None = None
    """What the clocks of the project's zone show then. This or `scheduledFor`."""
    allow_duplicate: bool = False
    """Send it even to an account that has the same within 24 hours."""


class CancelPost(In, frozen=True, kw_only=True):
    """What is kept with a canceled post."""

    reason: Annotated[Text, Meta(min_length=1, max_length=500)] | None = None
    """Why, for whoever reads the post later."""


class ApproveCaption(In, frozen=True, kw_only=True):
    """The `captionOverride` may go out."""

    note: Note | None = None
    """For whoever reads the decision."""


class RejectCaption(In, frozen=True, kw_only=True):
    """The `captionOverride` may not go out."""

    reason: Note
    """Why, for whoever reads the decision."""


class ResolvePost(In, frozen=True, kw_only=True):
    """What a person saw on the platform."""

    published: bool
    """Whether the post is there."""
    external_url: (
        Annotated[Text, Meta(max_length=2048, examples=["https://example.social/@shop/1"])] | None
    ) = None
    """Where it is. Only for a post that is there."""


class ScheduledTarget(Out, frozen=True, kw_only=True):
    """What became of one target."""

    id: ids.PostId
    job_id: ids.JobId | None
    """Id of the job that sends it; null while it waits for an approval."""
    status: NewStatus
    """`blocked` waits for the approval of the content."""
    scheduled_for: Instant
    """When it goes out, in UTC."""
    social_account_id: ids.AccountId


class Scheduled(Out, frozen=True, kw_only=True):
    """The posts that were made."""

    content_id: ids.ContentId
    gate_status: GateStatus
    """Whether the posts wait for the approval of the content."""
    time_rule: TimeRule
    """How a local time was read where the clocks are put forward (`gap_shifted`) or back (`fold_first`)."""
    scheduled_posts: list[ScheduledTarget]
    """One post for each target, in their order."""


class PostError(Out, frozen=True, kw_only=True):
    """What kept a post from going out last."""

    code: str
    """What kept it from going out, to branch on."""
    category: Category
    """Who has to act."""
    message: str
    """What to do, for people."""
    retryable: bool
    """Whether the same again could fare better."""


class Post(Out, frozen=True, kw_only=True):
    """`GET /v1/scheduled-posts/{id}`."""

    id: ids.PostId
    content_id: ids.ContentId
    project_id: ids.ProjectId
    social_account_id: ids.AccountId
    platform: str
    """The platform of the account."""
    mode: Mode
    """`draft` goes to the owner's inbox."""
    privacy_level: PrivacyLevel | None
    """Who may see it; null where the platform takes no choice.

    Null on a direct TikTok post: an earlier release scheduled it without a choice. It is sent only if the
    account offers a single level, else it fails with `PRIVACY_REQUIRED`."""
    ai_label: AiLabel | None
    """Whether it carries the platform's AI label. Null: it was sent by a release that set no labels."""
    status: Status
    """`failed` is proved not to be live; `outcome_unknown` may be; `draft_in_inbox` waits for its owner."""
    schedule_passed: bool
    """Whether it was approved too late: it waits to be rescheduled."""
    job_id: ids.JobId | None
    """Id of the job that sends it; null while it waits for an approval."""
    scheduled_for: Instant
    """When it goes out, in UTC."""
    caption_override: str | None
    """Goes out in place of the content's caption, or null."""
    caption_pending: bool
    """The post is `blocked`, and its `captionOverride` awaits an approval of its own."""
    attempted_at: Instant | None
    """When it was first tried; null: not yet."""
    published_at: Instant | None
    """When it was seen to be live, or null."""
    canceled_at: Instant | None
    """When it was canceled, or null."""
    cancel_reason: str | None
    """Why it was canceled, or null."""
    external_id: str | None
    """Its id on the platform; null as long as the platform names none."""
    external_url: str | None
    """Where it is on the platform, or null."""
    last_error: PostError | None
    """What kept it from going out last, or null."""
    created_at: CreatedAt
    updated_at: UpdatedAt
    waiting: Waiting | UnsetType | None = UNSET
    """Why it isn't going out now; null: it is, or it has ended.

    Absent in lists, and in events, of what hasn't ended: `GET` of the post tells."""
