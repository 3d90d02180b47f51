"""Social accounts: read, lock, require a new authorization, set quotas."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import account_lease, social_account
from domain.accounts import credentials, platform_limits
from domain.tenancy import audit, project_locks
from domain.values import multi_value_filter
from domain.values.answers import build_api_answer_from_row
from platforms.description import PrivacyLevel
from schemas import ids
from schemas.accounts import AccountQuota, AccountStatus, LeaseEndReason, PlatformName, SocialAccount
from schemas.errors import StateConflict
from schemas.errors.absent import require_found


class AccountIdentity(NamedTuple):
    """Account as its platform reports it. `traits` are limits and options that its server reports."""

    platform: str
    service_url: str
    external_id: str
    handle: str
    avatar_url: str | None
    traits: dict[str, Any]


class AccountAndOrgIds(NamedTuple):
    """Id of an account and of its organization."""

    organization_id: UUID
    account_id: UUID


class AccountRow(NamedTuple):
    """Account with its credential's `token_expires_at`; `canceled_posts` is set when it is disconnected."""

    id: UUID
    project_id: UUID
    platform: PlatformName
    service_url: str
    handle: str
    avatar_url: str | None
    status: AccountStatus
    connected_at: datetime
    canceled_posts: int | None
    owner_account_id: UUID | None
    disconnect_reason: LeaseEndReason | None
    token_expires_at: datetime | None
    privacy_levels: list[str] | None


class LockedAccount(NamedTuple):
    """Account row, locked by this transaction."""

    platform: PlatformName
    service_url: str
    external_id: str
    handle: str
    status: AccountStatus
    owner_account_id: UUID | None
    offered_at: datetime | None


GET_ACCOUNT = social_account.get_account.typed(AccountRow)
LIST_ACCOUNTS = social_account.list_accounts.typed(AccountRow)
LIST_ACCOUNTS_OF_ALL_PROJECTS = social_account.list_accounts_of_all.typed(AccountRow)
LOCK_ACCOUNT = social_account.lock_account.typed(LockedAccount)
MARK_OWNERS_LEASES_FOR_REAUTH = account_lease.require_reauth.typed(AccountAndOrgIds)


async def find_account_row(conn: Conn, *, organization_id: UUID, account_id: UUID) -> AccountRow:
    """Return a social account's row with its token's expiry. Raises `ObjectNotFound`."""
    return require_found(await GET_ACCOUNT.one(conn, org=organization_id, id=account_id), "account")


async def read_account(conn: Conn, *, organization_id: UUID, account_id: UUID) -> SocialAccount:
    """Return a social account for the API. Raises `ObjectNotFound`."""
    return _account_to_schema(await find_account_row(conn, organization_id=organization_id, account_id=account_id))


async def list_account_page(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID | None,
    platforms: Sequence[PlatformName] | None,
    statuses: Sequence[AccountStatus] | None,
    leased: bool | None,
    before: UUID | None,
    limit: int,
) -> list[SocialAccount]:
    """Return at most `limit` social accounts older than `before`, newest first, of one project or all active ones.

    A filter of None matches all accounts. Raises `ObjectNotFound` for an unknown project.
    """
    filters: dict[str, Any] = {
        "org": organization_id,
        "platforms": platforms,
        "leased": leased,
        "before": before,
        "limit": limit,
    }
    if project_id is None:
        query = LIST_ACCOUNTS_OF_ALL_PROJECTS
        leading = multi_value_filter.split_search_by_filter_value(status=statuses)
    else:
        await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
        query = LIST_ACCOUNTS
        filters["project_id"] = project_id
        leading = multi_value_filter.split_search_by_filter_value(status=statuses, platform=platforms)
    rows = await multi_value_filter.find_newest_rows_of_searches(conn, query.all, filters, leading)
    return [_account_to_schema(row) for row in rows]


async def lock_account(conn: Conn, *, organization_id: UUID, account_id: UUID) -> LockedAccount:
    """Lock a social account's row and return it. Raises `ObjectNotFound`."""
    return require_found(await LOCK_ACCOUNT.one(conn, org=organization_id, id=account_id), "account")


async def mark_account_for_reauth(
    conn: Conn, *, organization_id: UUID, account_id: UUID, reason: str, generation: int | None = None
) -> None:
    """Mark a connected account as in need of a new authorization by its owner, and its leases too.

    Does nothing if a newer generation of its credential than `generation` exists.
    """
    scope = AccountAndOrgIds(organization_id, account_id)
    await LOCK_ACCOUNT.one(conn, org=organization_id, id=account_id)
    if generation is not None and not await credentials.lock_credential_if_newest(
        conn, organization_id=organization_id, account_id=account_id, generation=generation
    ):
        return
    if await social_account.require_reauth.one(conn, org=organization_id, id=account_id):
        lessees = await MARK_OWNERS_LEASES_FOR_REAUTH.all(conn, owner_id=account_id)
        for account_scope in (scope, *lessees):
            await audit_account_action(conn, account_scope, "reauth_required", {"reason": reason})


async def audit_account_action(
    conn: Conn, scope: AccountAndOrgIds, action: str, details: Mapping[str, Any], *, api_key_id: UUID | None = None
) -> None:
    """Write an audit log entry `social_account.<action>` about an account; every change of its status has one."""
    await audit.write_audit_entry(
        conn,
        organization_id=scope.organization_id,
        api_key_id=api_key_id,
        action=f"social_account.{action}",
        subject=ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, scope.account_id),
        account_id=scope.account_id,
        details=details,
    )


async def set_account_own_quota(
    conn: Conn, *, organization_id: UUID, account_id: UUID, posts: int | None, seconds: int | None
) -> AccountQuota:
    """Set an operator's quota for an account: at most `posts` in any `seconds`. None for both restores the platform's.

    Raises `ObjectNotFound`, `StateConflict` ACCOUNT_LEASED for a leased account.
    """
    row = await find_account_row(conn, organization_id=organization_id, account_id=account_id)
    if row.owner_account_id is not None:
        raise account_leased_error("a leased account uses its owner's quota: set it on the owner's account")
    await social_account.set_quota.run(conn, org=organization_id, id=account_id, posts=posts, window_s=seconds)
    scope = AccountAndOrgIds(organization_id, account_id)
    await audit_account_action(conn, scope, "quota_set", {"posts": posts, "seconds": seconds})
    return AccountQuota(
        social_account_id=ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, row.id),
        handle=row.handle,
        posts=posts,
        seconds=seconds,
    )


def account_not_connected_error() -> StateConflict:
    return StateConflict("ACCOUNT_NOT_CONNECTED", "the account was disconnected: connect it again")


def account_offered_error(**details: Any) -> StateConflict:
    return StateConflict(
        "ACCOUNT_OFFERED",
        "an account is offered for lease, and only its leases post to it: withdraw it, or leave it out",
        **details,
    )


def account_leased_error(message: str) -> StateConflict:
    return StateConflict("ACCOUNT_LEASED", message)


def _account_to_schema(row: AccountRow) -> SocialAccount:
    return build_api_answer_from_row(
        SocialAccount,
        row,
        social_account_id=ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, row.id),
        leased=row.owner_account_id is not None,
        disconnected_reason=row.disconnect_reason,
        privacy_levels=_account_privacy_levels(row),
    )


def _account_privacy_levels(row: AccountRow) -> list[PrivacyLevel] | None:
    traits = {"privacyLevels": row.privacy_levels}
    return platform_limits.offered_privacy_levels(platform_limits.LIMITS_BY_PLATFORM[row.platform], traits) or None
