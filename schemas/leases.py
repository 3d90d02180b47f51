"""Leased accounts: offers of operators, requests of partners, and leases."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas import ids
from schemas.accounts import AccountStatus, LeaseEnd, PlatformName
from schemas.base import In, Instant, Out, Text

RequestStatus = Literal["requested", "partial", "assigned", "rejected"]

#: Maximum accounts of one request.
MAX_ACCOUNTS = 50

Niche = Annotated[Text, Meta(min_length=1, max_length=200, examples=["home baking, in German"])]
AccountId = Annotated[Text, Meta(max_length=60)]


class LeaseRequestCreate(In, frozen=True, kw_only=True):
    """A partner's request for leased accounts."""

    count: Annotated[int, Meta(ge=1, le=MAX_ACCOUNTS, examples=[3])]
    """Number of accounts."""
    niche: Niche
    """The topic of the accounts."""
    platform: PlatformName | None = None
    """The platform of the accounts. Default: any."""
    note: Annotated[Text, Meta(max_length=2000)] | None = None
    """A note for the operators."""


class LeaseRequest(Out, frozen=True, kw_only=True):
    """A partner's request, with its status."""

    request_id: ids.LeaseRequestId
    project_id: ids.ProjectId
    status: RequestStatus
    """`partial` has some of the requested accounts; with a `reason`, no more will follow."""
    count: int
    """Number of requested accounts."""
    niche: str
    """The topic of the accounts."""
    platform: PlatformName | None
    """The platform of the accounts; null: any."""
    note: str | None
    """The partner's note, or null."""
    assigned_social_account_ids: list[ids.AccountId]
    """The assigned accounts, also those with an ended lease."""
    submitted_at: Instant
    """When it was submitted, in UTC."""
    assigned_at: Instant | None
    """When the latest account was assigned, or null."""
    reason: str | None
    """Why no more are assigned: the operators' reason, or the project's archive; null: open, or complete."""


class OperatedRequest(LeaseRequest, frozen=True, kw_only=True):
    """A request as operators see it, with its organization."""

    organization_id: ids.OrganizationId
    """Id of the requesting organization."""


class LeasedAccount(Out, frozen=True, kw_only=True):
    """A lease: an account that the project may use for a time."""

    social_account_id: ids.AccountId
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
    leased_at: Instant
    """When the lease began, in UTC."""
    ended_at: Instant | None
    """When the lease ended; null while it is active."""
    disconnected_reason: LeaseEnd | None
    """Why the lease ended; null while it is active."""


class AccountOffer(In, frozen=True, kw_only=True):
    """An account of the operator's own organization, offered for lease."""

    social_account_id: AccountId
    """Id of a connected account of your own organization."""
    niche: Niche
    """The topic of the account. A new offer of the same account replaces it."""


class Lessee(Out, frozen=True, kw_only=True):
    """The current lessee of an offered account."""

    organization_id: ids.OrganizationId
    """Id of the lessee's organization."""
    project_id: ids.ProjectId
    """Id of the lessee's project."""
    social_account_id: ids.AccountId
    """The account's id in that project. It identifies the lease."""
    since: Instant
    """When the lease began, in UTC."""


class OfferedAccount(Out, frozen=True, kw_only=True):
    """A platform-owned account."""

    social_account_id: ids.AccountId
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
    offered_at: Instant | None
    """When it was first offered; null: withdrawn."""
    lease: Lessee | None
    """The current lessee, or null."""


class LeaseAssign(In, frozen=True, kw_only=True):
    """The accounts for a request."""

    social_account_ids: Annotated[list[AccountId], Meta(min_length=1, max_length=MAX_ACCOUNTS)]
    """Ids of offered accounts: at most as many as the request still needs."""


class LeaseReject(In, frozen=True, kw_only=True):
    """The rejection of a request, or of the rest of it."""

    reason: Annotated[Text, Meta(min_length=1, max_length=2000, examples=["No such accounts this month."])]
    """The reason, for the partner."""
