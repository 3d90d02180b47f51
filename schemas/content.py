"""Content, its files, and what reviewers said of it."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.accounts import PlatformName
from schemas.base import CreatedAt, In, Instant, Out, Text, UpdatedAt
from schemas.jobs import Accepted, JobError, JobStage

Format = Literal["video", "slideshow", "ugc_remix", "image", "text"]
ContentStatus = Literal["queued", "processing", "completed", "failed", "canceled"]
ApprovalStatus = Literal["not_required", "pending", "approved", "rejected"]
CreativeType = Literal["generated", "uploaded"]
#: How generated content was made: a model wrote a line of it, a drawn presenter or a synthetic voice
#: presents it, it is cut from the partner's own clip, or our renderer alone composed it.
MadeBy = Literal["model", "presenter", "voice", "clip", "renderer"]
Verdict = Literal["approved", "rejected"]
AssetKind = Literal["image", "video"]
GeneratedFormat = Literal["slideshow", "video", "ugc_remix", "image"]
Aspect = Literal["4:5", "9:16", "1:1"]
Voice = Literal["none", "heart"]
LineSource = Literal["appName", "tagline", "appDescription", "keywords", "audience", "links", "caller"]
LineRule = Literal["clause", "keyword", "formula", "caller", "model"]

MAX_CAPTION, MAX_HOOK, MAX_FILES = 5000, 300, 10
MAX_OWN_HOOK, MAX_MEDIA, MAX_TRANSCRIPT = 2000, 10, 5000

Caption = Annotated[Text, Meta(max_length=MAX_CAPTION, description="What is posted with the files.")]
Note = Annotated[Text, Meta(min_length=1, max_length=1000, description="For whoever reads the decision.")]
OwnHook = Annotated[
    Text,
    Meta(
        min_length=1,
        max_length=MAX_OWN_HOOK,
        description="The first line, word for word; without one it is the brand's.",
    ),
]
Revision = Annotated[int, Meta(ge=1, le=2**31 - 1, description="The `revision` that the reviewer saw.")]


class Asset(Out, frozen=True, kw_only=True):
    """A file as a viewer sees it, turned as it asks."""

    asset_id: ids.AssetId
    kind: AssetKind
    """What it is."""
    url: str
    """Where anybody can fetch it, without a key. It stays the same."""
    thumbnail_url: str | None
    """Of a small JPEG of it, 480 pixels at most, as durable as `url`; null: there is none, or a
    worker has yet to cut it out of a video that you uploaded."""
    mime_type: str
    """Its type, as its bytes say."""
    width: int
    """Pixels, as a viewer sees it."""
    height: int
    """Pixels, as a viewer sees it."""
    duration_ms: int | None
    """Length of a video in milliseconds; null for a picture."""
    size_bytes: int
    """Its size in bytes."""
    checksum_sha256: str
    """SHA-256 of its bytes, in hexadecimal."""


class ContentDecision(Out, frozen=True, kw_only=True):
    """A reviewer's word on one revision."""

    decision: Verdict
    """What the reviewer said."""
    revision: int
    """The revision that was decided on. A later one has yet to be."""
    note: str | None
    """The reviewer's words, or null."""
    decided_at: Instant
    """When it was decided, in UTC."""
    decided_by: ids.KeyId | None
    """Id of the key that decided; null: somebody on the machine itself."""


class LineProvenance(Out, frozen=True, kw_only=True):
    """A text of a generated item, and what of the brand it rests on."""

    line: str
    """The text, as it is shown."""
    field: LineSource | None
    """The field of the brand context that it rests on; `caller`: your own words; null: on none."""
    quote: str | None
    """The words there, or null."""
    rule: LineRule
    """A piece of the brand's own text, a keyword, a set phrase around its names, your words, or a model's."""


class Content(Out, frozen=True, kw_only=True):
    """An item of content: `GET /v1/content/{id}`."""

    id: ids.ContentId
    project_id: ids.ProjectId
    format: Format
    """`text` has no files."""
    status: ContentStatus
    """An upload is `completed` from the start; a generated item once its files are there."""
    hook: str | None
    """The line that a video opens with, or null."""
    caption: str
    """What is posted with the files."""
    assets: list[Asset]
    """Its files, in their order."""
    approval_status: ApprovalStatus
    """Whether it may go out. Fixed at its making, changed by decisions and edits."""
    decision: ContentDecision | None
    """The latest decision; null: none yet."""
    revision: int
    """1 at first, one more with each edit. It is the ETag."""
    creative_type: CreativeType
    """Whether you uploaded it or we made it."""
    made_by: MadeBy | None
    """How we made it, by what counts most for the AI label. Null: you uploaded it, or it isn't made yet."""
    ai_generated: bool
    """Whether its posts carry the platforms' AI label, where a platform has one: see a post's `aiLabel`.

    True for what we make, except for a remix of your own clip, and for uploads that you declare."""
    influencer_id: ids.InfluencerId | None
    """The influencer that presents it, which may be deleted by now; null: none."""
    fits: dict[PlatformName, str] | None
    """By platform `ok`, or what it would refuse, as far as that doesn't depend on the account; null until it
    is `completed`."""
    job_id: ids.JobId | None
    """The latest job that makes it or its next revision; null for an upload."""
    last_error: JobError | None
    """Why that job failed, or null."""
    provenance: list[LineProvenance]
    """Where each text in a generated item is from; empty for an upload."""
    created_at: CreatedAt
    updated_at: UpdatedAt


