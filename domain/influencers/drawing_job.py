"""Influencer jobs: the draft of a person, the job that draws it, and its end."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import influencer
from domain.brand import brand
from domain.media import uploads
from domain.media.files import StoredFile
from generation.copy.snapshot import take_brand_snapshot
from generation.persona import PersonaWish, build_persona
from generation.spec import AgeRange, BrandSnapshot, Gender, Presenter
from jobs import ledger
from jobs.kinds import INFLUENCER_CREATE_KIND
from jobs.ledger import ChangedJob, JobClaim, SubmittedJob
from schemas import ids
from schemas.brand import BrandSourceRow
from schemas.errors import LimitReached
from schemas.errors.absent import not_found_error, require_found

CANCELED_INFLUENCER_DRAWING_MESSAGE = "its job was canceled: retry that, or create another influencer"


class InfluencerDraft(NamedTuple):
    """Influencer before its portrait exists."""

    id: UUID
    name: str
    gender: Gender
    age_range: AgeRange
    brand_voice: str
    language: str
    topics: list[str]
    seed: str


class InfluencerPortraitInput(NamedTuple):
    """Presenter to draw, with the brand's colors at the time of the request."""

    presenter: Presenter
    colors: list[str]


class _InfluencerToDrawRow(NamedTuple):
    name: str
    gender: Gender
    age_range: AgeRange
    seed: str


class _FirstInfluencerExistsError(Exception):
    """Error if another ingest, which ends at the same time, has created the project's first influencer."""


MARK_INFLUENCER_TRAINING = influencer.train_influencer.typed(_InfluencerToDrawRow)


def current_brand_snapshot(rows: Sequence[BrandSourceRow], project_id: UUID, language: str) -> BrandSnapshot:
    """Return a snapshot of the current brand. A brand without a language gets `language`, the project's."""
    known = take_brand_snapshot(brand.brand_to_schema(rows, project_id=project_id))
    return msgspec.structs.replace(known, language=known.language or language)


def draft_influencer(known: BrandSnapshot, wish: PersonaWish, *, taken: Collection[str] = ()) -> InfluencerDraft:
    """Return the draft of a new influencer; store nothing. Its id seeds its face; its name avoids `taken` if it can."""
    new_id = ids.new_uuid7()
    new_persona = build_persona(known, wish, str(new_id), taken=taken)
    return InfluencerDraft(
        new_id,
        new_persona.name,
        new_persona.gender,
        new_persona.age_range,
        new_persona.voice,
        new_persona.language,
        new_persona.topics,
        str(new_id),
    )


async def insert_influencer_and_submit_drawing(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    draft: InfluencerDraft,
    colors: Sequence[str],
    is_first: bool = False,
) -> SubmittedJob:
    """Insert an influencer and submit its drawing job; return the job. The caller keeps the project active.

    Raises `LimitReached`; with `is_first` `_FirstInfluencerExistsError` if the project got its first one meanwhile.
    """
    submitted = await _submit_drawing_job(conn, organization_id, project_id, draft.id, colors)
    inserted_id = await influencer.insert_influencer.value(
        conn, **draft._asdict(), org=organization_id, project_id=project_id, is_first=is_first, job_id=submitted.job_id
    )
    if inserted_id is None:
        raise _FirstInfluencerExistsError
    return submitted


async def ensure_first_influencer(conn: Conn, *, claim: JobClaim) -> None:
    """Create a project's first influencer at the end of an ingest, from its brand; do nothing if it ever had one.

    Runs in the transaction of the ingest's end, which keeps the project active and must not fail by this. So it
    creates none if the ledger refuses the job. The dispatcher finds the job, so no wake is sent.
    """
    org, project_id = claim.organization_id, claim.project_id
    language = await influencer.find_newcomer.value(conn, org=org, project_id=project_id)
    if project_id is None or language is None:
        return
    scope = {"organization_id": org, "project_id": project_id}
    brand_now = current_brand_snapshot(await brand.read_brand_source_rows(conn, **scope), project_id, language)
    try:
        async with conn.transaction():
            await insert_influencer_and_submit_drawing(
                conn, **scope, draft=draft_influencer(brand_now, PersonaWish()), colors=brand_now.colors, is_first=True
            )
    except (LimitReached, _FirstInfluencerExistsError):
        return


async def resubmit_influencer_drawing_job(
    conn: Conn, *, organization_id: UUID, project_id: UUID, influencer_id: UUID, colors: Sequence[str], retry_of: UUID
) -> SubmittedJob:
    """Submit another drawing job for a locked influencer; `fresh` is False while one runs. Raises `LimitReached`."""
    submitted = await _submit_drawing_job(conn, organization_id, project_id, influencer_id, colors, retry_of=retry_of)
    if submitted.fresh:
        await influencer.restart_influencer.run(conn, org=organization_id, id=influencer_id, job_id=submitted.job_id)
    return submitted


async def _submit_drawing_job(
    conn: Conn,
    organization_id: UUID,
    project_id: UUID,
    influencer_id: UUID,
    colors: Sequence[str],
    *,
    retry_of: UUID | None = None,
) -> SubmittedJob:
    return await ledger.submit_job(
        conn,
        kind=INFLUENCER_CREATE_KIND,
        organization_id=organization_id,
        project_id=project_id,
        args={"influencer_id": str(influencer_id), "colors": list(colors)},
        unique_key=f"influencer_create:{influencer_id}",
        retry_of=retry_of,
    )


async def read_portrait_input_and_mark_training(conn: Conn, *, claim: JobClaim) -> InfluencerPortraitInput:
    """Return the presenter and colors to draw, and mark it as `training`. Raises `ObjectNotFound` if it was deleted."""
    face = require_found(
        await MARK_INFLUENCER_TRAINING.one(conn, org=claim.organization_id, id=influencer_id_of_job(claim)),
        "influencer",
    )
    return InfluencerPortraitInput(Presenter(**face._asdict()), claim.args["colors"])


async def finish_influencer_drawing(conn: Conn, *, claim: JobClaim, portrait: StoredFile) -> dict[str, Any]:
    """Attach the portrait and mark the influencer as ready, in the transaction that ends its job.

    Returns the job's result. Raises `ObjectNotFound` if it was deleted.
    """
    org, influencer_id = claim.organization_id, influencer_id_of_job(claim)
    await uploads.claim_uploads(conn, organization_id=org, tokens=[portrait.token])
    updated = await influencer.ready_influencer.run(
        conn,
        org=org,
        id=influencer_id,
        mime_type=portrait.mime_type,
        width=portrait.width,
        height=portrait.height,
        size_bytes=portrait.size_bytes,
        sha256=portrait.sha256,
        token=portrait.token,
    )
    if not updated:
        raise not_found_error("influencer")
    return {"influencerId": ids.format_prefixed_id(ids.INFLUENCER_ID_PREFIX, influencer_id)}


async def fail_influencers_of_ended_jobs(conn: Conn, *, rows: Sequence[ChangedJob]) -> None:
    """Mark the influencers of these failed or canceled jobs as failed; this transaction has just ended the jobs.

    The influencer of a completed job was made ready by the job's last step.
    """
    unmade = [row for row in rows if row.state != "completed"]
    await influencer.end_influencers.run(
        conn,
        orgs=[row.organization_id for row in unmade],
        job_ids=[row.id for row in unmade],
        canceled=CANCELED_INFLUENCER_DRAWING_MESSAGE,
    )


def influencer_id_of_job(claim: JobClaim) -> UUID:
    """Return the id of the influencer that a job draws."""
    return UUID(claim.args["influencer_id"])
