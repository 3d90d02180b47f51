"""Content: captions and files, with their approval status.

Lock order: project, job rows by id, content row, account rows by id, post rows by id.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET

from db.pool import Conn
from db.queries import content_asset, content_generation, content_item
from domain.accounts import platform_limits
from domain.content import assets
from domain.media import uploads
from domain.media.files import StoredFile
from domain.publishing import targets, waiting
from domain.publishing.disclosure import ContentOrigin
from domain.tenancy import project_locks
from domain.values.answers import build_api_answer_from_row
from schemas import ids
from schemas.accounts import PlatformName
from schemas.api_keys import OrganizationTier
from schemas.content import (
    MAX_CONTENT_FILES,
    ApprovalStatus,
    Content,
    ContentDecision,
    ContentFormat,
    ContentMadeBy,
    ContentPatch,
    ContentStatus,
    CreativeType,
    LineProvenance,
)
from schemas.errors import ContentRejected, InvalidValue, ObjectNotFound, StateConflict, VersionOutdated
from schemas.errors.absent import require_found
from schemas.jobs import JobError


class FileDownloadHeaders(NamedTuple):
    """Headers of a file's download, and the organization that its traffic is billed to."""

    mime_type: str
    size_bytes: int
    sha256: bytes
    organization_id: UUID
    tier: OrganizationTier


class ContentRow(NamedTuple):
    """Content with its files, its latest decision and its last finished revision, or else the planned one."""

    id: UUID
    project_id: UUID
    format: ContentFormat
    status: ContentStatus
    hook: str | None
    caption: str
    approval_status: ApprovalStatus
    revision: int
    creative_type: CreativeType
    made_by: ContentMadeBy | None
    ai_declared: bool
    influencer_id: UUID | None
    job_id: UUID | None
    last_error: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    assets: list[dict[str, Any]]
    decision: dict[str, Any] | None
    generation: dict[str, Any] | None


class LockedContent(NamedTuple):
    """Content row, locked by this transaction; `in_the_making`: a job that hasn't ended generates it."""

    organization_id: UUID
    project_id: UUID
    id: UUID
    status: ContentStatus
    format: ContentFormat
    caption: str
    approval_status: ApprovalStatus
    revision: int
    creative_type: CreativeType
    made_by: ContentMadeBy | None
    ai_declared: bool
    in_the_making: bool


GET_CONTENT = content_item.get_content.typed(ContentRow)
LOCK_CONTENT = content_item.lock_content.typed(LockedContent)
LIST_ORIGINS_OF_CLIP = content_generation.list_origins_of_clip.typed(ContentOrigin)
FIND_ASSET_BY_TOKEN = content_asset.find_asset.typed(FileDownloadHeaders)


async def create_uploaded_content(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    hook: str | None,
    caption: str,
    ai_declared: bool = False,
    files: Sequence[StoredFile],
    public_url: str,
) -> Content:
    """Create content from stored files and return it; it is pending if the project's policy requires an approval.

    Raises `ObjectNotFound`, `StateConflict` PROJECT_ARCHIVED, `InvalidValue`, `ServiceUnavailable` for a pruned upload.
    """
    kind = derive_content_format_of_files([file.kind for file in files], caption)
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    content_id = ids.new_uuid7()
    await content_item.insert_content.run(
        conn,
        org=organization_id,
        project_id=project_id,
        id=content_id,
        format=kind,
        status="completed",
        creative_type="uploaded",
        hook=hook,
        caption=caption,
        job_id=None,
        influencer_id=None,
        ai_declared=ai_declared,
    )
    await assets.attach_content_files(conn, organization_id=organization_id, content_id=content_id, files=files)
    return await read_content(conn, organization_id=organization_id, content_id=content_id, public_url=public_url)


