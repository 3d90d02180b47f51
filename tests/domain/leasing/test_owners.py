"""Credential, quota and end of a leased account are its owner's, and both sides see changes."""

from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.accounts import accounts
from domain.leasing import offers
from schemas.errors import StateConflict
from tests import leasing, seeds
from tests.domain.project import Project
from tests.leasing import LeaseOwner


async def connect_again(conn: Conn, owner: LeaseOwner, handle: str) -> None:
    """Connect the owner's account again, under a new name."""
    async with conn.transaction():
        again = await seeds.account(conn, owner.org, owner.project_id, external_id="bakes", handle=handle)
    assert again == owner.account_id


async def test_tenant_sees_the_owners_reauthorization(
    conn: Conn, owner: LeaseOwner, project: Project, leased: UUID
) -> None:
    post_id = await leasing.schedule(conn, project, leased, hours=0)
    await conn.execute("update job set run_at = now() + interval '1 hour' where kind = 'publish_post'")
    async with conn.transaction():
        await accounts.mark_account_for_reauth(
            conn, organization_id=owner.org, account_id=owner.account_id, reason="TOKEN_REFUSED"
        )
    assert await leasing.status(conn, leased) == "reauth_required"
    await connect_again(conn, owner, "bakes-anew")
    shown = await accounts.read_account(conn, organization_id=project.org, account_id=leased)
    assert (shown.status, shown.handle) == ("connected", "bakes-anew")
    due = "select j.run_at <= now() from job j join scheduled_post p on p.job_id = j.id where p.id = $1"
    assert await conn.fetchval(due, post_id)
    assert (await leasing.actions(conn, project.org))[-2:] == [
        "social_account.reauth_required",
        "social_account.reconnected",
    ]


async def test_ended_lease_does_not_follow_its_owner(
    pool: Pool, conn: Conn, owner: LeaseOwner, project: Project, leased: UUID
) -> None:
    """A former tenant doesn't even see its new name."""
    await leasing.release(pool, project, leased)
    await connect_again(conn, owner, "for-the-next")
    shown = await accounts.read_account(conn, organization_id=project.org, account_id=leased)
    assert (shown.status, shown.handle) == ("disconnected", "bakes")


async def test_neither_side_disconnects_it_while_it_is_leased(
    pool: Pool, conn: Conn, owner: LeaseOwner, project: Project, leased: UUID
) -> None:
    for org, account_id in ((owner.org, owner.account_id), (project.org, leased)):
        with leasing.conflict("ACCOUNT_LEASED"):
            await leasing.disconnect(pool, org, account_id)
    assert await conn.fetchval("select count(*) from account_credential") == 1
    await leasing.recall(pool, owner, leased)
    await leasing.disconnect(pool, owner.org, owner.account_id)
    assert await conn.fetchval("select count(*) from account_credential") == 0
    assert await offers.list_lease_offers_of_environment(conn, env="live", before=None, limit=5) == []


async def test_account_can_be_withdrawn_after_its_lease(
    pool: Pool, conn: Conn, owner: LeaseOwner, project: Project, leased: UUID
) -> None:
    with pytest.raises(StateConflict, match="recall"):
        await offers.withdraw_account_offer(conn, actor=owner.actor, account_id=owner.account_id)
    await leasing.release(pool, project, leased)
    for _ in range(2):
        async with conn.transaction():
            answer = await offers.withdraw_account_offer(conn, actor=owner.actor, account_id=owner.account_id)
        assert (answer.offered_at, answer.niche, answer.lease) == (None, None, None)
    assert (await leasing.actions(conn, owner.org)).count("social_account.withdrawn") == 1


async def test_tenant_cannot_offer_a_leased_account(
    conn: Conn, owner: LeaseOwner, project: Project, leased: UUID
) -> None:
    """Its quota is its owner's, too."""
    with pytest.raises(StateConflict, match="leased itself"):
        await offers.offer_account_for_lease(
            conn, actor=owner.actor._replace(organization_id=project.org), account_id=leased, niche="mine"
        )
    with pytest.raises(StateConflict, match="owner's quota"):
        await accounts.set_account_own_quota(conn, organization_id=project.org, account_id=leased, posts=1, seconds=60)


async def test_repeated_offer_changes_the_niche_and_keeps_its_time(conn: Conn, owner: LeaseOwner) -> None:
    async with conn.transaction():
        first = await offers.read_lease_offer_of_account(conn, organization_id=owner.org, account_id=owner.account_id)
        again = await offers.offer_account_for_lease(
            conn, actor=owner.actor, account_id=owner.account_id, niche="cooking"
        )
    assert (again.niche, again.offered_at) == ("cooking", first.offered_at)


async def test_own_account_is_not_leased(pool: Pool, conn: Conn, owner: LeaseOwner, project: Project) -> None:
    mine = await seeds.account(conn, project.org, project.id, handle="bakes")
    with pytest.raises(StateConflict) as refused:
        await leasing.lend(pool, owner, project)
    assert refused.value.details["issues"] == [
        {"path": "socialAccountIds[0]", "message": "is connected by the project itself"}
    ]
    assert await conn.fetchval("select count(*) from social_account") == 2
    await leasing.disconnect(pool, project.org, mine)
    leased = await leasing.lend(pool, owner, project)
    with pytest.raises(StateConflict, match="leases bakes"):
        await seeds.account(conn, project.org, project.id, handle="bakes")
    assert await leasing.status(conn, leased) == "connected"


async def test_account_connected_twice_is_offered_once(pool: Pool, conn: Conn, owner: LeaseOwner) -> None:
    """In any organization; each sandbox has fake accounts of its own."""
    org = await seeds.organization(conn)
    twin = LeaseOwner(org, await seeds.project(conn, org), org)
    with leasing.conflict("ACCOUNT_OFFERED"):
        await leasing.another(conn, twin, handle="bakes")
    async with conn.transaction():
        await offers.withdraw_account_offer(conn, actor=owner.actor, account_id=owner.account_id)
    await leasing.another(conn, twin, handle="bakes")
    for live in (owner.org, org):
        test = await conn.fetchval("select id from organization where live_organization_id = $1", live)
        sandbox = LeaseOwner(test, await seeds.project(conn, test), test)
        await leasing.another(conn, sandbox, handle="bakes")
