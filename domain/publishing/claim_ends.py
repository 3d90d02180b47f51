"""Ends of approved claims: content with an expired or deleted claim isn't posted any more."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import approved_claim
from schemas import ids
from schemas.errors import StateConflict


class EndedClaim(NamedTuple):
    """Approved claim that ends too early for a post; it was deleted if `valid_until` is None."""

    id: UUID
    valid_until: datetime | None


FIND_ENDED_CLAIM = approved_claim.find_ended.typed(EndedClaim)
FIND_ENDED_CLAIM_OF_POST = approved_claim.find_ended_of_post.typed(EndedClaim)


async def check_claims_last(conn: Conn, *, organization_id: UUID, content_id: UUID, at: datetime) -> None:
    """Raise `StateConflict` CLAIM_EXPIRED if a content may not be posted at a time, or not any more.

    The caller locked the active project, so no claim is deleted meanwhile.
    """
    ended = await FIND_ENDED_CLAIM.one(conn, org=organization_id, content_id=content_id, at=at)
    if ended is not None:
        raise claim_expired_error(ended)


async def find_ended_claim_of_post(conn: Conn, *, organization_id: UUID, post_id: UUID) -> EndedClaim | None:
    """Return a claim of a post's content that was deleted or has ended; None if there is none."""
    return await FIND_ENDED_CLAIM_OF_POST.one(conn, org=organization_id, post_id=post_id)


def claim_expired_error(ended: EndedClaim) -> StateConflict:
    """Return the error for a post that goes out after the end of its content's claim, or without the claim."""
    end = {} if ended.valid_until is None else {"validUntil": ended.valid_until}
    return StateConflict("CLAIM_EXPIRED", describe_ended_claim(ended), claimId=_shown_claim_id(ended), **end)


def describe_ended_claim(ended: EndedClaim) -> str:
    """Return the message about a content with a claim that ends before its post."""
    fact = "was deleted" if ended.valid_until is None else "ends before the post"
    return f"the content says the approved claim {_shown_claim_id(ended)}, which {fact}: regenerate the content"


def _shown_claim_id(ended: EndedClaim) -> str:
    return ids.format_prefixed_id(ids.CLAIM_ID_PREFIX, ended.id)