def derive_content_format_of_files(kinds: Sequence[str], caption: str) -> ContentFormat:
    """Return a content's format by its files' kinds: `text`, `image`, `slideshow` or `video`.

    Raises `InvalidValue` for too many files, a video with other files, or no file and no caption.
    """
    if len(kinds) > MAX_CONTENT_FILES:
        raise InvalidValue("file", f"one item of content has at most {MAX_CONTENT_FILES} files")
    if "video" in kinds and len(kinds) > 1:
        raise InvalidValue("file", "a video must be the only file: upload pictures, or one video")
    if not kinds and not caption.strip():
        raise InvalidValue("caption", "is required where there is no file")
    if not kinds:
        return "text"
    if "video" in kinds:
        return "video"
    return "image" if len(kinds) == 1 else "slideshow"


async def read_content(conn: Conn, *, organization_id: UUID, content_id: UUID, public_url: str) -> Content:
    """Return a content; raises `ObjectNotFound`."""
    row = require_found(await GET_CONTENT.one(conn, org=organization_id, id=content_id), "content")
    return content_to_schema(row, public_url)


async def find_file_download_headers(conn: Conn, *, token: str) -> FileDownloadHeaders:
    """Return the download headers of a stored file by its token. Raises `ObjectNotFound`.

    It may be a file of any organization: the token is the only credential.
    """
    row = await FIND_ASSET_BY_TOKEN.one(conn, token=token) if uploads.UPLOAD_TOKEN_PATTERN.fullmatch(token) else None
    if row is None:
        raise ObjectNotFound("no such file: use an asset's url unchanged")
    return row


async def edit_content(
    conn: Conn,
    *,
    organization_id: UUID,
    content_id: UUID,
    patch: ContentPatch,
    versions: project_locks.IfMatchVersions,
    public_url: str,
) -> Content:
    """Change a content's caption or AI declaration and return the content; a change makes a new revision.

    Approved content becomes pending again and its queued posts are blocked. A patch without a change makes no
    revision. Raises `ObjectNotFound`, `VersionOutdated`, `ContentRejected`, `StateConflict` CONTENT_NOT_READY, and
    `InvalidValue`, also for a caption that is too long for some waiting post.
    """
    project_id = await find_project_of_content(conn, organization_id=organization_id, content_id=content_id)
    # The exclusive lock of the project: no post gets a job, a decision or a send before the commit.
    await project_locks.lock_project_version(
        conn, organization_id=organization_id, project_id=project_id, versions=None
    )
    await waiting.lock_post_jobs_of_content(conn, organization_id=organization_id, content_id=content_id)
    locked = await lock_content(conn, organization_id=organization_id, content_id=content_id)
    caption = locked.caption if patch.caption is UNSET else patch.caption
    declared = locked.ai_declared if patch.ai_generated is UNSET else patch.ai_generated
    _check_content_edit(locked, caption, versions)
    if patch.ai_generated is False and await _is_ai_label_mandatory(conn, locked):
        raise InvalidValue("aiGenerated", "content from AI, or from an AI clip, keeps its label")
    if caption != locked.caption:
        await targets.check_new_caption_fits_posts(
            conn, organization_id=organization_id, content_id=content_id, caption=caption
        )
    if (caption, declared) != (locked.caption, locked.ai_declared):
        await _save_content_caption(conn, locked, caption, ai_declared=declared)
    return await read_content(conn, organization_id=organization_id, content_id=content_id, public_url=public_url)


async def _is_ai_label_mandatory(conn: Conn, locked: LockedContent) -> bool:
    return _content_origin_of(locked)._replace(ai_declared=False).is_ai_generated or await has_ai_labeled_clip(
        conn, organization_id=locked.organization_id, content_id=locked.id
    )


async def has_ai_labeled_clip(conn: Conn, *, organization_id: UUID, content_id: UUID) -> bool:
    """Return whether the clip in a remix's last revision comes from content with an AI label."""
    rows = await LIST_ORIGINS_OF_CLIP.all(conn, org=organization_id, id=content_id)
    return any(row.is_ai_generated for row in rows)


