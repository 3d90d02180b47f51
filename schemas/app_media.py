"""Files of a project's app, used to generate its content."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RequestStruct, ResponseStruct, UpdatedAt, UtcInstant
from schemas.jobs import Accepted

AppMediaKind = Literal["logo", "screenshot", "demo_video", "end_card"]
AppMediaOrigin = Literal["partner", "suggested"]
AppMediaStatus = Literal["fetching", "ready", "failed"]

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
    """Whether new content uses it: the newest logo, demo video and end card, and the first ten
    screenshots. A partner's files take precedence over suggestions.
    """
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


class AppMediaUpload(RequestStruct, frozen=True, kw_only=True):
    """The parts of an upload, in any order."""

    kind: AppMediaKind
    """The kind of file."""
    file: Annotated[str, Meta(extra_json_schema={"format": "binary"})]
    """The file."""
    transcript: DemoVideoTranscript = ""


class AppMediaAccepted(Accepted, frozen=True, kw_only=True):
    """The body of a 202: the job that fetches the file, and the asset."""

    asset_id: ids.AssetId


class AppMediaDeleted(ResponseStruct, frozen=True, kw_only=True):
    """A deleted file. A rejected suggestion isn't suggested again."""

    asset_id: ids.AssetId
    project_id: ids.ProjectId
    deleted_at: UtcInstant
    """When it was deleted, in UTC."""
