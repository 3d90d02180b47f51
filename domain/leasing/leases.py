"""Leases: an operator's account for one tenant at a time, as an account of the tenant's own (decision 16).

What a tenant does hangs on that account, which is no other tenant's, and ends with the lease. What opens it
stays with its owner.

Lock order: owners' accounts by id before the accounts that are their leases. A lease begins under its owner's
lock, and ends under its own and its project's.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import account_lease, social_account
from domain.accounts import accounts
from domain.leasing import offers
from domain.publishing import waiting
from domain.tenancy import audit, project_locks
from domain.tenancy.api_keys import Actor
from schemas import ids
from schemas.accounts import AccountDisconnected, LeaseEnd
from schemas.api_keys import Env
from schemas.errors import Conflict, NotFound
from schemas.errors.absent import absent
from schemas.leases import LeasedAccount

#: Why a lease's posts are canceled.
CANCELED: Mapping[LeaseEnd, str] = {
    "released": "lease_released",
    "recalled": "lease_recalled",
    "project_archived": waiting.ARCHIVED,
}

UNKNOWN = "is no account that is known here"


async def lend(
    conn: Conn, *, who: Actor, request: asyncpg.Record, named: Sequence[UUID | None]
) -> list[UUID]:
    """A lease of each of these accounts for the project of the request, which is held active, or of none.

    `named` are the owners'; None is no id of an account. Raises `NotFound`, `Conflict` ACCOUNT_NOT_LEASABLE.
    """
    org, owner_ids = request["organization_id"], [one for one in named if one]
    held = {row["id"]: row for row in await account_lease.lock_owners.all(conn, ids=owner_ids)}
    if unknown := [place for place, one in enumerate(named) if one not in held]:
        issues = [_issue(place, UNKNOWN) for place in unknown]
        raise NotFound("no such account: check the ids, and that the accounts are offered", issues=issues)
    leased = await offers.leased_of(conn, owner_ids)
    _refuse(_hindrances(who, request, [held[one] for one in owner_ids], leased))
    new = [ids.new() for _ in owner_ids]
    where = {"org": org, "project_id": request["project_id"]}
    rows = await account_lease.insert_accounts.all(conn, **where, ids=new, owner_ids=owner_ids)
    made = {row["id"] for row in rows}
    connected = [(place, one) for place, one in enumerate(owner_ids) if one not in made]
    _refuse([_issue(place, "is connected by the project itself") for place, _ in connected])
    await account_lease.insert_leases.run(conn, org=org, ids=new, request_id=request["id"])
    for account_id, owner_id in zip(new, owner_ids, strict=True):
        await _record_begin(conn, who, request, account_id, held[owner_id])
    return new


async def release(
    conn: Conn, *, organization_id: UUID, account_id: UUID, api_key_id: UUID | None, reason: LeaseEnd
) -> AccountDisconnected:
    """End a lease; a repeat answers the same. From the commit on nothing is sent. Raises `NotFound`.

    As `connections.disconnect`; what is under way is asked about on, with what opens the owner's account.
    """
    place = {"organization_id": organization_id, "account_id": account_id}
    found = await social_account.get_account.one(conn, org=organization_id, id=account_id)
    if found is None or found["owner_account_id"] is None:
        raise absent("leased_account")
    await project_locks.lock(
        conn, organization_id=organization_id, project_id=found["project_id"], versions=None
    )
    canceled = (await accounts.find(conn, **place))["canceled_posts"]
    if canceled is None:
        canceled = await _end(conn, organization_id, account_id, api_key_id, reason)
    shown = ids.show(ids.ACCOUNT, account_id)
    return AccountDisconnected(social_account_id=shown, canceled_scheduled_posts=canceled)


async def recall(conn: Conn, *, who: Actor, account_id: UUID) -> AccountDisconnected:
    """`release` by an operator, of any organization's lease in the environment. Raises `NotFound`."""
    org = await account_lease.find_lease.value(conn, account_id=account_id, env=who.env)
    if org is None:
        raise absent("leased_account")
    ended = await release(
        conn, organization_id=org, account_id=account_id, api_key_id=None, reason="recalled"
    )
    await _record(conn, who, account_id, "recalled", organizationId=ids.show(ids.ORGANIZATION, org))
    return ended


async def end_next_of_project(conn: Conn, *, organization_id: UUID, project_id: UUID) -> bool:
    """End the next lease of an archived project, where no post comes to wait now; False: none is left."""
    account_id = await account_lease.find_open.value(conn, org=organization_id, project_id=project_id)
    if account_id is None:
        return False
    await _end(conn, organization_id, account_id, None, "project_archived")
    return True


