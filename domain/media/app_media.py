"""App media: files of a project's app that its content uses, from a partner or an ingest.

Their order is computed at each read: a partner's files first, then suggestions, each by rank. A deleted file
is returned to the unclaimed uploads, so a running content job can still read it for a day.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import app_media as queries
from domain.media import app_media_limits, app_media_roles, uploads
from domain.media.files import StoredFile
from domain.media.streaming_upload import MIB
from domain.tenancy import project_locks
from domain.values.answers import build_api_answer_from_row
from schemas import ids
from schemas.app_media import AppMedia, AppMediaDeleted, AppMediaError, AppMediaKind, AppMediaOrigin, AppMediaStatus
from schemas.errors import StateConflict
from schemas.errors.absent import require_found
from schemas.pictures import PictureRole


class _AppMediaRow(NamedTuple):
    id: UUID
    project_id: UUID
    kind: AppMediaKind
    origin: AppMediaOrigin
    status: AppMediaStatus
    source_url: str | None
    job_id: UUID | None
    error: dict[str, Any] | None
    transcript: str | None
    mime_type: str | None
    width: int | None
    height: int | None
    duration_ms: int | None
    size_bytes: int
    sha256: bytes | None
    token: str | None
    created_at: datetime
    updated_at: datetime
    declared_role: PictureRole | None
    detected_role: PictureRole | None
    current: bool


class AppMediaTotals(NamedTuple):
    """Number of files and their total bytes: those of a project, or those to add to it."""

    files: int = 0
    bytes: int = 0


class UsableAppMediaFile(NamedTuple):
    """Ready app media file that a content job can use; `role` is the declared, else the detected one."""

    id: UUID
    kind: AppMediaKind
    token: str
    transcript: str | None
    width: int
    height: int
    duration_ms: int | None
    size_bytes: int
    role: PictureRole | None = None


class _LockedAppMedia(NamedTuple):
    id: UUID
    kind: AppMediaKind
    origin: AppMediaOrigin
    token: str | None
    size_bytes: int
    begun: list[str]


GET_APP_MEDIA = queries.get_app_media.typed(_AppMediaRow)
LIST_APP_MEDIA = queries.list_app_media.typed(_AppMediaRow)
COUNT_OWN_APP_MEDIA = queries.count_own.typed(AppMediaTotals)
LOCK_READY_APP_MEDIA = queries.share_ready.typed(UsableAppMediaFile)
LOCK_APP_MEDIA_ROW = queries.lock_one.typed(_LockedAppMedia)


async def insert_app_media(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    kind: AppMediaKind,
    file: StoredFile,
    transcript: str,
    role: PictureRole | None,
    public_url: str,
) -> AppMedia:
    """Add a stored file to a project's app media, claim its upload, and return the app media file.

    Raises `ObjectNotFound`, `StateConflict` PROJECT_ARCHIVED or TOO_MUCH_APP_MEDIA, `InvalidValue` for a
    picture's shape or its role, and `ServiceUnavailable` if the upload was pruned.
    """
    app_media_limits.check_app_media_picture(file)
    app_media_roles.check_declared_role(kind, role)
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    await check_app_media_room(
        conn,
        organization_id=organization_id,
        project_id=project_id,
        kind=kind,
        adding=AppMediaTotals(files=1, bytes=file.size_bytes),
    )
    asset_id = ids.new_uuid7()
    await queries.insert_ready.run(
        conn,
        org=organization_id,
        project_id=project_id,
        id=asset_id,
        kind=kind,
        rank=compute_time_based_app_media_rank(kind),
        transcript=transcript or None,
        declared_role=role,
        **build_column_values_of_stored_file(kind, file),
    )
    await uploads.claim_uploads(conn, organization_id=organization_id, tokens=[file.token])
    row = await GET_APP_MEDIA.row(conn, org=organization_id, project_id=project_id, id=asset_id)
    return _app_media_to_schema(row, public_url)


def compute_time_based_app_media_rank(kind: AppMediaKind) -> int:
    """Return the sort rank of a new file: the time in microseconds, negative for all but screenshots and photos.

    So screenshots and photos sort in the order of arrival, and all other kinds newest first.
    """
    now = time.time_ns() // 1000
    return now if kind in {"screenshot", "photo"} else -now


def build_column_values_of_stored_file(kind: AppMediaKind, file: StoredFile) -> dict[str, Any]:
    return {
        "mime_type": file.mime_type,
        "width": file.width,
        "height": file.height,
        "duration_ms": file.duration_ms,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "token": file.token,
        "detected_role": app_media_roles.fit_detected_role_to_kind(kind, file),
        "fingerprint": file.fingerprint,
    }


async def check_app_media_room(
    conn: Conn, *, organization_id: UUID, project_id: UUID, kind: AppMediaKind, adding: AppMediaTotals
) -> None:
    """Raise `StateConflict` TOO_MUCH_APP_MEDIA if the project has no room for more app media of this amount.

    Locks the project's list of files until this transaction ends.
    """
    await queries.lock_list.run(conn, project_id=project_id)
    own = await COUNT_OWN_APP_MEDIA.row(conn, org=organization_id, project_id=project_id, kind=kind)
    if own.files + adding.files > app_media_limits.MAX_APP_MEDIA_FILES_BY_KIND[kind]:
        raise StateConflict(
            "TOO_MUCH_APP_MEDIA",
            f"a project has at most {app_media_limits.MAX_APP_MEDIA_FILES_BY_KIND[kind]} files of the kind {kind}: "
            "delete one first",
            limit=app_media_limits.MAX_APP_MEDIA_FILES_BY_KIND[kind],
        )
    if own.bytes + adding.bytes > app_media_limits.MAX_APP_MEDIA_BYTES_PER_PROJECT:
        raise StateConflict(
            "TOO_MUCH_APP_MEDIA",
            f"a project has at most {app_media_limits.MAX_APP_MEDIA_BYTES_PER_PROJECT // MIB} MiB of app media:"
            " delete some first",
            limitBytes=app_media_limits.MAX_APP_MEDIA_BYTES_PER_PROJECT,
        )


async def read_one_app_media(
    conn: Conn, *, organization_id: UUID, project_id: UUID, asset_id: UUID, public_url: str
) -> AppMedia:
    """Return one app media file of the project. Raises `ObjectNotFound`."""
    row = require_found(
        await GET_APP_MEDIA.one(conn, org=organization_id, project_id=project_id, id=asset_id), "app_media"
    )
    return _app_media_to_schema(row, public_url)


async def list_app_media_page(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    kinds: Sequence[AppMediaKind] | None,
    origin: AppMediaOrigin | None,
    before: UUID | None,
    limit: int,
    public_url: str,
) -> list[AppMedia]:
    """Return at most `limit` app media files older than `before`, newest first; a filter of None matches all.

    Raises `ObjectNotFound`.
    """
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await LIST_APP_MEDIA.all(
        conn, org=organization_id, project_id=project_id, kinds=kinds, origin=origin, before=before, limit=limit
    )
    return [_app_media_to_schema(row, public_url) for row in rows]


async def lock_and_list_ready_app_media(
    conn: Conn, *, organization_id: UUID, project_id: UUID
) -> list[UsableAppMediaFile]:
    """Return a project's ready files in the order of use: the partner's first, then suggestions.

    Locks them against deletion until this transaction ends.
    """
    return await LOCK_READY_APP_MEDIA.all(conn, org=organization_id, project_id=project_id)


async def set_app_media_role(
    conn: Conn, *, organization_id: UUID, project_id: UUID, asset_id: UUID, role: PictureRole | None, public_url: str
) -> AppMedia:
    """Declare the role of a picture, or with None return to the detected one; return the file.

    An equal role changes nothing. Raises `ObjectNotFound`, `InvalidValue`, `StateConflict` PROJECT_ARCHIVED.
    """
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    at = {"org": organization_id, "project_id": project_id, "id": asset_id}
    locked = require_found(await LOCK_APP_MEDIA_ROW.one(conn, **at), "app_media")
    app_media_roles.check_declared_role(locked.kind, role)
    await queries.declare_role.run(conn, org=organization_id, id=asset_id, role=role)
    return _app_media_to_schema(await GET_APP_MEDIA.row(conn, **at), public_url)


async def delete_or_dismiss_app_media(
    conn: Conn, *, organization_id: UUID, project_id: UUID, asset_id: UUID
) -> AppMediaDeleted:
    """Delete a partner's own app media file, or drop a suggestion for good. Raises `ObjectNotFound`."""
    locked = require_found(
        await LOCK_APP_MEDIA_ROW.one(conn, org=organization_id, project_id=project_id, id=asset_id), "app_media"
    )
    end = queries.delete_one if locked.origin == "partner" else queries.drop_one
    await end.run(conn, org=organization_id, id=asset_id)
    if locked.begun:
        await uploads.mark_uploads_to_prune(conn, organization_id=organization_id, tokens=locked.begun)
    if locked.token:
        await release_app_media_files(
            conn, organization_id=organization_id, project_id=project_id, files=[(locked.token, locked.size_bytes)]
        )
    return AppMediaDeleted(
        asset_id=ids.format_prefixed_id(ids.ASSET_ID_PREFIX, asset_id),
        project_id=ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id),
        deleted_at=datetime.now(UTC),
    )


