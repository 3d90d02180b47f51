"""Leased accounts: offers of operators, requests of partners, and leases."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas import ids
from schemas.accounts import AccountStatus, LeaseEndReason, PlatformName
from schemas.base import NulFreeText, RequestStruct, ResponseStruct, UtcInstant

LeaseRequestStatus = Literal["requested", "partial", "assigned", "rejected"]

#: Maximum accounts of one request.
MAX_LEASE_REQUEST_ACCOUNTS = 50

AccountNiche = Annotated[NulFreeText, Meta(min_length=1, max_length=200, examples=["home baking, in German"])]
AccountIdText = Annotated[NulFreeText, Meta(max_length=60)]


class LeaseRequestCreate(RequestStruct, frozen=True, kw_only=True):
    """A partner's request for leased accounts."""

    count: Annotated[int, Meta(ge=1, le=MAX_LEASE_REQUEST_ACCOUNTS, examples=[3])]
    """Number of accounts."""
    niche: AccountNiche
    """The topic of the accounts."""
    platform: PlatformName | None = None
    """The platform of the accounts. Default: any."""
    note: Annotated[NulFreeText, Meta(max_length=2000)] | None = None
    """A note for the operators."""


class LeaseRequest(ResponseStruct, frozen=True, kw_only=True):
    """A partner's request, with its status."""

    request_id: ids.LeaseRequestId
    project_id: ids.ProjectId
    status: LeaseRequestStatus
    """`partial` has some of the requested accounts; with a `reason`, no more will follow."""
    count: int
    """Number of requested accounts."""
    niche: str
    """The topic of the accounts."""
    platform: PlatformName | None
    """The platform of the accounts; null: any."""
    note: str | None
    """The partner's note, or null."""
    assigned_social_account_ids: list[ids.SocialAccountId]
    """The assigned accounts, also those with an ended lease."""
    submitted_at: UtcInstant
    """When it was submitted, in UTC."""
    assigned_at: UtcInstant | None
    """When the latest account was assigned, or null."""
    reason: str | None
    """Why no more are assigned: the operators' reason, or the project's archive; null: open, or complete."""


class OperatedRequest(LeaseRequest, frozen=True, kw_only=True):
    """A request as operators see it, with its organization."""

    organization_id: ids.OrganizationId
    """Id of the requesting organization."""


class LeasedAccount(ResponseStruct, frozen=True, kw_only=True):
    """A lease: an account that the project may use for a time."""

    social_account_id: ids.SocialAccountId
    project_id: ids.ProjectId
    request_id: ids.LeaseRequestId
    platform: PlatformName
    """The account's platform."""
    service_url: str
    """The account's server."""
    handle: str
    """The account's name on the platform."""
    avatar_url: str | None
    """The account's image on the platform, or null."""
    status: AccountStatus
    """`disconnected` once the lease has ended."""
    leased_at: UtcInstant
    """When the lease began, in UTC."""
    ended_at: UtcInstant | None
    """When the lease ended; null while it is active."""
    disconnected_reason: LeaseEndReason | None
    """Why the lease ended; null while it is active."""


class AccountOffer(RequestStruct, frozen=True, kw_only=True):
    """An account of the operator's own organization, offered for lease."""

    social_account_id: AccountIdText
    """Id of a connected account of your own organization."""
    niche: AccountNiche
    """The topic of the account. A new offer of the same account replaces it."""


class Lessee(ResponseStruct, frozen=True, kw_only=True):
    """The current lessee of an offered account."""

    organization_id: ids.OrganizationId
    """Id of the lessee's organization."""
    project_id: ids.ProjectId
    """Id of the lessee's project."""
    social_account_id: ids.SocialAccountId
    """The account's id in that project. It identifies the lease."""
    since: UtcInstant
    """When the lease began, in UTC."""


class OfferedAccount(ResponseStruct, frozen=True, kw_only=True):
    """A platform-owned account."""

    social_account_id: ids.SocialAccountId
    organization_id: ids.OrganizationId
    project_id: ids.ProjectId
    platform: PlatformName
    """The account's platform."""
    service_url: str
    """The account's server."""
    handle: str
    """The account's name on the platform."""
    status: AccountStatus
    """Whether posts can be sent to it."""
    niche: str | None
    """The topic; null: withdrawn."""
    offered_at: UtcInstant | None
    """When it was first offered; null: withdrawn."""
    lease: Lessee | None
    """The current lessee, or null."""


class LeaseAssign(RequestStruct, frozen=True, kw_only=True):
    """The accounts for a request."""

    social_account_ids: Annotated[list[AccountIdText], Meta(min_length=1, max_length=MAX_LEASE_REQUEST_ACCOUNTS)]
    """Ids of offered accounts: at most as many as the request still needs."""


class LeaseReject(RequestStruct, frozen=True, kw_only=True):
    """The rejection of a request, or of the rest of it."""

    reason: Annotated[NulFreeText, Meta(min_length=1, max_length=2000, examples=["No such accounts this month."])]
    """The reason, for the partner."""
