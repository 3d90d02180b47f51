"""Influencers: read, change, delete. Creation locks the project exclusively, so counts hold."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import UNSET

from db.pool import Conn
from db.queries import influencer
from domain.tenancy import audit, project_locks
from domain.tenancy.project_locks import IfMatchVersions
from domain.values import languages
from domain.values.answers import build_api_answer_from_row
from generation.copy import texts
from generation.persona import presenter_disclosure
from generation.spec import AgeRange, Gender
from schemas import ids
from schemas.errors import InvalidValue, VersionOutdated
from schemas.errors.absent import require_found
from schemas.influencers import Influencer, InfluencerDeleted, InfluencerOverrides, InfluencerPatch, InfluencerStatus

#: Columns that a patch may change, with their JSON names.
_PATCHABLE_INFLUENCER_COLUMNS = {"name": "name", "brand_voice": "brandVoice", "language": "language"}


class _InfluencerRow(NamedTuple):
    id: UUID
    project_id: UUID
    name: str
    gender: Gender
    age_range: AgeRange
    brand_voice: str
    language: str
    topics: list[str]
    status: InfluencerStatus
    error_message: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    token: str | None


class LockedInfluencer(NamedTuple):
    """Influencer row, locked by this transaction."""

    project_id: UUID
    id: UUID
    name: str
    gender: Gender
    age_range: AgeRange
    brand_voice: str
    language: str
    topics: list[str]
    seed: str
    status: InfluencerStatus
    job_id: UUID
    version: int


class InfluencerChangeAuthor(NamedTuple):
    """Organization and API key of a change."""

    organization_id: UUID
    api_key_id: UUID | None = None


GET_INFLUENCER = influencer.get_influencer.typed(_InfluencerRow)
LIST_INFLUENCERS = influencer.list_influencers.typed(_InfluencerRow)
LOCK_INFLUENCER = influencer.lock_influencer.typed(LockedInfluencer)


async def read_versioned_influencer(
    conn: Conn, *, organization_id: UUID, influencer_id: UUID, public_url: str
) -> tuple[Influencer, int]:
    """Return an influencer and its version; raises `ObjectNotFound`."""
    row = require_found(await GET_INFLUENCER.one(conn, org=organization_id, id=influencer_id), "influencer")
    return _influencer_to_schema(row, public_url), row.version


async def list_project_influencers(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    statuses: Sequence[InfluencerStatus] | None,
    before: UUID | None,
    limit: int,
    public_url: str,
) -> list[Influencer]:
    """Return at most `limit` influencers of a project older than `before`, newest first. Raises `ObjectNotFound`."""
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await LIST_INFLUENCERS.all(
        conn, org=organization_id, project_id=project_id, statuses=statuses, before=before, limit=limit
    )
    return [_influencer_to_schema(row, public_url) for row in rows]


async def apply_influencer_patch(
    conn: Conn,
    *,
    author: InfluencerChangeAuthor,
    influencer_id: UUID,
    body: InfluencerPatch,
    versions: IfMatchVersions,
    public_url: str,
) -> tuple[Influencer, int]:
    """Apply a patch to an influencer, also in an archived project; return the influencer and its version.

    A patch without a change makes no version. Raises `ObjectNotFound`, `InvalidValue`, `VersionOutdated`.
    """
    check_influencer_language(body, "language")
    changes = {name: getattr(body, name) for name in _PATCHABLE_INFLUENCER_COLUMNS if getattr(body, name) is not UNSET}
    if "name" in changes:
        changes["name"] = clean_influencer_name(changes["name"])
    org = author.organization_id
    locked = await _lock_influencer_at_expected_version(conn, org, influencer_id, versions)
    changed = [name for name, value in changes.items() if value != getattr(locked, name)]
    if changed:
        old = {name: getattr(locked, name) for name in _PATCHABLE_INFLUENCER_COLUMNS}
        await influencer.update_influencer.run(conn, org=org, id=influencer_id, **old | changes)
        fields = {"fields": [_PATCHABLE_INFLUENCER_COLUMNS[name] for name in changed]}
        await audit_influencer_action(conn, author, locked.project_id, influencer_id, action="updated", details=fields)
    return await read_versioned_influencer(
        conn, organization_id=org, influencer_id=influencer_id, public_url=public_url
    )


async def remove_influencer(
    conn: Conn, *, author: InfluencerChangeAuthor, influencer_id: UUID, versions: IfMatchVersions
) -> InfluencerDeleted:
    """Delete an influencer and return the API answer. After the commit its own job can't find it either.

    Raises `ObjectNotFound`, `VersionOutdated`.
    """
    org = author.organization_id
    locked = await _lock_influencer_at_expected_version(conn, org, influencer_id, versions)
    deleted_at = await influencer.delete_influencer.value(conn, org=org, id=influencer_id)
    await audit_influencer_action(
        conn, author, locked.project_id, influencer_id, action="deleted", details={"name": locked.name}
    )
    return InfluencerDeleted(
        influencer_id=ids.format_prefixed_id(ids.INFLUENCER_ID_PREFIX, influencer_id), deleted_at=deleted_at
    )


async def find_project_of_influencer(conn: Conn, *, organization_id: UUID, influencer_id: UUID) -> UUID:
    """Return the id of an influencer's project: callers lock the project first. Raises `ObjectNotFound`."""
    project_id: UUID = require_found(
        await influencer.find_project.value(conn, org=organization_id, id=influencer_id), "influencer"
    )
    return project_id


