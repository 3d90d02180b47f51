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
from generation.copy.snapshot import snapshot
from generation.persona import PersonaWish, persona
from generation.spec import AgeRange, BrandSnapshot, Gender, Presenter
from jobs import ledger
from jobs.kinds import INFLUENCER_CREATE
from jobs.ledger import ChangedJob, Claim, SubmittedJob
from schemas import ids
from schemas.brand import BrandRow
from schemas.errors import Limited
from schemas.errors.absent import absent, present

CANCELED = "its job was canceled: retry that, or create another influencer"


class Draft(NamedTuple):
    """Influencer before its portrait exists."""

    id: UUID
    name: str
    gender: Gender
    age_range: AgeRange
    brand_voice: str
    language: str
    topics: list[str]
    seed: str


class PortraitInput(NamedTuple):
    """Presenter to draw, with the brand's colors at the time of the request."""

    presenter: Presenter
    colors: list[str]


class _Face(NamedTuple):
    name: str
    gender: Gender
    age_range: AgeRange
    seed: str


class _MadeAlreadyError(Exception):
    """Error if another ingest, which ends at the same time, has created the project's first influencer."""


TRAIN_INFLUENCER = influencer.train_influencer.typed(_Face)


def brand_snapshot_of(rows: Sequence[BrandRow], project_id: UUID, language: str) -> BrandSnapshot:
    """Return the current brand; `language` is the project's, for a brand without one."""
    known = snapshot(brand.describe(rows, project_id=project_id))
    return msgspec.structs.replace(known, language=known.language or language)


def draft(known: BrandSnapshot, wish: PersonaWish, *, taken: Collection[str] = ()) -> Draft:
    """Draft a new influencer; its id is its seed."""
    new_id = ids.new()
    new_persona = persona(known, wish, str(new_id), taken=taken)
    return Draft(
        new_id,
        new_persona.name,
        new_persona.gender,
        new_persona.age_range,
        new_persona.voice,
        new_persona.language,
        new_persona.topics,
        str(new_id),
    )


async def start(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    draft: Draft,
    colors: Sequence[str],
    is_first: bool = False,
) -> SubmittedJob:
    """Insert the row and submit its job; the caller keeps the project active. Raises `Limited`."""
    submitted = await _submit(conn, organization_id, project_id, draft.id, colors)
    inserted_id = await influencer.insert_influencer.value(
        conn,
        **draft._asdict(),
        org=organization_id,
        project_id=project_id,
        is_first=is_first,
        job_id=submitted.job_id,
    )
    if inserted_id is None:
        raise _MadeAlreadyError
    return submitted


async def create_first(conn: Conn, *, claim: Claim) -> None:
    """Create the project's first influencer from a freshly ingested brand, unless it ever had one.

    Runs in the transaction of the ingest's end, which keeps the project active and must not fail by this. The
    dispatcher finds the job, so no wake is sent.
    """
    org, project_id = claim.organization_id, claim.project_id
    language = await influencer.find_newcomer.value(conn, org=org, project_id=project_id)
    if project_id is None or language is None:
        return
    scope = {"organization_id": org, "project_id": project_id}
    brand_now = brand_snapshot_of(await brand.read(conn, **scope), project_id, language)
    try:
        async with conn.transaction():
            await start(
                conn, **scope, draft=draft(brand_now, PersonaWish()), colors=brand_now.colors, is_first=True
            )
    except (Limited, _MadeAlreadyError):
        return


async def restart(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    influencer_id: UUID,
    colors: Sequence[str],
    retry_of: UUID,
) -> SubmittedJob:
    """Submit another job for a locked influencer. Raises `Limited`."""
    submitted = await _submit(conn, organization_id, project_id, influencer_id, colors, retry_of=retry_of)
    if submitted.fresh:
        await influencer.restart_influencer.run(
            conn, org=organization_id, id=influencer_id, job_id=submitted.job_id
        )
    return submitted


async def _submit(
    conn: Conn,
    organization_id: UUID,
    project_id: UUID,
    influencer_id: UUID,
    colors: Sequence[str],
    *,
    retry_of: UUID | None = None,
) -> SubmittedJob:
    return await ledger.submit(
        conn,
        kind=INFLUENCER_CREATE,
        organization_id=organization_id,
        project_id=project_id,
        args={"influencer_id": str(influencer_id), "colors": list(colors)},
        unique_key=f"influencer_create:{influencer_id}",
        retry_of=retry_of,
    )


async def begin(conn: Conn, *, claim: Claim) -> PortraitInput:
    """Return the presenter to draw, and mark it as `training`. Raises `NotFound` if it was deleted."""
    face = present(
        await TRAIN_INFLUENCER.one(conn, org=claim.organization_id, id=influencer_of(claim)), "influencer"
    )
    return PortraitInput(Presenter(**face._asdict()), claim.args["colors"])


async def finish(conn: Conn, *, claim: Claim, portrait: StoredFile) -> dict[str, Any]:
    """Mark the influencer as ready in the transaction that ends its job; return the job's result.

    Raises `NotFound` if it was deleted.
    """
    org, influencer_id = claim.organization_id, influencer_of(claim)
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
        raise absent("influencer")
    return {"influencerId": ids.show(ids.INFLUENCER, influencer_id)}


async def end_undrawn_influencers(conn: Conn, *, rows: Sequence[ChangedJob]) -> None:
    """End the influencers of these jobs, which this transaction has just ended.

    The influencer of a completed job was made ready by the job's last step.
    """
    unmade = [row for row in rows if row.state != "completed"]
    await influencer.end_influencers.run(
        conn,
        orgs=[row.organization_id for row in unmade],
        job_ids=[row.id for row in unmade],
        canceled=CANCELED,
    )


def influencer_of(claim: Claim) -> UUID:
    """Return the influencer that a job draws."""
    return UUID(claim.args["influencer_id"])
