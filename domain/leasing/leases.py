"""Leases: an operator's account for one tenant at a time, as an account of the tenant's own.

The tenant's posts belong to that account, which no other tenant ever gets, and end with the lease. The
credential stays with the owner (docs/decisions/0016-leased-account-as-its-own-row.md).

Lock order: owners' accounts by id, then the leases' accounts. A lease begins under its owner's lock, and ends
under its own and its project's.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import account_lease
from domain.accounts import accounts
from domain.accounts.accounts import AccountAndOrgIds
from domain.leasing import offers
from domain.publishing import waiting
from domain.tenancy import audit, project_locks
from domain.tenancy.api_keys import Actor
from domain.values.answers import build_api_answer_from_row
from schemas import ids
from schemas.accounts import AccountDisconnected, AccountStatus, LeaseEndReason, PlatformName
from schemas.api_keys import ApiKeyEnv
from schemas.errors import ObjectNotFound, StateConflict
from schemas.errors.absent import not_found_error, require_found
from schemas.leases import LeasedAccount, LeaseRequestStatus

#: Cancel reason of a lease's posts.
POST_CANCEL_REASON_BY_LEASE_END: Mapping[LeaseEndReason, str] = {
    "released": "lease_released",
    "recalled": "lease_recalled",
    "project_archived": waiting.PROJECT_ARCHIVED_CANCEL_REASON,
}

UNKNOWN_OFFERED_ACCOUNT_MESSAGE = "is not a known account"


class LockedLeaseRequest(NamedTuple):
    """Lease request, locked after its project; `platform` is None for any."""

    organization_id: UUID
    project_id: UUID
    id: UUID
    wanted: int
    platform: PlatformName | None
    status: LeaseRequestStatus
    reason: str | None


class LockedOperatorAccount(NamedTuple):
    """Owner's account, locked before any lease's own row; `env` is its organization's."""

    id: UUID
    organization_id: UUID
    platform: PlatformName
    status: AccountStatus
    offered_at: datetime | None
    owner_account_id: UUID | None
    env: ApiKeyEnv


class AccountLeaseRow(NamedTuple):
    """Lease with its account; `ended_at` is None while it lasts."""

    account_id: UUID
    project_id: UUID
    request_id: UUID
    leased_at: datetime
    ended_at: datetime | None
    platform: PlatformName
    service_url: str
    handle: str
    avatar_url: str | None
    status: AccountStatus
    disconnect_reason: LeaseEndReason | None


LOCK_OPERATOR_ACCOUNTS = account_lease.lock_owners.typed(LockedOperatorAccount)
LIST_ACCOUNT_LEASES = account_lease.list_leases.typed(AccountLeaseRow)
END_LEASED_ACCOUNT = account_lease.end_account.typed(AccountAndOrgIds)


async def lease_accounts_to_project(
    conn: Conn, *, actor: Actor, request: LockedLeaseRequest, owner_ids: Sequence[UUID | None]
) -> list[UUID]:
    """Lease all of these accounts to the request's project, or none; return the leased accounts' new ids.

    The new ids are in the order of `owner_ids`. A None there is an invalid account id. The caller has locked
    the project as active. Raises `ObjectNotFound`, `StateConflict` ACCOUNT_NOT_LEASABLE.
    """
    account_ids = [owner_id for owner_id in owner_ids if owner_id]
    # A live account is invisible to a sandbox's operator.
    locked = {
        owner.id: owner for owner in await LOCK_OPERATOR_ACCOUNTS.all(conn, ids=account_ids) if owner.env == actor.env
    }
    if unknown := [position for position, owner_id in enumerate(owner_ids) if owner_id not in locked]:
        issues = [_build_lease_issue(position, UNKNOWN_OFFERED_ACCOUNT_MESSAGE) for position in unknown]
        raise ObjectNotFound("no such account: check the ids, and that the accounts are offered", issues=issues)
    owners = [locked[account_id] for account_id in account_ids]
    leased = await offers.filter_leased_out_account_ids(conn, account_ids)
    _raise_if_not_leasable(_list_lease_blockers(request, owners, leased))
    new = [ids.new_uuid7() for _ in account_ids]
    org = request.organization_id
    rows = await account_lease.insert_accounts.all(
        conn, org=org, project_id=request.project_id, ids=new, owner_ids=account_ids
    )
    inserted = {owner_id for (owner_id,) in rows}
    connected = [position for position, account_id in enumerate(account_ids) if account_id not in inserted]
    _raise_if_not_leasable(
        [_build_lease_issue(position, "is connected by the project itself") for position in connected]
    )
    await account_lease.insert_leases.run(conn, org=org, ids=new, request_id=request.id)
    for account_id, owner in zip(new, owners, strict=True):
        await _audit_lease_begin(conn, actor, request, account_id, owner)
    return new