async def release_app_media_files(
    conn: Conn, *, organization_id: UUID, project_id: UUID, files: Sequence[tuple[str, int]]
) -> None:
    """Put files of a project's app media back among the unclaimed uploads, to be pruned.

    They are pruned at once, or in a day while content of the project is generated. This transaction locked
    and ended their rows.
    """
    await queries.give_up_file.run(
        conn,
        org=organization_id,
        project_id=project_id,
        tokens=[token for token, _ in files],
        sizes_bytes=[size for _, size in files],
    )


def _app_media_to_schema(row: _AppMediaRow, public_url: str) -> AppMedia:
    return build_api_answer_from_row(
        AppMedia,
        row,
        asset_id=ids.format_prefixed_id(ids.ASSET_ID_PREFIX, row.id),
        url=f"{public_url}/media/{row.token}" if row.token else None,
        size_bytes=row.size_bytes or None,
        checksum_sha256=row.sha256.hex() if row.sha256 else None,
        role=row.declared_role or row.detected_role,
        role_source="declared" if row.declared_role else "detected" if row.detected_role else None,
        error=msgspec.convert(_public_media_error(row.error), AppMediaError) if row.error else None,
    )


def _public_media_error(error: dict[str, Any]) -> dict[str, Any]:
    return {name: error[name] for name in ("code", "message")}
