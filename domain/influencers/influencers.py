"""Influencers: read, change, delete. Creation locks the project exclusively, so counts hold."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import UNSET

from db.pool import Conn
from db.queries import influencer
from domain.tenancy import audit, project_locks
from domain.tenancy.project_locks import Versions
from domain.values import languages
from domain.values.answers import from_row
from generation.copy import texts
from generation.persona import disclosure
from generation.spec import AgeRange, Gender
from schemas import ids
from schemas.errors import Invalid, VersionOutdated
from schemas.errors.absent import present
from schemas.influencers import (
    Influencer,
    InfluencerDeleted,
    InfluencerOverrides,
    InfluencerPatch,
    InfluencerStatus,
)

#: Columns that a patch may change, with their JSON names.
_CHANGED = {"name": "name", "brand_voice": "brandVoice", "language": "language"}


class _Row(NamedTuple):
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


class InfluencerAuthor(NamedTuple):
    """Organization and API key of a change."""

    organization_id: UUID
    api_key_id: UUID | None = None


GET_INFLUENCER = influencer.get_influencer.typed(_Row)
LIST_INFLUENCERS = influencer.list_influencers.typed(_Row)
LOCK_INFLUENCER = influencer.lock_influencer.typed(LockedInfluencer)


async def get(
    conn: Conn, *, organization_id: UUID, influencer_id: UUID, public_url: str
) -> tuple[Influencer, int]:
    """Return an influencer and its version; raises `NotFound`."""
    row = present(await GET_INFLUENCER.one(conn, org=organization_id, id=influencer_id), "influencer")
    return _to_schema(row, public_url), row.version


async def list_page(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    statuses: Sequence[InfluencerStatus] | None,
    before: UUID | None,
    limit: int,
    public_url: str,
) -> list[Influencer]:
    """Return at most `limit` influencers of a project older than `before`, newest first.

    Raises `NotFound`.
    """
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await LIST_INFLUENCERS.all(
        conn, org=organization_id, project_id=project_id, statuses=statuses, before=before, limit=limit
    )
    return [_to_schema(row, public_url) for row in rows]


async def patch(
    conn: Conn,
    *,
    author: InfluencerAuthor,
    influencer_id: UUID,
    body: InfluencerPatch,
    versions: Versions,
    public_url: str,
) -> tuple[Influencer, int]:
    """Apply a patch, also in an archived project. A patch without a change makes no version.

    Raises `NotFound`, `Invalid`, `VersionOutdated`.
    """
    check_language(body, "language")
    changes = {name: getattr(body, name) for name in _CHANGED if getattr(body, name) is not UNSET}
    if "name" in changes:
        changes["name"] = normalize_influencer_name(changes["name"])
    org = author.organization_id
    locked = await _lock_for_change(conn, org, influencer_id, versions)
    changed = [name for name, value in changes.items() if value != getattr(locked, name)]
    if changed:
        old = {name: getattr(locked, name) for name in _CHANGED}
        await influencer.update_influencer.run(conn, org=org, id=influencer_id, **old | changes)
        fields = {"fields": [_CHANGED[name] for name in changed]}
        await record(conn, author, locked.project_id, influencer_id, action="updated", details=fields)
    return await get(conn, organization_id=org, influencer_id=influencer_id, public_url=public_url)


async def delete(
    conn: Conn, *, author: InfluencerAuthor, influencer_id: UUID, versions: Versions
) -> InfluencerDeleted:
    """Delete an influencer.

    After the commit its own job can't find it either. Raises `NotFound`, `VersionOutdated`.
    """
    org = author.organization_id
    locked = await _lock_for_change(conn, org, influencer_id, versions)
    deleted_at = await influencer.delete_influencer.value(conn, org=org, id=influencer_id)
    await record(
        conn, author, locked.project_id, influencer_id, action="deleted", details={"name": locked.name}
    )
    return InfluencerDeleted(influencer_id=ids.show(ids.INFLUENCER, influencer_id), deleted_at=deleted_at)


async def project_of(conn: Conn, *, organization_id: UUID, influencer_id: UUID) -> UUID:
    """Return the project, which is locked before the influencer. Raises `NotFound`."""
    project_id: UUID = present(
        await influencer.find_project.value(conn, org=organization_id, id=influencer_id), "influencer"
    )
    return project_id


async def _lock_for_change(
    conn: Conn, organization_id: UUID, influencer_id: UUID, versions: Versions
) -> LockedInfluencer:
    """Lock the influencer after its project, so that a purge runs before or after the change."""
    project_id = await project_of(conn, organization_id=organization_id, influencer_id=influencer_id)
    await project_locks.keep_project_state(conn, organization_id=organization_id, project_id=project_id)
    locked = await lock(conn, organization_id, influencer_id)
    if versions is not None and locked.version not in versions:
        raise VersionOutdated("the influencer has changed since: read it again and repeat with its new ETag")
    return locked


async def lock(conn: Conn, organization_id: UUID, influencer_id: UUID) -> LockedInfluencer:
    return present(await LOCK_INFLUENCER.one(conn, org=organization_id, id=influencer_id), "influencer")


def check_language(body: InfluencerPatch | InfluencerOverrides, path: str) -> None:
    if body.language is not UNSET:
        languages.check(body.language, path=path)


def normalize_influencer_name(name: str) -> str:
    """Collapse the spaces of a name. Raises `Invalid` for a name without visible characters."""
    folded = " ".join(name.split())
    if not texts.clean(folded):
        raise Invalid("name", "has no visible character: write a name")
    return folded


async def record(
    conn: Conn,
    author: InfluencerAuthor,
    project_id: UUID,
    influencer_id: UUID,
    *,
    action: str,
    details: Mapping[str, Any],
) -> None:
    await audit.record(
        conn,
        **author._asdict(),
        project_id=project_id,
        action=f"influencer.{action}",
        subject=ids.show(ids.INFLUENCER, influencer_id),
        details=details,
    )


def _to_schema(row: _Row, public_url: str) -> Influencer:
    return from_row(
        Influencer,
        row,
        influencer_id=ids.show(ids.INFLUENCER, row.id),
        discloses=disclosure(row.language),
        image_url=f"{public_url}/media/{row.token}" if row.token else None,
    )
