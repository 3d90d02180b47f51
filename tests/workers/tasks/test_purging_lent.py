"""Formerly leased accounts: their purge leaves a tombstone for the tenants' history."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, run_in_transaction
from domain.accounts import accounts
from domain.leasing import leases, offers, requests
from domain.media.store import MediaStore
from domain.operations import purge
from jobs.kinds import PURGE_PROJECT_KIND
from schemas.errors import ObjectNotFound
from tests import leasing, seeds
from tests.domain.project import Project as Tenant
from tests.domain.publishing import post_scene as scene
from tests.jobs.scene import start_blocked
from tests.workers.tasks.project import IngestProject
from tests.workers.tasks.test_purging import archived, begin, perform, purged

STUBS = "select count(*) from social_account where project_id is null"


async def lent(project: IngestProject, conn: Conn, tenants: int) -> tuple[leasing.LeaseOwner, list[Tenant], list[UUID]]:
    """Create an account that each of some tenants has leased and posted with; return also their ids of it."""
    pool = project.workers.pool
    owner = await leasing.another(conn, leasing.LeaseOwner(project.org, project.id, project.org), handle="ours")
    had = [await leasing.tenant(conn) for _ in range(tenants)]
    leased = []
    for tenant in had:
        leased.append(await leasing.lend(pool, owner, tenant))
        await sent(conn, tenant, owner, leased[-1], await leasing.schedule(conn, tenant, leased[-1]))
        await leasing.release(pool, tenant, leased[-1])
    return owner, had, leased


async def sent(conn: Conn, tenant: Tenant, owner: leasing.LeaseOwner, account_id: UUID, post_id: UUID) -> None:
    await conn.execute(
        """insert into account_send (organization_id, account_id, owner_account_id, id, post_id)
           values ($1, $2, $3, gen_random_uuid(), $4)""",
        tenant.org, account_id, owner.account_id, post_id,
    )  # fmt: skip


async def history(conn: Conn, tenant: Tenant, account_id: UUID) -> list[Any]:
    """Return all that a tenant can read of a lease, and its stored rows."""
    page: dict[str, Any] = {"organization_id": tenant.org, "project_id": tenant.id}
    page |= {"before": None, "limit": 5}
    no_filter: dict[str, Any] = dict.fromkeys(("platforms", "statuses"))
    return [
        await accounts.read_account(conn, organization_id=tenant.org, account_id=account_id),
        await accounts.list_account_page(conn, **page, **no_filter, leased=True),
        await leases.list_account_leases_of_project(conn, **page),
        await requests.list_project_lease_requests(conn, **page),
        await conn.fetch("select * from social_account where organization_id = $1", tenant.org),
        await conn.fetch("select * from account_lease where organization_id = $1", tenant.org),
        await conn.fetch("select * from scheduled_post where organization_id = $1", tenant.org),
    ]


async def test_tenants_history_stays_readable(project: IngestProject, conn: Conn, store: MediaStore) -> None:
    _, tenants, leased = await lent(project, conn, 2)
    held = [*zip(tenants, leased, strict=True)]
    before = [await history(conn, *one) for one in held]
    await archived(project)
    await purged(project, conn, store)
    assert [await history(conn, *one) for one in held] == before
    assert (before[0][0].leased, before[0][2][0].handle) == (True, "ours")
    # The tombstone is deleted with the last lease.
    for number, tenant in enumerate(tenants):
        assert await conn.fetchval(STUBS) == 1, f"{number} of its leases are gone"
        its = replace(project, org=tenant.org, id=tenant.id)
        await archived(its)
        await purged(its, conn, store)
    assert await conn.fetchval("select count(*) from social_account") == 0


async def test_the_tombstone_contains_no_data(project: IngestProject, conn: Conn, store: MediaStore) -> None:
    """It can't be read, lent or offered."""
    owner, (tenant,), _ = await lent(project, conn, 1)
    account_id = owner.account_id
    await archived(project)
    await purged(project, conn, store)
    stub = dict(await conn.fetchrow("select * from social_account where id = $1", account_id) or {})
    said = {name for name, value in stub.items() if value not in (None, "", {})}
    its_own = {"organization_id", "id", "platform", "status", "connected_at", "disconnected_at"}
    assert said == {*its_own, "canceled_posts"}
    for read in (accounts.read_account, accounts.lock_account):
        with pytest.raises(ObjectNotFound):
            await read(conn, organization_id=project.org, account_id=account_id)
    with pytest.raises(ObjectNotFound):
        await offers.offer_account_for_lease(conn, actor=owner.actor, account_id=account_id, niche="baking")
    with pytest.raises(ObjectNotFound):
        await leasing.lend(project.workers.pool, owner, tenant)


async def test_a_concurrent_purge_of_a_tenant_leaves_no_sends(
    project: IngestProject, conn: Conn, store: MediaStore
) -> None:
    pool = project.workers.pool
    _, (tenant,), _ = await lent(project, conn, 1)
    await conn.execute("update project set status = 'archived', archived_at = now()")
    claims = []
    for project_id in (project.id, tenant.id):
        await begin(pool, project_id)
        claims += await seeds.claims(conn, PURGE_PROJECT_KIND)
    ours, theirs = claims
    while await run_in_transaction(pool, partial(purge.purge_project_post_batch, claim=ours)):
        pass
    empty = partial(purge.delete_next_account_of_purged_project, claim=ours, keyring=seeds.VAULT)
    async with conn.transaction():
        assert await purge.purge_project_post_batch(conn, claim=theirs)
        waiting = await start_blocked(pool, run_in_transaction(pool, empty))
    assert await waiting
    assert await conn.fetchval(STUBS) == 1
    for claim in claims:
        assert (await perform(scene.context(pool, claim), store)).word == "completed"
    assert await conn.fetchval("select count(*) from social_account") == 0


@pytest.mark.parametrize("places", [(1, 2), (0, 1), (1, 0)])
async def test_two_concurrent_purges_leave_no_tombstone(
    project: IngestProject, conn: Conn, store: MediaStore, places: tuple[int, int]
) -> None:
    """Purges of the last two tenants, or of an owner (0) and its tenant: both see the other's row deleted."""
    pool = project.workers.pool
    _, tenants, _ = await lent(project, conn, max(places))
    await conn.execute("update project set status = 'archived', archived_at = now()")
    claims = []
    for project_id in (project.id, *(tenant.id for tenant in tenants)):
        await begin(pool, project_id)
        claims += await seeds.claims(conn, PURGE_PROJECT_KIND)
        while await run_in_transaction(pool, partial(purge.purge_project_post_batch, claim=claims[-1])):
            pass
    if 0 not in places:
        assert (await perform(scene.context(pool, claims[0]), store)).word == "completed"
    first, second = [
        partial(purge.delete_next_account_of_purged_project, claim=claims[at], keyring=seeds.VAULT) for at in places
    ]
    async with conn.transaction():
        assert await first(conn)
        waiting = await start_blocked(pool, run_in_transaction(pool, second))
    assert await waiting
    assert await conn.fetchval("select count(*) from social_account") == 0