async def end_lease_of_account(
    conn: Conn, *, organization_id: UUID, account_id: UUID, api_key_id: UUID | None, reason: LeaseEndReason
) -> AccountDisconnected:
    """End an account's lease and cancel the lease's waiting posts. A repeat returns the same answer.

    Raises `ObjectNotFound`. As in `connect.disconnect_account`, no post is sent after the commit. Posts under
    way are still polled, with the owner's credential.
    """
    scope = AccountAndOrgIds(organization_id, account_id)
    row = await accounts.GET_ACCOUNT.one(conn, org=organization_id, id=account_id)
    if row is None or row.owner_account_id is None:
        raise not_found_error("leased_account")
    await project_locks.lock_project_version(
        conn, organization_id=organization_id, project_id=row.project_id, versions=None
    )
    canceled = await _read_lease_canceled_post_count(conn, scope)
    if canceled is None:
        canceled = await _end_lease(conn, scope, reason, api_key_id=api_key_id)
    shown_id = ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id)
    return AccountDisconnected(social_account_id=shown_id, canceled_scheduled_posts=canceled)


async def recall_leased_account(conn: Conn, *, actor: Actor, account_id: UUID) -> AccountDisconnected:
    """End an account's lease as an operator, for any organization of the environment. Raises `ObjectNotFound`."""
    org = require_found(
        await account_lease.find_lease.value(conn, account_id=account_id, env=actor.env), "leased_account"
    )
    ended = await end_lease_of_account(
        conn, organization_id=org, account_id=account_id, api_key_id=None, reason="recalled"
    )
    await audit.write_audit_entry(
        conn,
        organization_id=actor.organization_id,
        api_key_id=actor.key_uuid,
        action="lease.recalled",
        subject=ended.social_account_id,
        details={"organizationId": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, org)},
    )
    return ended


async def end_next_lease_of_archived_project(conn: Conn, *, organization_id: UUID, project_id: UUID) -> bool:
    """End the next lease of an archived project, which gets no new posts; return False if none is left."""
    account_id = await account_lease.find_open.value(conn, org=organization_id, project_id=project_id)
    if account_id is None:
        return False
    await _end_lease(conn, AccountAndOrgIds(organization_id, account_id), "project_archived")
    return True


async def list_account_leases_of_project(
    conn: Conn, *, organization_id: UUID, project_id: UUID, before: UUID | None, limit: int
) -> list[LeasedAccount]:
    """Return at most `limit` account leases of a project older than `before`, newest first.

    Ended leases are included. Raises `ObjectNotFound`.
    """
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await LIST_ACCOUNT_LEASES.all(conn, org=organization_id, project_id=project_id, before=before, limit=limit)
    return [_leased_account_to_schema(row) for row in rows]


def _list_lease_blockers(
    request: LockedLeaseRequest, owners: Sequence[LockedOperatorAccount], leased: set[UUID]
) -> list[dict[str, str]]:
    return [
        _build_lease_issue(position, message)
        for position, owner in enumerate(owners)
        for message in _lease_blockers_of_account(request, owner, leased)
    ]


