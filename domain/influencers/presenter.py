"""Speakers: an influencer's presenter, voice and language for the content that it presents."""

from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import influencer
from generation.spec import AgeRange, Gender, Presenter
from schemas.errors import StateConflict
from schemas.influencers import InfluencerStatus


class InfluencerPresenterWithVoice(NamedTuple):
    """Presenter of a piece, its voice and language, at the time of the request."""

    presenter: Presenter
    voice: str
    language: str


class _InfluencerPresenterRow(NamedTuple):
    name: str
    gender: Gender
    age_range: AgeRange
    seed: str
    brand_voice: str
    language: str
    status: InfluencerStatus


GET_INFLUENCER_PRESENTER = influencer.get_speaker.typed(_InfluencerPresenterRow)


async def find_ready_influencer_presenter(
    conn: Conn, *, organization_id: UUID, project_id: UUID, influencer_id: UUID, deleted: bool
) -> InfluencerPresenterWithVoice | None:
    """Return an influencer's presenter, voice and language; None if the project has no such influencer.

    A deleted one counts only with `deleted`. Raises `StateConflict` INFLUENCER_NOT_READY until its portrait is drawn.
    """
    scope = {"org": organization_id, "project_id": project_id, "id": influencer_id}
    row = await GET_INFLUENCER_PRESENTER.one(conn, **scope, deleted=deleted)
    if row is None:
        return None
    if row.status != "ready":
        raise StateConflict(
            "INFLUENCER_NOT_READY",
            f"the influencer is {row.status}: wait for the end of its job, or retry that",
            status=row.status,
        )
    presenter = Presenter(name=row.name, gender=row.gender, age_range=row.age_range, seed=row.seed)
    return InfluencerPresenterWithVoice(presenter, row.brand_voice, row.language)
