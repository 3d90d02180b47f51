"""Organizations as the platform's operators create and see them."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import In, Instant, Out, Text

Name = Annotated[Text, Meta(min_length=1, max_length=128)]
#: What a live organization may have; a sandbox has a tier of its own.
LiveTier = Literal["standard", "pilot", "partner"]


class OrganizationCreate(In, frozen=True, kw_only=True):
    """A live organization and its sandbox."""

    name: Name
    tier: LiveTier = "standard"


class Organization(Out, frozen=True, kw_only=True):
    """A live organization; `sandboxId` is the one that its test keys belong to."""

    id: str
    sandbox_id: str
    name: str
    tier: LiveTier
    created_at: Instant
