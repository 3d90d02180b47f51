"""Files of a project's app, used to generate its content."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RequestStruct, ResponseStruct, UpdatedAt, UtcInstant
from schemas.jobs import Accepted
from schemas.pictures import PictureRole

AppMediaKind = Literal["logo", "screenshot", "photo", "demo_video", "end_card"]
AppMediaOrigin = Literal["partner", "suggested"]
AppMediaStatus = Literal["fetching", "ready", "failed"]
AppMediaRoleSource = Literal["declared", "detected"]

MAX_APP_MEDIA_TRANSCRIPT_CHARACTERS, MAX_APP_MEDIA_URL_CHARACTERS = 5000, 2048

DemoVideoTranscript = Annotated[
    NulFreeText,
    Meta(
        max_length=MAX_APP_MEDIA_TRANSCRIPT_CHARACTERS,
        description="The spoken text of a demo video, for the captions of remixes.",
    ),
]


class AppMediaError(ResponseStruct, frozen=True, kw_only=True):
    """The reason why a file wasn't fetched."""

    code: str
    """The error code, to branch on."""
    message: str
    """The error and its remedy, for people."""


class AppMedia(ResponseStruct, frozen=True, kw_only=True):
    """A file of the project's app: `GET /v1/projects/{id}/app-media/{assetId}`."""

    asset_id: ids.AssetId
    project_id: ids.ProjectId
    kind: AppMediaKind
    """The kind of file."""
    origin: AppMediaOrigin
    """Whether a partner added it, or an ingest suggested it."""
    status: AppMediaStatus
    """`ready` once the file is stored."""
    current: bool
    """Whether new content may use it: the newest logo, demo video and end card, the first ten
    screenshots and the first ten photos. A partner's files take precedence over suggestions.
    """
    role: PictureRole | None
    """The role of a picture in content: declared by a partner, else detected by its pixels. Null for a video and
    an end card, and until a role is known.
    """
    role_source: AppMediaRoleSource | None
    """Whether the role was declared or detected; null without a role."""
    url: str | None
    """A public URL of the file, without a key. Null until it is `ready`."""
    mime_type: str | None
    """The media type, detected from the bytes."""
    width: int | None
    """Pixels, as displayed."""
    height: int | None
    """Pixels, as displayed."""
    duration_ms: int | None
    """Length of a video in milliseconds; null for an image."""
    size_bytes: int | None
    """Its size in bytes."""
    checksum_sha256: str | None
    """SHA-256 of its bytes, in hexadecimal."""
    transcript: str | None
    """The spoken text of a demo video, or null."""
    source_url: str | None
    """The address that it was fetched from; null for an upload."""
    job_id: ids.JobId | None
    """Id of the job that fetched it, or null."""
    error: AppMediaError | None
    """Why it `failed`, or null."""
    created_at: CreatedAt
    updated_at: UpdatedAt


class AppMediaFromUrl(RequestStruct, frozen=True, kw_only=True):
    """A file to fetch."""

    kind: AppMediaKind
    """The kind of file."""
    url: Annotated[
        NulFreeText, Meta(max_length=MAX_APP_MEDIA_URL_CHARACTERS, examples=["https://example.com/logo.png"])
    ]
    """The file's public address, http or https."""
    transcript: DemoVideoTranscript = ""
    role: PictureRole | None = None
    """The role of a picture; null: it is detected. A `logo` is a `logo` or a `wordmark`."""


class AppMediaUpload(RequestStruct, frozen=True, kw_only=True):
    """The parts of an upload, in any order."""

    kind: AppMediaKind
    """The kind of file."""
    file: Annotated[str, Meta(extra_json_schema={"format": "binary"})]
    """The file."""
    transcript: DemoVideoTranscript = ""
    role: PictureRole | UnsetType = UNSET
    """The role of a picture; without it, it is detected. A `logo` is a `logo` or a `wordmark`."""


class AppMediaPatch(RequestStruct, frozen=True, kw_only=True):
    """A change of a file of the app."""

    role: PictureRole | None
    """The role of a picture; null returns to the detected one."""


class AppMediaAccepted(Accepted, frozen=True, kw_only=True):
    """The body of a 202: the job that fetches the file, and the asset."""

    asset_id: ids.AssetId


class AppMediaDeleted(ResponseStruct, frozen=True, kw_only=True):
    """A deleted file. A rejected suggestion isn't suggested again."""

    asset_id: ids.AssetId
    project_id: ids.ProjectId
    deleted_at: UtcInstant
    """When it was deleted, in UTC."""
