"""Files of a project's app, from which its content is made."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas import ids
from schemas.base import CreatedAt, In, Instant, Out, Text, UpdatedAt
from schemas.jobs import Accepted

AppMediaKind = Literal["logo", "screenshot", "demo_video", "end_card"]
AppMediaOrigin = Literal["partner", "suggested"]
AppMediaStatus = Literal["fetching", "ready", "failed"]

MAX_TRANSCRIPT, MAX_URL = 5000, 2048

Transcript = Annotated[
    Text,
    Meta(max_length=MAX_TRANSCRIPT, description="What is said in a demo video, for the captions of remixes."),
]


class AppMediaError(Out, frozen=True, kw_only=True):
    """Why a file wasn't fetched."""

    code: str
    """What went wrong, to branch on."""
    message: str
    """What went wrong and what to do, for people."""


class AppMedia(Out, frozen=True, kw_only=True):
    """A file of the project's app: `GET /v1/projects/{id}/app-media/{assetId}`."""

    asset_id: ids.AssetId
    project_id: ids.ProjectId
    kind: AppMediaKind
    """What it is of the app."""
    origin: AppMediaOrigin
    """Whether a partner brought it, or an ingest met it and suggests it."""
    status: AppMediaStatus
    """`ready` once its file is here."""
    current: bool
    """Whether new content is made with it: the newest logo, demo video and end card, and ten screenshots in
    the order in which they came. A partner's files go before suggestions."""
    url: str | None
    """Where anybody can fetch it, without a key. Null until it is `ready`."""
    mime_type: str | None
    """Its type, as its bytes say."""
    width: int | None
    """Pixels, as a viewer sees it."""
    height: int | None
    """Pixels, as a viewer sees it."""
    duration_ms: int | None
    """Length of a video in milliseconds; null for a picture."""
    size_bytes: int | None
    """Its size in bytes."""
    checksum_sha256: str | None
    """SHA-256 of its bytes, in hexadecimal."""
    transcript: str | None
    """What is said in a demo video, or null."""
    source_url: str | None
    """Where it was fetched; null for an upload."""
    job_id: ids.JobId | None
    """Id of the job that fetched it, or null."""
    error: AppMediaError | None
    """Why it `failed`, or null."""
    created_at: CreatedAt
    updated_at: UpdatedAt


class AppMediaFromUrl(In, frozen=True, kw_only=True):
    """A file to fetch."""

    kind: AppMediaKind
    """What it is of the app."""
    url: Annotated[Text, Meta(max_length=MAX_URL, examples=["https://example.com/logo.png"])]
    """Where it is, http or https; a public address."""
    transcript: Transcript = ""


class AppMediaUpload(In, frozen=True, kw_only=True):
    """The parts of an upload, in any order."""

    kind: AppMediaKind
    """What it is of the app."""
    file: Annotated[str, Meta(extra_json_schema={"format": "binary"})]
    """The file."""
    transcript: Transcript = ""


class AppMediaAccepted(Accepted, frozen=True, kw_only=True):
    """The body of a 202: the job that fetches the file, and the asset that it becomes."""

    asset_id: ids.AssetId


class AppMediaDeleted(Out, frozen=True, kw_only=True):
    """A file that is no longer the project's. A suggestion that was dropped doesn't come back."""

    asset_id: ids.AssetId
    project_id: ids.ProjectId
    deleted_at: Instant
    """When it was deleted, in UTC."""
