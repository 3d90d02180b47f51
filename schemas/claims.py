"""Approved claims: sentences that content may say word for word."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RequestStruct, ResponseStruct, UtcInstant

ClaimStatus = Literal["valid", "expired"]

#: Maximum characters of a claim: the maximum of a line in content.
MAX_CLAIM_TEXT_CHARACTERS = 110
MAX_CLAIM_SOURCE_CHARACTERS = 500
MAX_CLAIM_APPROVER_CHARACTERS = 128
#: Maximum characters of a claim's end; an ISO 8601 time has fewer.
MAX_CLAIM_END_CHARACTERS = 40


class ClaimCreate(RequestStruct, frozen=True, kw_only=True):
    """A claim to approve, such as a price, a rating or an award."""

    text: Annotated[
        NulFreeText,
        Meta(
            min_length=1,
            max_length=MAX_CLAIM_TEXT_CHARACTERS,
            description="The claim in one line, as content says it: word for word.",
            examples=["Lunch menu from 9.90 euros"],
        ),
    ]
    source: Annotated[
        NulFreeText,
        Meta(
            min_length=1,
            max_length=MAX_CLAIM_SOURCE_CHARACTERS,
            description="The proof: an address, or a note for readers.",
            examples=["https://shop.example/menu"],
        ),
    ]
    valid_until: Annotated[
        NulFreeText,
        Meta(
            max_length=MAX_CLAIM_END_CHARACTERS,
            description="The end: a time in UTC, with `Z`, or a date: the end of this day in the project's"
            " time zone. At most five years ahead.",
            examples=["2026-12-31"],
        ),
    ]
    approved_by: Annotated[
        NulFreeText,
        Meta(
            min_length=1,
            max_length=MAX_CLAIM_APPROVER_CHARACTERS,
            description="The person who approved it, for readers.",
            examples=["Dana Reyes"],
        ),
    ]


class Claim(ResponseStruct, frozen=True, kw_only=True):
    """An approved claim of a project."""

    claim_id: ids.ClaimId
    project_id: ids.ProjectId
    text: str
    """The claim, as content says it: word for word."""
    source: str
    """The proof: an address, or a note."""
    approved_by: str
    """The person who approved it."""
    valid_until: UtcInstant
    """The end, in UTC: no post with it goes out from then on."""
    status: ClaimStatus
    """An `expired` claim is in no new content."""
    created_at: CreatedAt


class ClaimDeleted(ResponseStruct, frozen=True, kw_only=True):
    """A deleted claim. Content with it stays, and can't be posted any more."""

    claim_id: ids.ClaimId
    project_id: ids.ProjectId
    canceled_posts: int
    """Number of canceled posts, which still waited with this claim."""
    deleted_at: UtcInstant
    """When it was deleted, in UTC."""
