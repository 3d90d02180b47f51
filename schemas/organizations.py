"""Organizations as the platform's operators create and see them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RealClockResponseStruct, RequestStruct

OrganizationName = Annotated[NulFreeText, Meta(min_length=1, max_length=128)]
#: Tiers of live organizations; a sandbox has its own tier.
LiveOrganizationTier = Literal["standard", "pilot", "partner"]


class OrganizationCreate(RequestStruct, frozen=True, kw_only=True):
    """A live organization and its sandbox."""

    name: OrganizationName
    """The organization's name."""
    tier: LiveOrganizationTier = "standard"
    """The tier that sets its limits."""


class OrganizationPatch(RequestStruct, frozen=True, kw_only=True):
    """Omitted fields stay unchanged."""

    tier: LiveOrganizationTier | UnsetType = UNSET
    """The new tier."""
    suspended: bool | UnsetType = UNSET
    """Whether its keys, and its sandbox's keys, are refused and its jobs wait."""


class Organization(RealClockResponseStruct, frozen=True, kw_only=True):
    """A live organization and its sandbox."""

    id: ids.OrganizationId
    """The organization's id; its live keys belong to it."""
    sandbox_id: ids.OrganizationId
    """Id of its sandbox; its test keys belong to it."""
    name: str
    """The organization's name."""
    tier: LiveOrganizationTier
    """The tier that sets its limits."""
    suspended: bool
    """Whether its keys are refused and its jobs wait."""
    created_at: CreatedAt
