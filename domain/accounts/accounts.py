"""Social accounts: connected, asked to be connected again, disconnected for good (api.md 10)."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import account_lease, social_account
from domain.accounts import credentials
from domain.tenancy import audit, project_locks
from schemas import ids
from schemas.accounts import AccountQuota, SocialAccount
from schemas.errors import Conflict
from schemas.errors.absent import absent


class Found(NamedTuple):
    """An account as its platform names it; `traits` are its server's."""

    platform: str
    service_url: str
    external_id: str
    handle: str
    avatar_url: str | None
    traits: dict[str, Any]


async def find(conn: Conn, *, organization_id: UUID, account_id: UUID) -> asyncpg.Record:
    """The row, with its credential's `token_expires_at`. Raises `NotFound`."""
    row = await social_account.get_account.one(conn, org=organization_id, id=account_id)
    if row is None:
        raise absent("account")
    return row


async def get(conn: Conn, *, organization_id: UUID, account_id: UUID) -> SocialAccount:
    """Raises `NotFound`."""
    return _shown(await find(conn, organization_id=organization_id, account_id=account_id))


async def list_page(
    conn: Conn, *, organization_id: UUID, project_id: UUID, before: UUID | None, limit: int
) -> list[SocialAccount]:
    """At most `limit` of a project's accounts older than `before`, newest first. Raises `NotFound`."""
    await project_locks.check(conn, organization_id=organization_id, project_id=project_id)
    rows = await social_account.list_accounts.all(
        conn, org=organization_id, project_id=project_id, before=before, limit=limit
    )
    return [_shown(row) for row in rows]


async def require_reauth(
    conn: Conn, *, organization_id: UUID, account_id: UUID, reason: str, generation: int | None = None
) -> None:
    """Only its owner can open the account again; unless a newer generation than this one is there.

    Whoever leases it sees that too.
    """
    place: dict[str, Any] = {"organization_id": organization_id, "account_id": account_id}
    await social_account.lock_account.one(conn, org=organization_id, id=account_id)
    if generation is not None and not await credentials.is_current(conn, **place, generation=generation):
        return
    if await social_account.require_reauth.one(conn, org=organization_id, id=account_id):
        said: dict[str, Any] = {"action": "reauth_required", "details": {"reason": reason}}
        await record(conn, **place, api_key_id=None, **said)
        for lessee in await account_lease.require_reauth.all(conn, owner_id=account_id):
            theirs: dict[str, Any] = {"organization_id": lessee["organization_id"]}
            await record(conn, **theirs, account_id=lessee["id"], api_key_id=None, **said)


async def record(
    conn: Conn,
    *,
    organization_id: UUID,
    account_id: UUID,
    api_key_id: UUID | None,
    action: str,
    details: Mapping[str, Any],
) -> None:
    """Each change of status is one of these."""
    await audit.record(
        conn,
        organization_id=organization_id,
        api_key_id=api_key_id,
        action=f"social_account.{action}",
        subject=ids.show(ids.ACCOUNT, account_id),
        details=details,
    )


async def set_quota(
    conn: Conn, *, organization_id: UUID, account_id: UUID, posts: int | None, seconds: int | None
) -> AccountQuota:
    """An operator's own figures for an account; None for both: the platform's.

    Raises `NotFound`, `Conflict` ACCOUNT_LEASED.
    """
    row = await find(conn, organization_id=organization_id, account_id=account_id)
    if row["owner_account_id"] is not None:
        raise leased("a leased account goes by its owner's quota: set it there")
    await social_account.set_quota.run(
        conn, org=organization_id, id=account_id, posts=posts, window_s=seconds
    )
    place = {"organization_id": organization_id, "account_id": account_id}
    said = {"posts": posts, "seconds": seconds}
    await record(conn, **place, api_key_id=None, action="quota_set", details=said)
    return AccountQuota(
        social_account_id=ids.show(ids.ACCOUNT, row["id"]),
        handle=row["handle"],
        posts=posts,
        seconds=seconds,
    )


def gone() -> Conflict:
    return Conflict("ACCOUNT_NOT_CONNECTED", "the account was disconnected: connect it anew")


def offered(**details: Any) -> Conflict:
    return Conflict(
        "ACCOUNT_OFFERED",
        "an account is offered for lease, and only its leases post to it: withdraw it, or leave it out",
        **details,
    )


def leased(message: str) -> Conflict:
    return Conflict("ACCOUNT_LEASED", message)


def _shown(row: asyncpg.Record) -> SocialAccount:
    same = ("platform", "service_url", "handle", "avatar_url", "status", "connected_at", "token_expires_at")
    return SocialAccount(
        social_account_id=ids.show(ids.ACCOUNT, row["id"]),
        project_id=ids.show(ids.PROJECT, row["project_id"]),
        leased=row["owner_account_id"] is not None,
        disconnected_reason=row["disconnect_reason"],
        **{name: row[name] for name in same},
    )