def check_content_if_match(locked: LockedContent, versions: project_locks.IfMatchVersions) -> None:
    """Raise `ContentRejected` for rejected content, `VersionOutdated` if its revision isn't in `versions`."""
    if versions is not None and locked.revision not in versions:
        raise VersionOutdated("the content has changed since: read it again and repeat with its new ETag")
    if locked.approval_status == "rejected":
        raise ContentRejected


def content_not_ready_error(**details: str) -> StateConflict:
    """Return the error for changes of a content while a job generates it."""
    return StateConflict("CONTENT_NOT_READY", "a job is generating it: wait for its end, or cancel it", **details)


def _check_content_edit(locked: LockedContent, caption: str, versions: project_locks.IfMatchVersions) -> None:
    check_content_if_match(locked, versions)
    if locked.in_the_making:
        raise content_not_ready_error()
    if locked.format == "text" and not caption.strip():
        raise InvalidValue("caption", "can't be empty: this content has no file")


async def _save_content_caption(conn: Conn, locked: LockedContent, caption: str, *, ai_declared: bool) -> None:
    org, approved = locked.organization_id, locked.approval_status == "approved"
    status = "pending" if approved else locked.approval_status
    await content_item.edit_content.run(
        conn, org=org, id=locked.id, caption=caption, ai_declared=ai_declared, approval_status=status
    )
    if approved:
        await waiting.block_posts_of_content(conn, organization_id=org, content_id=locked.id)
    await targets.update_fingerprints_of_content_posts(conn, organization_id=org, content_id=locked.id)


async def find_project_of_content(conn: Conn, *, organization_id: UUID, content_id: UUID) -> UUID:
    """Return the id of a content's project: callers lock the project first. Raises `ObjectNotFound`."""
    project_id: UUID = require_found(
        await content_item.find_project.value(conn, org=organization_id, id=content_id), "content"
    )
    return project_id


async def lock_content(conn: Conn, *, organization_id: UUID, content_id: UUID) -> LockedContent:
    """Lock the content's row and return it. Raises `ObjectNotFound`."""
    return require_found(await LOCK_CONTENT.one(conn, org=organization_id, id=content_id), "content")


def content_to_schema(row: ContentRow, public_url: str) -> Content:
    """Return a content's answer for partners."""
    generation = row.generation or {}
    return build_api_answer_from_row(
        Content,
        row,
        id=ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, row.id),
        assets=[assets.asset_to_schema(asset, public_url) for asset in row.assets],
        decision=_content_decision_to_schema(row.decision) if row.decision else None,
        ai_generated=_content_origin_of(row).is_ai_generated,
        fits=_objections_by_platform(row) if row.status == "completed" else None,
        last_error=msgspec.convert(row.last_error, JobError) if row.last_error else None,
        provenance=msgspec.convert(generation.get("provenance") or [], list[LineProvenance]),
        look=generation.get("look"),
        hook_shape=generation.get("hookShape"),
        hook_intent=generation.get("hookIntent"),
        picture=ids.format_asset_id_or_none(generation.get("picture")),
    )


def _content_origin_of(row: ContentRow | LockedContent) -> ContentOrigin:
    return ContentOrigin(row.creative_type, row.made_by, row.ai_declared)


def _objections_by_platform(row: ContentRow) -> dict[PlatformName, str]:
    files = [
        platform_limits.PostFileToCheck(asset["kind"], asset["mimeType"], asset["sizeBytes"], asset["durationMs"])
        for asset in row.assets
    ]
    return platform_limits.describe_objections_by_platform(row.caption, files)


def _content_decision_to_schema(latest: dict[str, Any]) -> ContentDecision:
    by = latest["decidedBy"]
    return msgspec.convert(
        {**latest, "decidedBy": by and ids.format_prefixed_id(ids.API_KEY_ID_PREFIX, UUID(by))}, ContentDecision
    )