class ContentRequest(In, frozen=True, kw_only=True):
    """What shall be made. All but the format may be left out: the brand decides."""

    format: GeneratedFormat
    """`slideshow` and `image` are pictures, `ugc_remix` is made of a clip of yours."""
    hook: OwnHook | None = None
    social_account_id: ids.AccountId | None = None
    """Account that it is meant for: without an `aspect`, it is in that of its platform."""
    source_content_id: ids.ContentId | None = None
    """Content of the project whose files it is made with: a remix is one of its video."""
    influencer_id: ids.InfluencerId | None = None
    """Who presents it: its face is shown, it sets the tone, and the language unless you do."""
    media_ids: Annotated[
        list[ids.AssetId],
        Meta(
            max_length=MAX_MEDIA,
            description="Files of the project, of its content or its app media: pictures, or one clip.",
        ),
    ] = msgspec.field(default_factory=list)
    language: (
        Annotated[Text, Meta(description="BCP-47. Only what the brand says in it: nothing translates.")]
        | None
    ) = None
    aspect: Aspect | None = None
    """None: 9:16 for videos and for an account of TikTok, else 4:5. A remix is 9:16."""
    seconds: Annotated[int, Meta(ge=8, le=60, description="Length of a video or a remix.")] | None = None
    voice: Voice | None = None
    """Who reads a video's words."""
    transcript: (
        Annotated[
            Text,
            Meta(
                min_length=1,
                max_length=MAX_TRANSCRIPT,
                description="What is said in the clip of a remix, word for word: its captions.",
            ),
        ]
        | None
    ) = None


class ContentAccepted(Accepted, frozen=True, kw_only=True):
    """The job that makes an item, and the item, which exists from now on."""

    content_id: ids.ContentId


class Regenerate(In, frozen=True, kw_only=True):
    """Another revision of the same item, of what the brand says now."""

    hook: OwnHook | None = None
    seed: (
        Annotated[
            Text,
            Meta(min_length=1, max_length=100, description="Another one gives another look and other words."),
        ]
        | None
    ) = None


class ContentProgress(Out, frozen=True, kw_only=True):
    """How far the job that makes an item, or its next revision, is."""

    content_id: ids.ContentId
    status: ContentStatus
    """`queued` or `processing` while the job runs, also of an item that has files; then the item's."""
    stage: JobStage
    """The job's stage; once it has ended, the item's status."""
    stage_progress: float
    """Of this stage, from 0 to 1."""
    eta_seconds: int | None
    """Seconds until it ends, as it goes now; null while that can't be told, and once it has ended."""
    updated_at: UpdatedAt


class ContentPatch(In, frozen=True, kw_only=True):
    """What is omitted stays. Each change makes a new revision."""

    caption: Caption | UnsetType = UNSET
    ai_generated: bool | UnsetType = UNSET
    """Declares that AI made it, so that its posts carry the platforms' AI label; false takes that back.

    What we made with AI keeps its label."""


class Approve(In, frozen=True, kw_only=True):
    """With a `revision` only that one is approved."""

    note: Note | None = None
    revision: Revision | None = None


class Reject(In, frozen=True, kw_only=True):
    """With a `revision` only that one is rejected."""

    reason: Note
    """Why, for whoever reads the decision."""
    revision: Revision | None = None


class ApprovalPolicy(Out, frozen=True, kw_only=True):
    """What new content of the project needs before it goes out."""

    requires_approval: bool
    """Whether all new content needs an approval."""
    first_n_posts_blocked: int
    """How many items have to be approved before new content needs none; 0: none."""
    current_blocked_count: int
    """How many items await a decision."""


class ApprovalPolicyPatch(In, frozen=True, kw_only=True):
    """What is omitted stays; only what is made from now on goes by it."""

    requires_approval: bool | UnsetType = UNSET
    """Whether all new content needs an approval."""
    first_n_posts_blocked: Annotated[int, Meta(ge=0, le=50)] | UnsetType = UNSET
    """How many items have to be approved before new content needs none; 0: none."""


class Upload(In, frozen=True, kw_only=True):
    """The parts of an upload, in any order; a caption is required where there is no file."""

    file: Annotated[
        list[Annotated[str, Meta(extra_json_schema={"format": "binary"})]],
        Meta(max_length=MAX_FILES, description="Up to 10 pictures, or one video."),
    ] = msgspec.field(default_factory=list)
    caption: Caption = ""
    hook: Annotated[str, Meta(max_length=MAX_HOOK, description="The line that a video opens with.")] = ""
    ai_generated: Annotated[str, Meta(pattern="^(true|false)$")] = "false"
    """`true` declares that AI made it: its posts carry the platforms' AI label."""
