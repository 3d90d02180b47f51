"""Content, its files, and the decisions of reviewers."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.accounts import PlatformName
from schemas.base import CreatedAt, NulFreeText, RequestStruct, ResponseStruct, UpdatedAt, UtcInstant
from schemas.content_hooks import HookIntent
from schemas.jobs import Accepted, JobError, JobStage

ContentFormat = Literal["video", "slideshow", "ugc_remix", "image", "text"]
ContentStatus = Literal["queued", "processing", "completed", "failed", "canceled"]
ApprovalStatus = Literal["not_required", "pending", "approved", "rejected"]
CreativeType = Literal["generated", "uploaded"]
#: How generated content was made: a model wrote a line of it, a drawn presenter or a synthetic voice presents
#: it, it is cut from the partner's own clip, or only our renderer composed it.
ContentMadeBy = Literal["model", "presenter", "voice", "clip", "renderer"]
ReviewVerdict = Literal["approved", "rejected"]
AssetKind = Literal["image", "video"]
GeneratedFormat = Literal["slideshow", "video", "ugc_remix", "image"]
ContentAspect = Literal["4:5", "9:16", "1:1"]
ContentChoiceMethod = Literal["suitability", "performance", "exploration", "variant"]
ReadAloudVoice = Literal["none", "heart", "auto"]
ContentLineSource = Literal[
    "appName", "tagline", "appDescription", "keywords", "audience", "links", "statements", "place", "caller"
]
ContentLineRule = Literal["clause", "keyword", "formula", "caller", "model", "claim"]

MAX_CONTENT_CAPTION_CHARACTERS, MAX_UPLOADED_HOOK_CHARACTERS, MAX_CONTENT_FILES = 5000, 300, 10
MAX_REQUESTED_VARIANTS = 5
MAX_REQUESTED_HOOK_CHARACTERS, MAX_REQUESTED_MEDIA_IDS, MAX_REQUESTED_TRANSCRIPT_CHARACTERS = 2000, 10, 5000

PostCaption = Annotated[
    NulFreeText, Meta(max_length=MAX_CONTENT_CAPTION_CHARACTERS, description="The text that is posted with the files.")
]
DecisionNote = Annotated[
    NulFreeText, Meta(min_length=1, max_length=1000, description="A note for readers of the decision.")
]
RequestedHook = Annotated[
    NulFreeText,
    Meta(
        min_length=1,
        max_length=MAX_REQUESTED_HOOK_CHARACTERS,
        description="The opening line, verbatim; default: a line of the brand.",
    ),
]
ReviewedRevision = Annotated[int, Meta(ge=1, le=2**31 - 1, description="The `revision` that the reviewer read.")]


class Asset(ResponseStruct, frozen=True, kw_only=True):
    """A file as displayed, after rotation."""

    asset_id: ids.AssetId
    kind: AssetKind
    """The kind of file."""
    url: str
    """A permanent public URL, without a key."""
    thumbnail_url: str | None
    """The URL of a JPEG thumbnail of at most 480 pixels, as permanent as `url`. Null: there is none, or a
    worker has yet to extract it from an uploaded video.
    """
    mime_type: str
    """The media type, detected from the bytes."""
    width: int
    """Pixels, as displayed."""
    height: int
    """Pixels, as displayed."""
    duration_ms: int | None
    """Length of a video in milliseconds; null for an image."""
    size_bytes: int
    """Its size in bytes."""
    checksum_sha256: str
    """SHA-256 of its bytes, in hexadecimal."""


class ContentDecision(ResponseStruct, frozen=True, kw_only=True):
    """A reviewer's decision on one revision."""

    decision: ReviewVerdict
    """The decision."""
    revision: int
    """The decided revision. A later one awaits its own decision."""
    note: str | None
    """The reviewer's note, or null."""
    decided_at: UtcInstant
    """When it was decided, in UTC."""
    decided_by: ids.ApiKeyId | None
    """Id of the key that decided; null: an operator on the server."""


class LineProvenance(ResponseStruct, frozen=True, kw_only=True):
    """A text of a generated item, with its source in the brand."""

    line: str
    """The text, as displayed."""
    field: ContentLineSource | None
    """The field of the brand context behind it; `caller`: your own text; null: no field."""
    quote: str | None
    """The quoted words of that field, or null."""
    rule: ContentLineRule
    """A piece of the brand's own text, a keyword, a formula around its names, your text, a model's, or your
    approved claim, verbatim.
    """
    claim_id: ids.ClaimId | None = None
    """The approved claim, which may be deleted by now; null: the text is no claim."""


