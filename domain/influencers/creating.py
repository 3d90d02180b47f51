"""Creation of influencers: from a brand, as a clone, and by a retry.

Creation locks the project exclusively, so that counts hold.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET

from db.pool import Conn
from db.queries import influencer
from db.queries.rows import LockedProject
from domain.brand import brand
from domain.influencers import drawing_job, influencers
from domain.influencers.drawing_job import Draft
from domain.influencers.influencers import InfluencerAuthor, LockedInfluencer
from domain.tenancy import project_locks
from generation.persona import PersonaWish
from jobs.ledger import SubmittedJob
from schemas import ids
from schemas.errors import Conflict
from schemas.influencers import InfluencerClone, InfluencerCreate, InfluencerOverrides

#: Influencers of one project.
MAX_INFLUENCERS = 50


class RequestedInfluencer(NamedTuple):
    """Requested influencer, and the job that draws it."""

    project_id: UUID
    influencer_id: UUID
    job: SubmittedJob


async def create(
    conn: Conn, *, author: InfluencerAuthor, project_id: UUID, body: InfluencerCreate
) -> RequestedInfluencer:
    """Create an influencer.

    Raises `Invalid`, `NotFound`, `Limited`, `Conflict` PROJECT_ARCHIVED or TOO_MANY_INFLUENCERS.
    """
    name = None if body.name is None else influencers.normalize_influencer_name(body.name)
    project, names = await _lock(conn, author, project_id)
    rows = await brand.read(conn, organization_id=author.organization_id, project_id=project_id)
    brand_now = drawing_job.brand_snapshot_of(rows, project_id, project.primary_language)
    wish = PersonaWish(body.gender, body.age_range, body.prompt, name)
    draft = drawing_job.draft(brand_now, wish, taken=names)
    return await _make(conn, author, project_id, draft, brand_now.colors)


async def clone(
    conn: Conn, *, author: InfluencerAuthor, influencer_id: UUID, body: InfluencerClone
) -> RequestedInfluencer:
    """Clone an influencer; the face stays the same unless gender or age differ. Raises as `create`."""
    name = influencers.normalize_influencer_name(body.name)
    influencers.check_language(body.overrides, "overrides.language")
    project_id = await influencers.project_of(
        conn, organization_id=author.organization_id, influencer_id=influencer_id
    )
    project, _ = await _lock(conn, author, project_id)
    original = await influencers.lock(conn, author.organization_id, influencer_id)
    rows = await brand.read(conn, organization_id=author.organization_id, project_id=project_id)
    colors = drawing_job.brand_snapshot_of(rows, project_id, project.primary_language).colors
    draft = _cloned(original, body.overrides, name)
    return await _make(conn, author, project_id, draft, colors, of=influencer_id)


async def retry(
    conn: Conn, *, organization_id: UUID, project_id: UUID, influencer_id: UUID, retry_of: UUID
) -> SubmittedJob:
    """Submit another job for a failed influencer; `fresh` is False while an earlier retry runs.

    Raises `NotFound`, `Limited`, `Conflict` PROJECT_ARCHIVED or JOB_NOT_RETRYABLE.
    """
    await project_locks.lock_active(conn, organization_id=organization_id, project_id=project_id)
    locked = await influencers.lock(conn, organization_id, influencer_id)
    if locked.status == "ready":
        raise Conflict("JOB_NOT_RETRYABLE", "the influencer is ready: there is nothing to retry")
    rows = await brand.read(conn, organization_id=organization_id, project_id=project_id)
    return await drawing_job.restart(
        conn,
        organization_id=organization_id,
        project_id=project_id,
        influencer_id=influencer_id,
        colors=drawing_job.brand_snapshot_of(rows, project_id, locked.language).colors,
        retry_of=retry_of,
    )


async def _lock(conn: Conn, author: InfluencerAuthor, project_id: UUID) -> tuple[LockedProject, list[str]]:
    """Lock the active project, and return it with its influencers' names. Raises TOO_MANY_INFLUENCERS."""
    org = author.organization_id
    project = await project_locks.lock(conn, organization_id=org, project_id=project_id, versions=None)
    project_locks.check_active(project.status)
    names = await influencer.list_names.all(conn, org=org, project_id=project_id)
    if len(names) >= MAX_INFLUENCERS:
        raise Conflict(
            "TOO_MANY_INFLUENCERS",
            f"the project has {MAX_INFLUENCERS} influencers: delete an unused one",
            limit=MAX_INFLUENCERS,
        )
    return project, [name for (name,) in names]


async def _make(
    conn: Conn,
    author: InfluencerAuthor,
    project_id: UUID,
    draft: Draft,
    colors: Sequence[str],
    *,
    of: UUID | None = None,
) -> RequestedInfluencer:
    submitted = await drawing_job.start(
        conn, organization_id=author.organization_id, project_id=project_id, draft=draft, colors=colors
    )
    details = {"name": draft.name} | ({"clonedFrom": ids.show(ids.INFLUENCER, of)} if of else {})
    await influencers.record(conn, author, project_id, draft.id, action="created", details=details)
    return RequestedInfluencer(project_id, draft.id, submitted)


def _cloned(original: LockedInfluencer, overrides: InfluencerOverrides, name: str) -> Draft:
    """Return the clone's draft: it has the original's seed, which determines the face."""
    own = {field: getattr(original, field) for field in Draft._fields if field != "id"}
    values = {field: getattr(overrides, field) for field in InfluencerOverrides.__struct_fields__}
    changed = {field: value for field, value in values.items() if value is not UNSET}
    return Draft(**own | changed | {"id": ids.new(), "name": name})