async def list_page(
    conn: Conn, *, organization_id: UUID, project_id: UUID, before: UUID | None, limit: int
) -> list[LeasedAccount]:
    """At most `limit` leases of a project older than `before`, newest first. Raises `NotFound`."""
    await project_locks.check(conn, organization_id=organization_id, project_id=project_id)
    rows = await account_lease.list_leases.all(
        conn, org=organization_id, project_id=project_id, before=before, limit=limit
    )
    return [_shown(row) for row in rows]


def _hindrances(
    who: Actor, request: asyncpg.Record, held: Sequence[asyncpg.Record], leased: set[UUID]
) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for place, row in enumerate(held):
        found += [_issue(place, what) for what in _hindrance(who.env, request, row, leased)]
    return found


def _hindrance(env: Env, request: asyncpg.Record, row: asyncpg.Record, leased: set[UUID]) -> Iterator[str]:
    if row["env"] != env:
        yield "belongs to the other environment, live or sandbox"
    elif row["owner_account_id"] is not None:
        yield "is a lease itself"
    elif row["offered_at"] is None:
        yield "is not offered for lease"
    elif row["status"] != "connected":
        yield f"is {row['status']}"
    elif row["id"] in leased:
        yield "is leased"
    if request["platform"] not in {None, row["platform"]}:
        yield f"is of {row['platform']}: the request asks for {request['platform']}"


def _issue(place: int, message: str) -> dict[str, str]:
    return {"path": f"socialAccountIds[{place}]", "message": message}


def _refuse(issues: Sequence[dict[str, str]]) -> None:
    if issues:
        raise Conflict(
            "ACCOUNT_NOT_LEASABLE", "an account can't be leased now: leave it out", issues=[*issues]
        )


async def _end(
    conn: Conn, organization_id: UUID, account_id: UUID, api_key_id: UUID | None, reason: LeaseEnd
) -> int:
    """How many posts it canceled, or whoever was sooner; an archive's job holds no lock of the project."""
    place = {"organization_id": organization_id, "account_id": account_id}
    canceled = await waiting.cancel_of_account(conn, **place, reason=CANCELED[reason])
    ended = {"canceled_posts": canceled, "reason": reason}
    owner = await account_lease.end_account.one(conn, org=organization_id, id=account_id, **ended)
    if owner is None:
        before: int = (await accounts.find(conn, **place))["canceled_posts"]
        return before
    await account_lease.end_lease.run(conn, org=organization_id, account_id=account_id)
    said = {"reason": reason, "canceledScheduledPosts": canceled}
    await accounts.record(conn, **place, api_key_id=api_key_id, action="lease_ended", details=said)
    mine = {"organization_id": owner["owner_organization_id"], "account_id": owner["owner_account_id"]}
    told = {"reason": reason, "organizationId": ids.show(ids.ORGANIZATION, organization_id)}
    await accounts.record(conn, **mine, api_key_id=None, action="returned", details=told)
    return canceled


async def _record_begin(
    conn: Conn, who: Actor, request: asyncpg.Record, account_id: UUID, owner: asyncpg.Record
) -> None:
    """To the tenant, who is told nothing of the operator; and to the owner."""
    org, asked = request["organization_id"], ids.show(ids.LEASE_REQUEST, request["id"])
    mine = {"organization_id": org, "account_id": account_id}
    await accounts.record(conn, **mine, api_key_id=None, action="leased", details={"requestId": asked})
    own = owner["organization_id"] == who.organization_id
    told = {
        "requestId": asked,
        "organizationId": ids.show(ids.ORGANIZATION, org),
        "socialAccountId": ids.show(ids.ACCOUNT, account_id),
    }
    theirs = {"organization_id": owner["organization_id"], "account_id": owner["id"]}
    key = who.key_uuid if own else None
    await accounts.record(conn, **theirs, api_key_id=key, action="lent", details=told)


async def _record(conn: Conn, who: Actor, account_id: UUID, action: str, **said: Any) -> None:
    await audit.record(
        conn,
        organization_id=who.organization_id,
        api_key_id=who.key_uuid,
        action=f"lease.{action}",
        subject=ids.show(ids.ACCOUNT, account_id),
        details=said,
    )


def _shown(row: asyncpg.Record) -> LeasedAccount:
    same = ("platform", "service_url", "handle", "avatar_url", "status", "leased_at", "ended_at")
    return LeasedAccount(
        social_account_id=ids.show(ids.ACCOUNT, row["account_id"]),
        project_id=ids.show(ids.PROJECT, row["project_id"]),
        request_id=ids.show(ids.LEASE_REQUEST, row["request_id"]),
        disconnected_reason=row["disconnect_reason"],
        **{name: row[name] for name in same},
    )