async def _lock_influencer_at_expected_version(
    conn: Conn, organization_id: UUID, influencer_id: UUID, versions: IfMatchVersions
) -> LockedInfluencer:
    """Lock the influencer after its project against a purge; return it. Raises `ObjectNotFound`, `VersionOutdated`."""
    project_id = await find_project_of_influencer(conn, organization_id=organization_id, influencer_id=influencer_id)
    await project_locks.lock_project_status(conn, organization_id=organization_id, project_id=project_id)
    locked = await lock_influencer(conn, organization_id, influencer_id)
    if versions is not None and locked.version not in versions:
        raise VersionOutdated("the influencer has changed since: read it again and repeat with its new ETag")
    return locked


async def lock_influencer(conn: Conn, organization_id: UUID, influencer_id: UUID) -> LockedInfluencer:
    return require_found(await LOCK_INFLUENCER.one(conn, org=organization_id, id=influencer_id), "influencer")


def check_influencer_language(body: InfluencerPatch | InfluencerOverrides, path: str) -> None:
    if body.language is not UNSET:
        languages.check_language_tag(body.language, path=path)


def clean_influencer_name(name: str) -> str:
    """Return an influencer's name with single spaces. Raises `InvalidValue` for a name without visible characters."""
    folded = " ".join(name.split())
    if not texts.strip_html_to_line(folded):
        raise InvalidValue("name", "has no visible character: write a name")
    return folded


async def audit_influencer_action(
    conn: Conn,
    author: InfluencerChangeAuthor,
    project_id: UUID,
    influencer_id: UUID,
    *,
    action: str,
    details: Mapping[str, Any],
) -> None:
    await audit.write_audit_entry(
        conn,
        **author._asdict(),
        project_id=project_id,
        action=f"influencer.{action}",
        subject=ids.format_prefixed_id(ids.INFLUENCER_ID_PREFIX, influencer_id),
        details=details,
    )


def _influencer_to_schema(row: _InfluencerRow, public_url: str) -> Influencer:
    return build_api_answer_from_row(
        Influencer,
        row,
        influencer_id=ids.format_prefixed_id(ids.INFLUENCER_ID_PREFIX, row.id),
        discloses=presenter_disclosure(row.language),
        image_url=f"{public_url}/media/{row.token}" if row.token else None,
    )
