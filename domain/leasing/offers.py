"""Offers: connected accounts of an operator's own organization, for lease.

While an account is offered only its leases post to it. The lock of its row serializes offers, schedules,
leases and its end.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import account_lease
from domain.accounts import accounts
from domain.accounts.accounts import AccountAndOrgIds, LockedAccount
from domain.tenancy import project_locks
from domain.tenancy.api_keys import Actor
from domain.values.answers import build_api_answer_from_row
from schemas import ids
from schemas.accounts import AccountStatus, PlatformName
from schemas.api_keys import ApiKeyEnv
from schemas.errors import StateConflict
from schemas.leases import Lessee, OfferedAccount


class AccountOfferRow(NamedTuple):
    """Operator's account, offered or no longer offered, with its current tenant."""

    organization_id: UUID
    project_id: UUID
    id: UUID
    platform: PlatformName
    service_url: str
    handle: str
    status: AccountStatus
    niche: str | None
    offered_at: datetime | None
    tenant_id: UUID | None
    tenant_project_id: UUID
    tenant_account_id: UUID
    since: datetime


GET_OFFERED_ACCOUNT = account_lease.get_offered.typed(AccountOfferRow)
LIST_LEASE_OFFERS_OF_ENVIRONMENT = account_lease.list_offered.typed(AccountOfferRow)


async def offer_account_for_lease(conn: Conn, *, actor: Actor, account_id: UUID, niche: str) -> OfferedAccount:
    """Offer an operator's connected account without open posts for lease; return the offer.

    Raises `ObjectNotFound`, `StateConflict` ACCOUNT_LEASED, ACCOUNT_NOT_CONNECTED, POSTS_WAIT or ACCOUNT_OFFERED.
    """
    org = actor.organization_id
    row = await accounts.find_account_row(conn, organization_id=org, account_id=account_id)
    # A purge runs either before this, or after it and withdraws the offer.
    await project_locks.lock_project_status(conn, organization_id=org, project_id=row.project_id)
    await project_locks.check_project_exists(conn, organization_id=org, project_id=row.project_id)
    account = await _lock_offerable_own_account(conn, org, account_id)
    if account.status != "connected":
        raise StateConflict("ACCOUNT_NOT_CONNECTED", f"the account is {account.status}: connect it first")
    if await account_lease.has_open_posts.value(conn, org=org, account_id=account_id):
        raise StateConflict("POSTS_WAIT", "the account has queued posts of your own: cancel them, or wait")
    try:
        await account_lease.offer_account.run(conn, org=org, id=account_id, niche=niche)
    except asyncpg.UniqueViolationError:
        raise StateConflict(
            "ACCOUNT_OFFERED", "another project has connected the same account and offers it: withdraw that"
        ) from None
    scope = AccountAndOrgIds(org, account_id)
    await accounts.audit_account_action(conn, scope, "offered", {"niche": niche}, api_key_id=actor.key_uuid)
    return await read_lease_offer_of_account(conn, organization_id=org, account_id=account_id)


async def withdraw_account_offer(conn: Conn, *, actor: Actor, account_id: UUID) -> OfferedAccount:
    """Withdraw a lease offer; a repeat changes nothing. Raises `ObjectNotFound`, `StateConflict` ACCOUNT_LEASED."""
    org = actor.organization_id
    account = await _lock_offerable_own_account(conn, org, account_id)
    await check_account_unleased(conn, account_id=account_id)
    if account.offered_at is not None:
        await account_lease.withdraw_account.run(conn, org=org, id=account_id)
        scope = AccountAndOrgIds(org, account_id)
        await accounts.audit_account_action(conn, scope, "withdrawn", {}, api_key_id=actor.key_uuid)
    return await read_lease_offer_of_account(conn, organization_id=org, account_id=account_id)


async def check_account_unleased(conn: Conn, *, account_id: UUID) -> None:
    """Raise `StateConflict` ACCOUNT_LEASED if an owner's account is leased now; the caller has locked it."""
    if await filter_leased_out_account_ids(conn, [account_id]):
        raise accounts.account_leased_error("the account is leased: recall the lease first, or wait for its end")


async def filter_leased_out_account_ids(conn: Conn, account_ids: Sequence[UUID]) -> set[UUID]:
    """Return the ids of those owners' accounts that are leased now; exact only for locked accounts.

    This transaction must have locked an owner's account: otherwise a lease may begin or end meanwhile.
    """
    return {owner_id for (owner_id,) in await account_lease.list_leased.all(conn, ids=account_ids)}


async def read_lease_offer_of_account(conn: Conn, *, organization_id: UUID, account_id: UUID) -> OfferedAccount:
    return _account_offer_to_schema(await GET_OFFERED_ACCOUNT.row(conn, org=organization_id, id=account_id))


async def list_lease_offers_of_environment(
    conn: Conn, *, env: ApiKeyEnv, before: UUID | None, limit: int
) -> list[OfferedAccount]:
    """Return at most `limit` lease offers of all an environment's organizations older than `before`, newest first."""
    rows = await LIST_LEASE_OFFERS_OF_ENVIRONMENT.all(conn, env=env, before=before, limit=limit)
    return [_account_offer_to_schema(row) for row in rows]


async def _lock_offerable_own_account(conn: Conn, organization_id: UUID, account_id: UUID) -> LockedAccount:
    account = await accounts.lock_account(conn, organization_id=organization_id, account_id=account_id)
    if account.owner_account_id is not None:
        raise accounts.account_leased_error("the account is leased itself: only its owner can offer it")
    return account


def _account_offer_to_schema(row: AccountOfferRow) -> OfferedAccount:
    return build_api_answer_from_row(
        OfferedAccount,
        row,
        social_account_id=ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, row.id),
        lease=_lessee_to_schema(row, row.tenant_id) if row.tenant_id else None,
    )


def _lessee_to_schema(row: AccountOfferRow, tenant_id: UUID) -> Lessee:
    return Lessee(
        organization_id=ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, tenant_id),
        project_id=ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, row.tenant_project_id),
        social_account_id=ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, row.tenant_account_id),
        since=row.since,
    )
