"""Leased accounts: what operators offer, what partners ask for, and who has what."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.accounts import AccountStatus, LeaseEnd, PlatformName
from schemas.base import In, Instant, Out, Text

RequestStatus = Literal["requested", "partial", "assigned", "rejected"]

#: Accounts of one request.
MOST = 50

Niche = Annotated[Text, Meta(min_length=1, max_length=200, examples=["home baking, in German"])]
AccountId = Annotated[Text, Meta(max_length=60)]


class LeaseRequestCreate(In, frozen=True, kw_only=True):
    """`niche` says what the accounts should be about; without `platform` any will do."""

    count: Annotated[int, Meta(ge=1, le=MOST, examples=[3])]
    niche: Niche
    platform: PlatformName | None = None
    note: Annotated[Text, Meta(max_length=2000)] | None = None


class LeaseRequest(Out, frozen=True, kw_only=True):
    """`partial` has some of what was asked for, and with a `reason` will get no more.

    `assignedSocialAccountIds` are accounts of the project, those whose lease has ended too; `assignedAt` is
    of the latest.
    """

    request_id: str
    project_id: str
    status: RequestStatus
    count: int
    niche: str
    platform: PlatformName | None
    note: str | None
    assigned_social_account_ids: list[str]
    submitted_at: Instant
    assigned_at: Instant | None
    reason: str | None


class OperatedRequest(LeaseRequest, frozen=True, kw_only=True):
    """A request as operators see it: whose it is."""

    organization_id: str


class LeasedAccount(Out, frozen=True, kw_only=True):
    """A lease: an account of the project from `leasedAt` until `endedAt`, for the `disconnectedReason`."""

    social_account_id: str
    project_id: str
    request_id: str
    platform: PlatformName
    service_url: str
    handle: str
    avatar_url: str | None
    status: AccountStatus
    leased_at: Instant
    ended_at: Instant | None
    disconnected_reason: LeaseEnd | None


class AccountOffer(In, frozen=True, kw_only=True):
    """An account of the operator's own organization; offered again, it is about another `niche`."""

    social_account_id: AccountId
    niche: Niche


class Lessee(Out, frozen=True, kw_only=True):
    """Who has an offered account now. `socialAccountId` is what it is to them, and what names the lease."""

    organization_id: str
    project_id: str
    social_account_id: str
    since: Instant


class OfferedAccount(Out, frozen=True, kw_only=True):
    """A platform-owned account. `offeredAt` null: it was withdrawn; `lease` null: nobody has it."""

    social_account_id: str
    organization_id: str
    project_id: str
    platform: PlatformName
    service_url: str
    handle: str
    status: AccountStatus
    niche: str | None
    offered_at: Instant | None
    lease: Lessee | None


class LeaseAssign(In, frozen=True, kw_only=True):
    """Offered accounts, as many as the request still asks for, or fewer."""

    social_account_ids: Annotated[list[AccountId], Meta(min_length=1, max_length=MOST)]


class LeaseReject(In, frozen=True, kw_only=True):
    """`reason` is for the partner."""

    reason: Annotated[Text, Meta(min_length=1, max_length=2000, examples=["No such accounts this month."])]
