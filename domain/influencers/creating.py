"""Creation of influencers: from a brand, as a clone, and by a retry.

Creation locks the project exclusively, so that counts hold.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET

from db.pool import Conn
from db.queries import influencer
from db.queries.rows import ProjectRowLockedForChange
from domain.brand import brand
from domain.influencers import drawing_job, influencers
from domain.influencers.drawing_job import InfluencerDraft
from domain.influencers.influencers import InfluencerChangeAuthor, LockedInfluencer
from domain.tenancy import project_locks
from generation.persona import PersonaWish
from jobs.ledger import SubmittedJob
from schemas import ids
from schemas.errors import StateConflict
from schemas.influencers import InfluencerClone, InfluencerCreate, InfluencerOverrides

#: Influencers of one project.
MAX_INFLUENCERS_PER_PROJECT = 50


class SubmittedInfluencerDrawing(NamedTuple):
    """Requested influencer, and the job that draws it."""

    project_id: UUID
    influencer_id: UUID
    job: SubmittedJob


async def create_brand_influencer(
    conn: Conn, *, author: InfluencerChangeAuthor, project_id: UUID, body: InfluencerCreate
) -> SubmittedInfluencerDrawing:
    """Create an influencer that fits the brand and request, and submit its drawing job; return the ids and the job.

    Raises `InvalidValue`, `ObjectNotFound`, `LimitReached`, `StateConflict` PROJECT_ARCHIVED or TOO_MANY_INFLUENCERS.
    """
    name = None if body.name is None else influencers.clean_influencer_name(body.name)
    project, names = await _lock_project_for_new_influencer(conn, author, project_id)
    rows = await brand.read_brand_source_rows(conn, organization_id=author.organization_id, project_id=project_id)
    brand_now = drawing_job.current_brand_snapshot(rows, project_id, project.primary_language)
    wish = PersonaWish(body.gender, body.age_range, body.prompt, name)
    draft = drawing_job.draft_influencer(brand_now, wish, taken=names)
    return await _insert_influencer_submit_drawing_and_audit(conn, author, project_id, draft, brand_now.colors)


async def clone_influencer_in_same_project(
    conn: Conn, *, author: InfluencerChangeAuthor, influencer_id: UUID, body: InfluencerClone
) -> SubmittedInfluencerDrawing:
    """Copy an influencer in its project under another name, and submit the job that draws the copy.

    The face stays the same unless gender or age differ. Raises as `create_brand_influencer`.
    """
    name = influencers.clean_influencer_name(body.name)
    influencers.check_influencer_language(body.overrides, "overrides.language")
    project_id = await influencers.find_project_of_influencer(
        conn, organization_id=author.organization_id, influencer_id=influencer_id
    )
    project, _ = await _lock_project_for_new_influencer(conn, author, project_id)
    original = await influencers.lock_influencer(conn, author.organization_id, influencer_id)
    rows = await brand.read_brand_source_rows(conn, organization_id=author.organization_id, project_id=project_id)
    colors = drawing_job.current_brand_snapshot(rows, project_id, project.primary_language).colors
    draft = _draft_influencer_variant(original, body.overrides, name)
    return await _insert_influencer_submit_drawing_and_audit(conn, author, project_id, draft, colors, of=influencer_id)


async def retry_influencer_drawing(
    conn: Conn, *, organization_id: UUID, project_id: UUID, influencer_id: UUID, retry_of: UUID
) -> SubmittedJob:
    """Submit another drawing job for an influencer that isn't ready; `fresh` is False while an earlier retry runs.

    Raises `ObjectNotFound`, `LimitReached`, `StateConflict` PROJECT_ARCHIVED, or JOB_NOT_RETRYABLE if it is ready.
    """
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    locked = await influencers.lock_influencer(conn, organization_id, influencer_id)
    if locked.status == "ready":
        raise StateConflict("JOB_NOT_RETRYABLE", "the influencer is ready: there is nothing to retry")
    rows = await brand.read_brand_source_rows(conn, organization_id=organization_id, project_id=project_id)
    return await drawing_job.resubmit_influencer_drawing_job(
        conn,
        organization_id=organization_id,
        project_id=project_id,
        influencer_id=influencer_id,
        colors=drawing_job.current_brand_snapshot(rows, project_id, locked.language).colors,
        retry_of=retry_of,
    )


async def _lock_project_for_new_influencer(
    conn: Conn, author: InfluencerChangeAuthor, project_id: UUID
) -> tuple[ProjectRowLockedForChange, list[str]]:
    """Lock an active project exclusively; return it with the names of its influencers.

    Raises `ObjectNotFound`, `StateConflict` PROJECT_ARCHIVED or TOO_MANY_INFLUENCERS.
    """
    org = author.organization_id
    project = await project_locks.lock_project_version(conn, organization_id=org, project_id=project_id, versions=None)
    project_locks.check_project_active(project.status)
    names = await influencer.list_names.all(conn, org=org, project_id=project_id)
    if len(names) >= MAX_INFLUENCERS_PER_PROJECT:
        raise StateConflict(
            "TOO_MANY_INFLUENCERS",
            f"the project has {MAX_INFLUENCERS_PER_PROJECT} influencers: delete an unused one",
            limit=MAX_INFLUENCERS_PER_PROJECT,
        )
    return project, [name for (name,) in names]


async def _insert_influencer_submit_drawing_and_audit(
    conn: Conn,
    author: InfluencerChangeAuthor,
    project_id: UUID,
    draft: InfluencerDraft,
    colors: Sequence[str],
    *,
    of: UUID | None = None,
) -> SubmittedInfluencerDrawing:
    submitted = await drawing_job.insert_influencer_and_submit_drawing(
        conn, organization_id=author.organization_id, project_id=project_id, draft=draft, colors=colors
    )
    details = {"name": draft.name} | (
        {"clonedFrom": ids.format_prefixed_id(ids.INFLUENCER_ID_PREFIX, of)} if of else {}
    )
    await influencers.audit_influencer_action(conn, author, project_id, draft.id, action="created", details=details)
    return SubmittedInfluencerDrawing(project_id, draft.id, submitted)


def _draft_influencer_variant(original: LockedInfluencer, overrides: InfluencerOverrides, name: str) -> InfluencerDraft:
    """Return the draft of an influencer's clone: a new id and name, and the original's fields or `overrides`.

    It has the original's seed, which determines the face.
    """
    own = {field: getattr(original, field) for field in InfluencerDraft._fields if field != "id"}
    values = {field: getattr(overrides, field) for field in InfluencerOverrides.__struct_fields__}
    changed = {field: value for field, value in values.items() if value is not UNSET}
    return InfluencerDraft(**own | changed | {"id": ids.new_uuid7(), "name": name})
