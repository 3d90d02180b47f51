"""What operators offer for lease: connected accounts of an organization of their own (api.md 10).

While an account is offered only its leases post to it. Its row's lock decides between an offer, a schedule,
a lease and its end.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import account_lease, social_account
from domain.accounts import accounts
from domain.tenancy.api_keys import Actor
from schemas import ids
from schemas.api_keys import Env
from schemas.errors import Conflict
from schemas.errors.absent import absent
from schemas.leases import Lessee, OfferedAccount


async def offer(conn: Conn, *, who: Actor, account_id: UUID, niche: str) -> OfferedAccount:
    """Raises `NotFound`, `Conflict` ACCOUNT_LEASED, ACCOUNT_NOT_CONNECTED, POSTS_WAIT or ACCOUNT_OFFERED."""
    place = {"org": who.organization_id, "id": account_id}
    held = await _lock(conn, who.organization_id, account_id)
    if held["status"] != "connected":
        raise Conflict("ACCOUNT_NOT_CONNECTED", f"the account is {held['status']}: connect it first")
    if await account_lease.has_open_posts.value(conn, org=who.organization_id, account_id=account_id):
        raise Conflict("POSTS_WAIT", "posts of your own wait for the account: cancel them, or let them go")
    try:
        await account_lease.offer_account.run(conn, **place, niche=niche)
    except asyncpg.UniqueViolationError:
        raise Conflict(
            "ACCOUNT_OFFERED", "another project has connected the same account and offers it: withdraw that"
        ) from None
    await _record(conn, who, account_id, "offered", niche=niche)
    return await get(conn, organization_id=who.organization_id, account_id=account_id)


async def withdraw(conn: Conn, *, who: Actor, account_id: UUID) -> OfferedAccount:
    """Lend it no more; a repeat changes nothing. Raises `NotFound`, `Conflict` ACCOUNT_LEASED."""
    place = {"org": who.organization_id, "id": account_id}
    held = await _lock(conn, who.organization_id, account_id)
    await check_free(conn, account_id=account_id)
    if held["offered_at"] is not None:
        await account_lease.withdraw_account.run(conn, **place)
        await _record(conn, who, account_id, "withdrawn")
    return await get(conn, organization_id=who.organization_id, account_id=account_id)


async def check_free(conn: Conn, *, account_id: UUID) -> None:
    """In a transaction that holds the owner's account. Raises `Conflict` ACCOUNT_LEASED."""
    if await leased_of(conn, [account_id]):
        raise accounts.leased("somebody leases the account: recall the lease first, or wait for its end")


async def leased_of(conn: Conn, account_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these are leased now; exact for those that this transaction holds."""
    return {row["id"] for row in await account_lease.list_leased.all(conn, ids=account_ids)}


async def get(conn: Conn, *, organization_id: UUID, account_id: UUID) -> OfferedAccount:
    return _shown(await account_lease.get_offered.row(conn, org=organization_id, id=account_id))


async def list_page(conn: Conn, *, env: Env, before: UUID | None, limit: int) -> list[OfferedAccount]:
    """At most `limit` of what is offered in any organization of the environment, newest first."""
    rows = await account_lease.list_offered.all(conn, env=env, before=before, limit=limit)
    return [_shown(row) for row in rows]


async def _lock(conn: Conn, organization_id: UUID, account_id: UUID) -> asyncpg.Record:
    held = await social_account.lock_account.one(conn, org=organization_id, id=account_id)
    if held is None:
        raise absent("account")
    if held["owner_account_id"] is not None:
        raise accounts.leased("the account is leased itself: only its owner can offer it")
    return held


async def _record(conn: Conn, who: Actor, account_id: UUID, action: str, **said: str) -> None:
    place = {"organization_id": who.organization_id, "account_id": account_id}
    await accounts.record(conn, **place, api_key_id=who.key_uuid, action=action, details=said)


def _shown(row: asyncpg.Record) -> OfferedAccount:
    same = ("platform", "service_url", "handle", "status", "niche", "offered_at")
    return OfferedAccount(
        social_account_id=ids.show(ids.ACCOUNT, row["id"]),
        organization_id=ids.show(ids.ORGANIZATION, row["organization_id"]),
        project_id=ids.show(ids.PROJECT, row["project_id"]),
        lease=_lessee(row) if row["tenant_id"] else None,
        **{name: row[name] for name in same},
    )


def _lessee(row: asyncpg.Record) -> Lessee:
    return Lessee(
        organization_id=ids.show(ids.ORGANIZATION, row["tenant_id"]),
        project_id=ids.show(ids.PROJECT, row["tenant_project_id"]),
        social_account_id=ids.show(ids.ACCOUNT, row["tenant_account_id"]),
        since=row["since"],
    )
