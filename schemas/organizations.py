"""Organizations as the platform's operators create and see them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, In, Real, Text

Name = Annotated[Text, Meta(min_length=1, max_length=128)]
#: What a live organization may have; a sandbox has a tier of its own.
LiveTier = Literal["standard", "pilot", "partner"]


class OrganizationCreate(In, frozen=True, kw_only=True):
    """A live organization and its sandbox."""

    name: Name
    """What it is called."""
    tier: LiveTier = "standard"
    """Which limits it has."""


class OrganizationPatch(In, frozen=True, kw_only=True):
    """What is omitted stays."""

    tier: LiveTier | UnsetType = UNSET
    """Which limits it has from now on."""
    suspended: bool | UnsetType = UNSET
    """Whether its keys, and its sandbox's, open nothing and its jobs wait."""


class Organization(Real, frozen=True, kw_only=True):
    """A live organization and its sandbox."""

    id: ids.OrganizationId
    """Its id, which its live keys belong to."""
    sandbox_id: ids.OrganizationId
    """Id of its sandbox, which its test keys belong to."""
    name: str
    """What it is called."""
    tier: LiveTier
    """Which limits it has."""
    suspended: bool
    """Whether its keys open nothing and its jobs wait."""
    created_at: CreatedAt
