"""Leased accounts: what operators offer, what partners ask for, and who has what."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas import ids
from schemas.accounts import AccountStatus, LeaseEnd, PlatformName
from schemas.base import In, Instant, Out, Text

RequestStatus = Literal["requested", "partial", "assigned", "rejected"]

#: Accounts of one request.
MOST = 50

Niche = Annotated[Text, Meta(min_length=1, max_length=200, examples=["home baking, in German"])]
AccountId = Annotated[Text, Meta(max_length=60)]


class LeaseRequestCreate(In, frozen=True, kw_only=True):
    """What a partner asks for."""

    count: Annotated[int, Meta(ge=1, le=MOST, examples=[3])]
    """How many accounts."""
    niche: Niche
    """What the accounts should be about."""
    platform: PlatformName | None = None
    """The platform that they should be on. Any will do unless given."""
    note: Annotated[Text, Meta(max_length=2000)] | None = None
    """Anything else that the operators should know."""


class LeaseRequest(Out, frozen=True, kw_only=True):
    """What a partner asked for, and what came of it."""

    request_id: ids.LeaseRequestId
    project_id: ids.ProjectId
    status: RequestStatus
    """`partial` has some of what was asked for, and with a `reason` gets no more."""
    count: int
    """How many accounts were asked for."""
    niche: str
    """What the accounts should be about."""
    platform: PlatformName | None
    """The platform that they should be on; null: any."""
    note: str | None
    """What else was said, or null."""
    assigned_social_account_ids: list[ids.AccountId]
    """Accounts of the project that it was given, those whose lease has ended too."""
    submitted_at: Instant
    """When it was asked, in UTC."""
    assigned_at: Instant | None
    """When the latest account was given, or null."""
    reason: str | None
    """Why no more is assigned: the operators' words, or that the project was archived; null: open, or met."""


class OperatedRequest(LeaseRequest, frozen=True, kw_only=True):
    """A request as operators see it: whose it is."""

    organization_id: ids.OrganizationId
    """Id of the organization that asks."""


class LeasedAccount(Out, frozen=True, kw_only=True):
    """A lease: an account of the project for a time."""

    social_account_id: ids.AccountId
    project_id: ids.ProjectId
    request_id: ids.LeaseRequestId
    platform: PlatformName
    """The platform that it is on."""
    service_url: str
    """The server that the account lives on."""
    handle: str
    """Its name on the platform."""
    avatar_url: str | None
    """Its picture on the platform, or null."""
    status: AccountStatus
    """`disconnected` once the lease has ended."""
    leased_at: Instant
    """When the lease began, in UTC."""
    ended_at: Instant | None
    """When the lease ended; null while it stands."""
    disconnected_reason: LeaseEnd | None
    """Why the lease ended; null while it stands."""


class AccountOffer(In, frozen=True, kw_only=True):
    """An account of the operator's own organization to lease out."""

    social_account_id: AccountId
    """Id of a connected account of your own organization."""
    niche: Niche
    """What the account is about. Offered again, an account gets the new one."""


class Lessee(Out, frozen=True, kw_only=True):
    """Who has an offered account now."""

    organization_id: ids.OrganizationId
    """Id of the organization that has it."""
    project_id: ids.ProjectId
    """Id of the project that has it."""
    social_account_id: ids.AccountId
    """The id that the account has there. It names the lease."""
    since: Instant
    """When the lease began, in UTC."""


class OfferedAccount(Out, frozen=True, kw_only=True):
    """A platform-owned account."""

    social_account_id: ids.AccountId
    organization_id: ids.OrganizationId
    project_id: ids.ProjectId
    platform: PlatformName
    """The platform that it is on."""
    service_url: str
    """The server that the account lives on."""
    handle: str
    """Its name on the platform."""
    status: AccountStatus
    """Whether it can be posted to."""
    niche: str | None
    """What it is about; null: withdrawn."""
    offered_at: Instant | None
    """When it was first offered; null: it was withdrawn."""
    lease: Lessee | None
    """Who has it now; null: nobody."""


class LeaseAssign(In, frozen=True, kw_only=True):
    """What a request gets."""

    social_account_ids: Annotated[list[AccountId], Meta(min_length=1, max_length=MOST)]
    """Ids of offered accounts: as many as the request still asks for, or fewer."""


class LeaseReject(In, frozen=True, kw_only=True):
    """Why a request gets nothing, or nothing more."""

    reason: Annotated[Text, Meta(min_length=1, max_length=2000, examples=["No such accounts this month."])]
    """Why, in words for the partner."""