class Content(ResponseStruct, frozen=True, kw_only=True):
    """A content item: `GET /v1/content/{id}`."""

    id: ids.ContentId
    project_id: ids.ProjectId
    format: ContentFormat
    """`text` has no files."""
    status: ContentStatus
    """An upload is `completed` from the start; a generated item once its files are stored."""
    hook: str | None
    """The opening line of a video, or null."""
    caption: str
    """The text that is posted with the files."""
    assets: list[Asset]
    """The files, in their order."""
    approval_status: ApprovalStatus
    """Whether it may be published. Set at its creation, changed by decisions and edits."""
    decision: ContentDecision | None
    """The latest decision; null: none yet."""
    revision: int
    """1 at first, incremented by each edit. Also the ETag."""
    creative_type: CreativeType
    """Whether it was uploaded or generated."""
    made_by: ContentMadeBy | None
    """How it was generated, by what matters most for the AI label. Null: it was uploaded, or isn't
    generated yet.
    """
    ai_generated: bool
    """Whether its posts carry the platforms' AI label, if the platform has one: see a post's `aiLabel`.
    True for generated content, except a remix of your own clip, and for uploads that you declare.
    """
    influencer_id: ids.InfluencerId | None
    """The influencer that presents it, which may be deleted by now; null: none."""
    fits: dict[PlatformName, str] | None
    """By platform: `ok`, or the reason why the platform would refuse it, as far as that is independent of
    the account. Null until it is `completed`.
    """
    job_id: ids.JobId | None
    """The latest job for it or its next revision; null for an upload."""
    last_error: JobError | None
    """Why that job failed, or null."""
    provenance: list[LineProvenance]
    """The source of each text in a generated item; empty for an upload."""
    look: str | None
    """The look of its slides, as planned until it is completed. Null: an upload, a remix, or not known."""
    hook_shape: str | None
    """The shape of its opening line; `clause` or `tagline` for the brand's own words, `caller` for your text, `model`
    for a model's. As planned until it is completed. Null: an upload, or not known.
    """
    hook_intent: HookIntent | None
    """The purpose of its opening line; null if it has none."""
    picture: ids.AssetId | None
    """The first of its input pictures, which may be deleted by now. As planned until it is completed. Null: none."""
    created_at: CreatedAt
    updated_at: UpdatedAt


class ContentRequest(RequestStruct, frozen=True, kw_only=True):
    """Content to generate. Only the format is required: the brand decides the rest."""

    format: GeneratedFormat
    """`slideshow` and `image` are images, `ugc_remix` uses a clip of yours."""
    hook: RequestedHook | None = None
    social_account_id: ids.SocialAccountId | None = None
    """The intended account: without an `aspect`, its platform's aspect is used."""
    source_content_id: ids.ContentId | None = None
    """Content of the project that provides the files: a remix uses its video."""
    influencer_id: ids.InfluencerId | None = None
    """The presenter: shows its face and sets the tone, and the language unless you set it."""
    media_ids: Annotated[
        list[ids.AssetId],
        Meta(
            max_length=MAX_REQUESTED_MEDIA_IDS,
            description="Files of the project, of its content or its app media: images, or one clip.",
        ),
    ] = msgspec.field(default_factory=list)
    language: (
        Annotated[
            NulFreeText,
            Meta(description="BCP-47. Only texts that the brand has in this language: nothing is translated."),
        ]
        | None
    ) = None
    aspect: ContentAspect | None = None
    """Default: 9:16 for videos and for a TikTok account, else 4:5. A remix is 9:16."""
    seconds: Annotated[int, Meta(ge=8, le=60, description="Length of a video or a remix.")] | None = None
    voice: ReadAloudVoice | None = None
    """The voice that reads a video's text: `heart` in English, `auto` in the language of the text."""
    transcript: (
        Annotated[
            NulFreeText,
            Meta(
                min_length=1,
                max_length=MAX_REQUESTED_TRANSCRIPT_CHARACTERS,
                description="The spoken text of a remix's clip, verbatim, for its captions.",
            ),
        ]
        | None
    ) = None
    template: (
        Annotated[
            NulFreeText,
            Meta(
                min_length=1,
                max_length=100,
                description="Look of a slideshow or an image: a template's id, or the name of a look.",
            ),
        ]
        | None
    ) = None
    variants: Annotated[
        int,
        Meta(
            ge=1,
            le=MAX_REQUESTED_VARIANTS,
            description="So many items, all or none, each with its own job. No two of them share two of the look, the "
            "shape of the opening line and the first picture; else `warnings` says what was too few.",
        ),
    ] = 1
    learn: bool = True
    """Whether looks, openings and first pictures with more engagement in this project are preferred, once two
    of them have five posts with views.
    """


