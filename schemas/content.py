"""Content, its files, and what reviewers said of it."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas.base import In, Instant, Out, Text

Format = Literal["video", "slideshow", "ugc_remix", "image", "text"]
ContentStatus = Literal["queued", "processing", "completed", "failed", "canceled"]
ApprovalStatus = Literal["not_required", "pending", "approved", "rejected"]
CreativeType = Literal["generated", "uploaded"]
Verdict = Literal["approved", "rejected"]

MAX_CAPTION, MAX_HOOK, MAX_FILES = 5000, 300, 10

Caption = Annotated[Text, Meta(max_length=MAX_CAPTION, description="What is posted with the files.")]
Note = Annotated[Text, Meta(min_length=1, max_length=1000, description="For whoever reads the decision.")]
Revision = Annotated[int, Meta(ge=1, le=2**31 - 1, description="The `revision` that the reviewer saw.")]


class Asset(Out, frozen=True, kw_only=True):
    """A file as a viewer sees it, turned as it asks; its `url` needs no key and stays the same."""

    asset_id: str
    kind: Literal["image", "video"]
    url: str
    mime_type: str
    width: int
    height: int
    duration_ms: int | None
    size_bytes: int
    checksum_sha256: str


class Decision(Out, frozen=True, kw_only=True):
    """`revision` is the one that was decided on; a later one of the content has yet to be."""

    decision: Verdict
    revision: int
    note: str | None
    decided_at: Instant


class Content(Out, frozen=True, kw_only=True):
    """`GET /v1/content/{id}`; `decision` is the latest there was."""

    id: str
    project_id: str
    format: Format
    status: ContentStatus
    hook: str | None
    caption: str
    assets: list[Asset]
    approval_status: ApprovalStatus
    decision: Decision | None
    revision: int
    creative_type: CreativeType
    influencer_id: str | None
    created_at: Instant
    updated_at: Instant


class ContentPatch(In, frozen=True, kw_only=True):
    """A new caption makes a new revision."""

    caption: Caption


class Approve(In, frozen=True, kw_only=True):
    """With a `revision` only that one is approved."""

    note: Note | None = None
    revision: Revision | None = None


class Reject(In, frozen=True, kw_only=True):
    """With a `revision` only that one is rejected."""

    reason: Note
    revision: Revision | None = None


class ApprovalPolicy(Out, frozen=True, kw_only=True):
    """`currentBlockedCount` is how many items await a decision."""

    requires_approval: bool
    first_n_posts_blocked: int
    current_blocked_count: int


class ApprovalPolicyPatch(In, frozen=True, kw_only=True):
    """What is omitted stays; only what is made from now on goes by it."""

    requires_approval: bool | UnsetType = UNSET
    first_n_posts_blocked: Annotated[int, Meta(ge=0, le=50)] | UnsetType = UNSET


class Upload(In, frozen=True, kw_only=True):
    """The parts of an upload, in any order; a caption is required where there is no file."""

    file: Annotated[
        list[Annotated[str, Meta(extra_json_schema={"format": "binary"})]],
        Meta(max_length=MAX_FILES, description="Up to 10 pictures, or one video."),
    ] = msgspec.field(default_factory=list)
    caption: Caption = ""
    hook: Annotated[str, Meta(max_length=MAX_HOOK, description="The line that a video opens with.")] = ""