def _lease_blockers_of_account(
    request: LockedLeaseRequest, owner: LockedOperatorAccount, leased: set[UUID]
) -> Iterator[str]:
    """Yield the reasons against an account's lease: at most one for its state, one for a wrong platform."""
    if owner.owner_account_id is not None:
        yield "is a lease itself"
    elif owner.offered_at is None:
        yield "is not offered for lease"
    elif owner.status != "connected":
        yield f"is {owner.status}"
    elif owner.id in leased:
        yield "is leased"
    if request.platform not in {None, owner.platform}:
        yield f"is of {owner.platform}: the request asks for {request.platform}"


def _build_lease_issue(position: int, message: str) -> dict[str, str]:
    return {"path": f"socialAccountIds[{position}]", "message": message}


def _raise_if_not_leasable(issues: Sequence[dict[str, str]]) -> None:
    if issues:
        raise StateConflict("ACCOUNT_NOT_LEASABLE", "an account can't be leased now: leave it out", issues=[*issues])


async def _read_lease_canceled_post_count(conn: Conn, scope: AccountAndOrgIds) -> int | None:
    """Return the number of posts that the end of an account's lease canceled; None before its end."""
    organization_id, account_id = scope
    return (
        await accounts.find_account_row(conn, organization_id=organization_id, account_id=account_id)
    ).canceled_posts


async def _end_lease(
    conn: Conn, scope: AccountAndOrgIds, reason: LeaseEndReason, *, api_key_id: UUID | None = None
) -> int:
    """End the lease of an account; return the number of posts that this end, or an earlier one, canceled.

    Two calls may race here, since an archive's job doesn't lock the project.
    """
    org, account_id = scope
    canceled = await waiting.cancel_waiting_posts_of_account(
        conn, organization_id=org, account_id=account_id, reason=POST_CANCEL_REASON_BY_LEASE_END[reason]
    )
    owner = await END_LEASED_ACCOUNT.one(conn, org=org, id=account_id, canceled_posts=canceled, reason=reason)
    if owner is None:
        return await _read_lease_canceled_post_count(conn, scope) or 0
    await account_lease.end_lease.run(conn, org=org, account_id=account_id)
    ended = {"reason": reason, "canceledScheduledPosts": canceled}
    await accounts.audit_account_action(conn, scope, "lease_ended", ended, api_key_id=api_key_id)
    returned = {"reason": reason, "organizationId": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, org)}
    await accounts.audit_account_action(conn, owner, "returned", returned)
    return canceled


async def _audit_lease_begin(
    conn: Conn, actor: Actor, request: LockedLeaseRequest, account_id: UUID, owner: LockedOperatorAccount
) -> None:
    """Audit a lease's begin for the account's owner, and for the tenant without details of the operator."""
    org, request_id = request.organization_id, ids.format_prefixed_id(ids.LEASE_REQUEST_ID_PREFIX, request.id)
    await accounts.audit_account_action(conn, AccountAndOrgIds(org, account_id), "leased", {"requestId": request_id})
    lent = {
        "requestId": request_id,
        "organizationId": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, org),
        "socialAccountId": ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id),
    }
    key_id = actor.key_uuid if owner.organization_id == actor.organization_id else None
    owners = AccountAndOrgIds(owner.organization_id, owner.id)
    await accounts.audit_account_action(conn, owners, "lent", lent, api_key_id=key_id)


def _leased_account_to_schema(row: AccountLeaseRow) -> LeasedAccount:
    return build_api_answer_from_row(
        LeasedAccount,
        row,
        social_account_id=ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, row.account_id),
        request_id=ids.format_prefixed_id(ids.LEASE_REQUEST_ID_PREFIX, row.request_id),
        disconnected_reason=row.disconnect_reason,
    )
