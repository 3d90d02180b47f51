"""Leased accounts: figures belong to the project that had the lease, and are read by the owner's token."""

from dataclasses import replace

from db.pool import Pool
from domain.accounts.credentials import TokenGrant
from tests import leasing, seeds
from tests.domain.project import Project
from tests.workers.collection.scene import CollectionScene


async def leased(scene: CollectionScene, owner: leasing.LeaseOwner, project: Project) -> CollectionScene:
    account_id = await leasing.lend(scene.pool, owner, project)
    return replace(scene, org=project.org, id=project.id, account_id=account_id)


async def test_each_tenant_gets_figures_of_its_own_posts_and_days(scene: CollectionScene, pool: Pool) -> None:
    """Followers belong to a tenant's own days; the figures of its posts are collected beyond them."""
    async with pool.acquire() as conn:
        owner = await leasing.owner(conn)
        await seeds.account(conn, owner.org, owner.project_id, handle="bakes", grant=TokenGrant(access_token="own"))
        other = await leasing.tenant(conn)
    await pool.execute("update social_account set collect_at = null where id = $1", scene.account_id)
    first = await leased(scene, owner, Project(scene.org, scene.id))
    post = await first.post("first")
    scene.platform.told = {"first": {"views": 3}}
    scene.platform.people = 10
    assert await scene.visit() == ["completed"] * 2
    await leasing.release(pool, Project(first.org, first.id), first.account_id)
    second = await leased(scene, owner, other)
    await scene.pass_time(24)
    scene.platform.told = {"first": {"views": 8}}
    scene.platform.people = 20
    assert await scene.visit() == ["completed"] * 3
    assert set(scene.platform.tokens) == {"own"}
    assert await scene.values(post) == [(3, 3), (8, 5)]
    assert await scene.values(first.account_id, "followers") == [(10, None)]
    assert await scene.values(second.account_id, "followers") == [(20, None)]
    assert await scene.values(owner.account_id, "followers") == []
    assert await scene.count("metric_snapshot where organization_id = $1", owner.org) == 0


async def test_an_ended_lease_is_collected_until_its_posts_are_old(scene: CollectionScene, pool: Pool) -> None:
    async with pool.acquire() as conn:
        owner = await leasing.owner(conn)
    first = await leased(scene, owner, Project(scene.org, scene.id))
    await leasing.release(pool, Project(first.org, first.id), first.account_id)
    await scene.pass_time(24 * 89)
    await scene.look()
    assert (await scene.account(first.account_id))["in_s"] is not None
    await scene.pass_time(24 * 2)
    await scene.look()
    assert (await scene.account(first.account_id))["in_s"] is None
