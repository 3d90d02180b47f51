"""Posts: content scheduled to accounts."""

from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from platforms.description import PrivacyLevel
from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RequestStruct, ResponseStruct, UpdatedAt, UtcInstant
from schemas.content import DecisionNote
from schemas.errors.platforms import PlatformErrorCategory
from schemas.waiting import Waiting

PostStatus = Literal[
    "blocked", "queued", "publishing", "published", "draft_in_inbox", "failed", "canceled", "outcome_unknown",
]  # fmt: skip
NewPostStatus = Literal["blocked", "queued"]
PostMode = Literal["direct", "draft"]
#: Whether a post carries its platform's AI label: `labelled` does, `not_needed` has no AI-made content,
#: `not_supported` has AI-made content, but the platform allows no label on such a post.
AiLabel = Literal["labelled", "not_needed", "not_supported"]
ApprovalGateStatus = Literal["open", "blocked_on_approval"]
LocalTimeRule = Literal["exact", "gap_shifted", "fold_first"]

#: A time as text, as its form matters: only `Z` is allowed as the zone.
ScheduledUtcTime = Annotated[
    NulFreeText,
    Meta(
        max_length=40,
        description="UTC, with `Z`; at most 30 s past and 180 days ahead.",
        examples=["2026-11-01T05:30:00Z"],
    ),
]
ScheduledLocalTime = Annotated[
    NulFreeText,
    Meta(max_length=40, description="The local time in the project's time zone.", examples=["2026-11-01T01:30"]),
]


class Target(RequestStruct, frozen=True, kw_only=True):
    """One account with its options."""

    social_account_id: Annotated[NulFreeText, Meta(max_length=100)]
    """Id of an account of the content's project."""
    caption_override: Annotated[NulFreeText, Meta(max_length=10_000)] | None = None
    """Replaces the content's caption there, after its own approval if captions need one."""
    mode: PostMode = "direct"
    """`draft` puts it into the owner's inbox, if the platform has one: the owner publishes it."""
    privacy_level: PrivacyLevel | None = None
    """The audience, one of the account's `privacyLevels` (TikTok). Required there for `direct` posts,
    unless the account offers only one. Nothing is public by default.
    """


PostTargets = Annotated[list[Target], Meta(min_length=1, max_length=50)]


class PublishContent(RequestStruct, frozen=True, kw_only=True):
    """Publish now. If one target is invalid, no post is created."""

    targets: PostTargets
    """The receiving accounts."""
    allow_duplicate: bool = False
    """Publish even to an account with the same content in the last 24 hours."""


class ScheduleContent(RequestStruct, frozen=True, kw_only=True):
    """One time for all targets: `scheduledFor` or `localTime`. If one is invalid, no post is created."""

    at_least_one: ClassVar[tuple[str, ...]] = ("scheduledFor", "localTime")

    targets: PostTargets
    """The receiving accounts."""
    scheduled_for: ScheduledUtcTime | None = None
    """The time, in UTC with `Z`: at most 30 s past and 180 days ahead. Either this or `localTime`."""
    local_time: ScheduledLocalTime | None = None
    """The local time in the project's time zone. Either this or `scheduledFor`."""
    allow_duplicate: bool = False
    """Schedule even to an account with the same content within 24 hours."""


class Reschedule(RequestStruct, frozen=True, kw_only=True):
    """Another time for one post: `scheduledFor` or `localTime`."""

    at_least_one: ClassVar[tuple[str, ...]] = ("scheduledFor", "localTime")

    scheduled_for: ScheduledUtcTime | None = None
    """The time, in UTC with `Z`: at most 30 s past and 180 days ahead. Either this or `localTime`."""
    local_time: ScheduledLocalTime | None = None
    """The local time in the project's time zone. Either this or `scheduledFor`."""
    allow_duplicate: bool = False
    """Schedule even to an account with the same content within 24 hours."""


class CancelPost(RequestStruct, frozen=True, kw_only=True):
    """The cancelation of a post."""

    reason: Annotated[NulFreeText, Meta(min_length=1, max_length=500)] | None = None
    """The reason, for later readers."""


