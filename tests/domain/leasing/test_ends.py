"""Concurrent ends of a lease: the second one changes nothing."""

import asyncio
from uuid import UUID

from db.pool import Conn, Pool
from domain.accounts import accounts
from domain.leasing import leases
from tests import leasing
from tests.domain.project import Project, archive
from tests.jobs.scene import waits_for_lock
from tests.waiting import eventually


async def test_archive_skips_a_released_lease(pool: Pool, conn: Conn, project: Project, leased: UUID) -> None:
    """The archive's job doesn't lock the project, and has read the lease as open."""
    await leasing.schedule(conn, project, leased)
    await archive(conn, project)
    async with conn.transaction():
        answer = await leases.end_lease_of_account(
            conn, organization_id=project.org, account_id=leased, api_key_id=None, reason="released"
        )
        ended = await conn.fetchval("select upper(period) from account_lease")
        ending = asyncio.create_task(leasing.end_next(pool, project))
        async with pool.acquire() as observer:
            await eventually(lambda: waits_for_lock(observer))
    assert await ending
    assert answer.canceled_scheduled_posts == 1
    assert await leasing.release(pool, project, leased) == answer
    assert (await leasing.actions(conn, project.org)).count("social_account.lease_ended") == 1
    shown = await accounts.read_account(conn, organization_id=project.org, account_id=leased)
    assert shown.disconnected_reason == "released"
    assert await conn.fetchval("select upper(period) from account_lease") == ended
    assert not await leasing.end_next(pool, project)


async def test_release_of_an_archived_lease_returns_its_count(
    pool: Pool, conn: Conn, project: Project, leased: UUID
) -> None:
    await leasing.schedule(conn, project, leased)
    await archive(conn, project)
    async with conn.transaction():
        await leases.end_next_lease_of_project(conn, organization_id=project.org, project_id=project.id)
        releasing = asyncio.create_task(leasing.release(pool, project, leased))
        async with pool.acquire() as observer:
            await eventually(lambda: waits_for_lock(observer))
    assert (await releasing).canceled_scheduled_posts == 1
    assert (await leasing.actions(conn, project.org)).count("social_account.lease_ended") == 1
    shown = await accounts.read_account(conn, organization_id=project.org, account_id=leased)
    assert (shown.status, shown.disconnected_reason) == ("disconnected", "project_archived")
