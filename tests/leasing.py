"""An operator with an account to lend, and tenants that request one, by the product's own functions."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from db.pool import Conn, Pool, run_in_transaction
from domain.connecting import connect
from domain.leasing import leases, offers, requests
from domain.tenancy.api_keys import ALL_API_KEY_SCOPES, Actor
from schemas import ids
from schemas.accounts import AccountDisconnected
from schemas.errors import StateConflict
from schemas.leases import LeaseRequestCreate, OperatedRequest
from tests import seeds
from tests.domain.project import Project


class LeaseOwner(NamedTuple):
    """The operator's organization, and an account of it offered for lease."""

    org: UUID
    project_id: UUID
    account_id: UUID

    @property
    def actor(self) -> Actor:
        return Actor(self.org, "live", None, ALL_API_KEY_SCOPES)

    @property
    def shown(self) -> str:
        return ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, self.account_id)


async def owner(conn: Conn, *, handle: str = "bakes") -> LeaseOwner:
    org = await seeds.organization(conn)
    project_id = await seeds.project(conn, org, name="Ours")
    return await another(conn, LeaseOwner(org, project_id, org), handle=handle)


async def another(conn: Conn, owner: LeaseOwner, *, handle: str) -> LeaseOwner:
    """Add another account of the same operator."""
    account_id = await seeds.account(conn, owner.org, owner.project_id, handle=handle)
    async with conn.transaction():
        await offers.offer_account_for_lease(conn, actor=owner.actor, account_id=account_id, niche="baking")
    return owner._replace(account_id=account_id)


async def tenant(conn: Conn) -> Project:
    org = await seeds.organization(conn)
    return Project(org, await seeds.project(conn, org))


async def ask(conn: Conn, project: Project, *, count: int = 1, **fields: Any) -> UUID:
    body = LeaseRequestCreate(count=count, niche="baking", **fields)
    async with conn.transaction():
        made = await requests.create_lease_request(
            conn, organization_id=project.org, project_id=project.id, api_key_id=None, body=body
        )
    return seeds.parse_id(ids.LEASE_REQUEST_ID_PREFIX, made.request_id)


async def assign(pool: Pool, owner: LeaseOwner, request_id: UUID, *account_ids: UUID) -> OperatedRequest:
    """Assign the owner's account, or the given ones."""
    named = [ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, one) for one in account_ids or (owner.account_id,)]
    lend = partial(
        requests.assign_leased_accounts_to_request, actor=owner.actor, request_id=request_id, account_ids=named
    )
    return await run_in_transaction(pool, lend)


async def lend(pool: Pool, owner: LeaseOwner, project: Project) -> UUID:
    """Lend the owner's account; return the tenant's id of it."""
    async with pool.acquire() as conn:
        request_id = await ask(conn, project)
    answer = await assign(pool, owner, request_id)
    return seeds.parse_id(ids.ACCOUNT_ID_PREFIX, answer.assigned_social_account_ids[0])


async def release(pool: Pool, project: Project, account_id: UUID) -> AccountDisconnected:
    let_go = partial(leases.end_lease_of_account, organization_id=project.org, account_id=account_id)
    return await run_in_transaction(pool, partial(let_go, api_key_id=None, reason="released"))


@contextmanager
def conflict(reason: str) -> Iterator[pytest.ExceptionInfo[StateConflict]]:
    """Expect a `StateConflict` with this reason."""
    with pytest.raises(StateConflict) as refused:
        yield refused
    assert refused.value.details["reason"] == reason


async def schedule(conn: Conn, project: Project, account_id: UUID, *, hours: float = 1) -> UUID:
    """Schedule a post with new content."""
    content_id = await seeds.content(conn, project.org, project.id)
    at = datetime.now(UTC) + timedelta(hours=hours)
    return await seeds.post(conn, project.org, content_id, account_id, at=at)


async def disconnect(pool: Pool, org: UUID, account_id: UUID) -> AccountDisconnected:
    end = partial(connect.disconnect_account, organization_id=org, account_id=account_id)
    return await run_in_transaction(pool, partial(end, api_key_id=None, keyring=seeds.VAULT))


async def recall(pool: Pool, owner: LeaseOwner, account_id: UUID) -> AccountDisconnected:
    return await run_in_transaction(
        pool, lambda conn: leases.recall_leased_account(conn, actor=owner.actor, account_id=account_id)
    )


async def end_next(pool: Pool, project: Project) -> bool:
    """End the next lease, as the archive's job does."""
    end = partial(leases.end_next_lease_of_archived_project, organization_id=project.org, project_id=project.id)
    return await run_in_transaction(pool, end)


async def status(conn: Conn, account_id: UUID) -> str:
    found: str = await conn.fetchval("select status from social_account where id = $1", account_id)
    return found


async def actions(conn: Conn, org: UUID) -> list[str]:
    """Return the actions of the organization's audit log, in their order."""
    rows = await conn.fetch("select action from audit_log where organization_id = $1 order by id", org)
    return [row["action"] for row in rows]
