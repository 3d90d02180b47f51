"""Organizations as the platform's operators create and see them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, In, Real, Text

Name = Annotated[Text, Meta(min_length=1, max_length=128)]
#: Tiers of live organizations; a sandbox has its own tier.
LiveTier = Literal["standard", "pilot", "partner"]


class OrganizationCreate(In, frozen=True, kw_only=True):
    """A live organization and its sandbox."""

    name: Name
    """The organization's name."""
    tier: LiveTier = "standard"
    """The tier that sets its limits."""


class OrganizationPatch(In, frozen=True, kw_only=True):
    """Omitted fields stay unchanged."""

    tier: LiveTier | UnsetType = UNSET
    """The new tier."""
    suspended: bool | UnsetType = UNSET
    """Whether its keys, and its sandbox's keys, are refused and its jobs wait."""


class Organization(Real, frozen=True, kw_only=True):
    """A live organization and its sandbox."""

    id: ids.OrganizationId
    """The organization's id; its live keys belong to it."""
    sandbox_id: ids.OrganizationId
    """Id of its sandbox; its test keys belong to it."""
    name: str
    """The organization's name."""
    tier: LiveTier
    """The tier that sets its limits."""
    suspended: bool
    """Whether its keys are refused and its jobs wait."""
    created_at: CreatedAt