class ContentChoice(ResponseStruct, frozen=True, kw_only=True):
    """Reason for the look, the opening line and the first picture of an item."""

    by: ContentChoiceMethod
    """`suitability`: they suit the brand; `performance`: the project's figures; `exploration`: one item in ten
    follows no figures; `variant`: a regenerated variant keeps them.
    """
    because: str
    """The reason, with the figures."""


class ContentVariant(ResponseStruct, frozen=True, kw_only=True):
    """An item with its job, and its plan. The completed item has the final values."""

    content_id: ids.ContentId
    job_id: ids.JobId
    look: str | None
    """The planned look; null: the format has none."""
    hook_shape: str | None
    """The planned shape of its opening line."""
    hook_intent: HookIntent | None
    """The purpose of that line; null if it has none."""
    picture: ids.AssetId | None
    """The planned first picture; null: none."""
    choice: ContentChoice
    """The reason for them."""


class ContentAccepted(Accepted, frozen=True, kw_only=True):
    """The job that generates an item, and the item, which exists from now on; of several the first one."""

    content_id: ids.ContentId
    variants: list[ContentVariant]
    """All items of the request, this one first."""
    warnings: list[str]
    """`few_looks`, `few_hooks` or `few_pictures` with a reason, if variants are less different than wanted."""


class Regenerate(RequestStruct, frozen=True, kw_only=True):
    """Another revision of the same item, from the current brand."""

    hook: RequestedHook | None = None
    seed: (
        Annotated[
            NulFreeText,
            Meta(
                min_length=1,
                max_length=100,
                description="Another seed gives another look and other texts. Without one, a variant keeps "
                "its look, the shape of its opening line and its first picture.",
            ),
        ]
        | None
    ) = None


class ContentProgress(ResponseStruct, frozen=True, kw_only=True):
    """The progress of the job for an item or its next revision."""

    content_id: ids.ContentId
    status: ContentStatus
    """`queued` or `processing` while the job runs, even if the item has files; then the item's status."""
    stage: JobStage
    """The job's stage; once it has ended, the item's status."""
    stage_progress: float
    """Progress of this stage, from 0 to 1."""
    eta_seconds: int | None
    """Estimated seconds until the end; null if unknown, and after the end."""
    updated_at: UpdatedAt


class ContentPatch(RequestStruct, frozen=True, kw_only=True):
    """Omitted fields stay unchanged. Each change creates a new revision."""

    caption: PostCaption | UnsetType = UNSET
    ai_generated: bool | UnsetType = UNSET
    """Declares AI-made content, so that its posts carry the platforms' AI label; false revokes that.
    Content generated with AI keeps its label.
    """


class Approve(RequestStruct, frozen=True, kw_only=True):
    """With a `revision`, only that one is approved."""

    note: DecisionNote | None = None
    revision: ReviewedRevision | None = None


class Reject(RequestStruct, frozen=True, kw_only=True):
    """With a `revision`, only that one is rejected."""

    reason: DecisionNote
    """The reason, for readers of the decision."""
    revision: ReviewedRevision | None = None


class ApprovalPolicy(ResponseStruct, frozen=True, kw_only=True):
    """The approval policy for new content of the project."""

    requires_approval: bool
    """Whether all new content needs an approval."""
    first_n_posts_blocked: int
    """Number of items to approve before new content needs no approval; 0: none."""
    current_blocked_count: int
    """Number of items that await a decision."""


class ApprovalPolicyPatch(RequestStruct, frozen=True, kw_only=True):
    """Change of a project's approval policy, for content created from now on. Omitted fields stay unchanged."""

    requires_approval: bool | UnsetType = UNSET
    """Whether all new content needs an approval."""
    first_n_posts_blocked: Annotated[int, Meta(ge=0, le=50)] | UnsetType = UNSET
    """Number of items to approve before new content needs no approval; 0: none."""


class Upload(RequestStruct, frozen=True, kw_only=True):
    """The parts of an upload, in any order; without a file, a caption is required."""

    file: Annotated[
        list[Annotated[str, Meta(extra_json_schema={"format": "binary"})]],
        Meta(max_length=MAX_CONTENT_FILES, description="Up to 10 images, or one video."),
    ] = msgspec.field(default_factory=list)
    caption: PostCaption = ""
    hook: Annotated[str, Meta(max_length=MAX_UPLOADED_HOOK_CHARACTERS, description="The opening line of a video.")] = ""
    ai_generated: Annotated[str, Meta(pattern="^(true|false)$")] = "false"
    """`true` declares AI-made content: its posts carry the platforms' AI label."""