class ApproveCaption(RequestStruct, frozen=True, kw_only=True):
    """Approves the `captionOverride`."""

    note: DecisionNote | None = None
    """A note for readers of the decision."""


class RejectCaption(RequestStruct, frozen=True, kw_only=True):
    """Rejects the `captionOverride`."""

    reason: DecisionNote
    """The reason, for readers of the decision."""


class ResolvePost(RequestStruct, frozen=True, kw_only=True):
    """A person's observation on the platform."""

    published: bool
    """Whether the post is there."""
    external_url: Annotated[NulFreeText, Meta(max_length=2048, examples=["https://example.social/@shop/1"])] | None = (
        None
    )
    """The post's URL. Only for a published post."""


class ScheduledTarget(ResponseStruct, frozen=True, kw_only=True):
    """The post of one target."""

    id: ids.PostId
    job_id: ids.JobId | None
    """Id of the job that sends it; null while it awaits approval."""
    status: NewPostStatus
    """`blocked`: the content awaits approval."""
    scheduled_for: UtcInstant
    """The scheduled time, in UTC."""
    social_account_id: ids.SocialAccountId


class Scheduled(ResponseStruct, frozen=True, kw_only=True):
    """The created posts."""

    content_id: ids.ContentId
    gate_status: ApprovalGateStatus
    """Whether the posts wait for the approval of the content."""
    time_rule: LocalTimeRule
    """How a local time at a change of clocks was interpreted: forward (`gap_shifted`) or back
    (`fold_first`).
    """
    scheduled_posts: list[ScheduledTarget]
    """One post for each target, in their order."""


class PostError(ResponseStruct, frozen=True, kw_only=True):
    """The last error of a post."""

    code: str
    """The error code, to branch on."""
    category: PlatformErrorCategory
    """Who has to act."""
    message: str
    """The remedy, for people."""
    retryable: bool
    """Whether a retry may succeed."""


class Post(ResponseStruct, frozen=True, kw_only=True):
    """`GET /v1/scheduled-posts/{id}`."""

    id: ids.PostId
    content_id: ids.ContentId
    project_id: ids.ProjectId
    social_account_id: ids.SocialAccountId
    platform: str
    """The platform of the account."""
    mode: PostMode
    """`draft` goes to the owner's inbox."""
    privacy_level: PrivacyLevel | None
    """The audience; null where the platform offers no choice. Null on a direct TikTok post: an earlier
    release scheduled it without a choice. It is sent only if the account offers a single level, else it
    fails with `PRIVACY_REQUIRED`.
    """
    ai_label: AiLabel | None
    """Whether it carries the platform's AI label. Null: a release without labels sent it."""
    status: PostStatus
    """`failed` is certainly not live; `outcome_unknown` may be; `draft_in_inbox` waits for its owner."""
    schedule_passed: bool
    """Whether it was approved after its time: it waits to be rescheduled."""
    job_id: ids.JobId | None
    """Id of the job that sends it; null while it awaits approval."""
    scheduled_for: UtcInstant
    """The scheduled time, in UTC."""
    caption_override: str | None
    """Replaces the content's caption; or null."""
    caption_pending: bool
    """The post is `blocked`: its `captionOverride` awaits its own approval."""
    attempted_at: UtcInstant | None
    """When the first attempt began; null: not yet."""
    published_at: UtcInstant | None
    """When it was confirmed to be live, or null."""
    canceled_at: UtcInstant | None
    """When it was canceled, or null."""
    cancel_reason: str | None
    """Why it was canceled, or null."""
    external_id: str | None
    """Its id on the platform; null if the platform provides none."""
    external_url: str | None
    """Its URL on the platform, or null."""
    last_error: PostError | None
    """The last error, or null."""
    created_at: CreatedAt
    updated_at: UpdatedAt
    waiting: Waiting | UnsetType | None = UNSET
    """Why it isn't being sent now; null: it is, or it has ended. Absent in lists and in events of open
    posts: use `GET` of the post.
    """
