"""Leases: assignment, duration, and exclusive use of an account."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.pool import Conn, Pool, run_in_transaction
from db.queries.aged_rows import SANDBOX_ROW_AGING_STATEMENTS
from domain.accounts import accounts
from domain.leasing import leases, offers, requests
from schemas import ids
from schemas.errors import InvalidValue, ObjectNotFound
from schemas.leases import OperatedRequest
from tests import leasing, seeds
from tests.domain.project import Project
from tests.leasing import LeaseOwner


async def test_only_free_accounts_are_leased_and_all_faults_reported(
    pool: Pool, conn: Conn, owner: LeaseOwner, leased: UUID
) -> None:
    """All or nothing, with a reason for each refused account."""
    withdrawn, shut, gone, free = [(await leasing.another(conn, owner, handle=handle)).account_id for handle in "wsgf"]
    async with conn.transaction():
        await offers.withdraw_account_offer(conn, actor=owner.actor, account_id=withdrawn)
        await accounts.mark_account_for_reauth(conn, organization_id=owner.org, account_id=shut, reason="EXPIRED")
    await leasing.disconnect(pool, owner.org, gone)
    request_id = await leasing.ask(conn, await leasing.tenant(conn), count=6)
    with leasing.conflict("ACCOUNT_NOT_LEASABLE") as refused:
        await leasing.assign(pool, owner, request_id, leased, owner.account_id, withdrawn, free, shut, gone)
    assert [(issue["path"], issue["message"]) for issue in refused.value.details["issues"]] == [
        ("socialAccountIds[0]", "is a lease itself"),
        ("socialAccountIds[1]", "is leased"),
        ("socialAccountIds[2]", "is not offered for lease"),
        ("socialAccountIds[4]", "is reauth_required"),
        ("socialAccountIds[5]", "is not offered for lease"),
    ]
    assert await conn.fetchval("select count(*) from account_lease") == 1


async def test_account_of_the_other_environment_is_not_found(
    pool: Pool, conn: Conn, owner: LeaseOwner, project: Project
) -> None:
    sandbox = await conn.fetchval("select id from organization where live_organization_id = $1", owner.org)
    test = LeaseOwner(sandbox, await seeds.project(conn, sandbox), sandbox)
    test = await leasing.another(conn, test, handle="pretended")
    request_id = await leasing.ask(conn, project)
    said = []
    for account_id in (test.account_id, ids.new_uuid7()):
        with pytest.raises(ObjectNotFound) as refused:
            await leasing.assign(pool, owner, request_id, account_id)
        said.append((refused.value.message, refused.value.details))
    assert said[0] == said[1]
    with pytest.raises(ObjectNotFound):  # a sandbox's operator doesn't see the request either
        await requests.assign_leased_accounts_to_request(
            conn, actor=test.actor._replace(env="test"), request_id=request_id, account_ids=[test.shown]
        )


async def test_request_is_assigned_in_parts_up_to_its_count(
    pool: Pool, conn: Conn, owner: LeaseOwner, project: Project
) -> None:
    more = [(await leasing.another(conn, owner, handle=handle)).account_id for handle in "abc"]
    request_id = await leasing.ask(conn, project, count=3)
    with pytest.raises(InvalidValue):
        await leasing.assign(pool, owner, request_id, owner.account_id, owner.account_id)
    with pytest.raises(ObjectNotFound) as unknown:
        await leasing.assign(pool, owner, request_id, owner.account_id, ids.new_uuid7())
    assert unknown.value.details["issues"][0]["path"] == "socialAccountIds[1]"
    assert (await leasing.assign(pool, owner, request_id)).status == "partial"
    with leasing.conflict("TOO_MANY_ACCOUNTS"):
        await leasing.assign(pool, owner, request_id, *more)
    done = await leasing.assign(pool, owner, request_id, *more[:2])
    assert (done.status, len(set(done.assigned_social_account_ids))) == ("assigned", 3)
    assert done.assigned_at
    for late in (leasing.assign(pool, owner, request_id, more[2]), reject(pool, owner, request_id)):
        with leasing.conflict("ALREADY_DECIDED"):
            await late


async def reject(pool: Pool, owner: LeaseOwner, request_id: UUID) -> OperatedRequest:
    no = partial(requests.reject_lease_request, actor=owner.actor, request_id=request_id, reason="None left.")
    return await run_in_transaction(pool, no)


async def test_rejection_keeps_leases(pool: Pool, conn: Conn, owner: LeaseOwner, project: Project) -> None:
    request_id = await leasing.ask(conn, project, count=2)
    await leasing.assign(pool, owner, request_id)
    assert (await reject(pool, owner, request_id)).status == "partial"
    for late in (leasing.assign(pool, owner, request_id), reject(pool, owner, request_id)):
        with leasing.conflict("ALREADY_DECIDED"):
            await late
    assert await conn.fetchval("select count(*) from account_lease where upper_inf(period)") == 1


async def test_a_recall_repeated_ends_no_other_tenants_lease(
    pool: Pool, conn: Conn, owner: LeaseOwner, project: Project, leased: UUID
) -> None:
    first = await leasing.recall(pool, owner, leased)
    again = await leasing.lend(pool, owner, await leasing.tenant(conn))
    assert await leasing.recall(pool, owner, leased) == first
    assert await leasing.status(conn, again) == "connected"
    for nobodys in (owner.account_id, ids.new_uuid7()):
        with pytest.raises(ObjectNotFound):
            await leasing.recall(pool, owner, nobodys)


async def test_audit_entries_hide_the_operator_from_the_tenant(
    pool: Pool, conn: Conn, owner: LeaseOwner, project: Project, leased: UUID
) -> None:
    await leasing.recall(pool, owner, leased)
    told = ["lease_request.created", "social_account.leased", "lease_request.assigned"]
    assert (await leasing.actions(conn, project.org))[-4:] == [*told, "social_account.lease_ended"]
    assert (await leasing.actions(conn, owner.org))[-5:] == [
        "social_account.offered",
        "social_account.lent",
        "lease_request.assigned",
        "social_account.returned",
        "lease.recalled",
    ]
    rows = await conn.fetch("select details::text from audit_log where organization_id = $1", project.org)
    said = "".join(row["details"] for row in rows)
    assert str(leased) in said
    assert str(owner.account_id) not in said
    assert str(owner.org) not in said


async def test_database_excludes_two_leases_of_an_account(
    pool: Pool, conn: Conn, owner: LeaseOwner, project: Project, leased: UUID
) -> None:
    other = await leasing.lend(pool, await leasing.another(conn, owner, handle="two"), project)
    take = "update account_lease set owner_account_id = $1 where account_id = $2"
    with pytest.raises(asyncpg.ExclusionViolationError):
        await conn.execute(take, owner.account_id, other)
    await conn.execute(
        "update account_lease set period = tstzrange(now() + '1 day', null) where account_id = $1", other
    )
    with pytest.raises(asyncpg.ExclusionViolationError):
        await conn.execute(take, owner.account_id, other)
    await leasing.release(pool, project, leased)
    await conn.execute(take, owner.account_id, other)


@pytest.mark.usefixtures("leased")
async def test_clock_set_back_makes_no_overlapping_leases(
    pool: Pool, conn: Conn, owner: LeaseOwner, project: Project
) -> None:
    for _ in range(2):
        [row] = await conn.fetch(
            """update account_lease set period = tstzrange(clock_timestamp() + interval '1 hour', null)
                where upper_inf(period) returning organization_id, account_id"""
        )
        await leasing.release(pool, project._replace(org=row["organization_id"]), row["account_id"])
        await leasing.lend(pool, owner, await leasing.tenant(conn))
    periods = [row["period"] for row in await conn.fetch("select period from account_lease order by period")]
    assert [period.isempty for period in periods] == [False] * 3
    assert periods[0].upper <= periods[1].lower
    assert periods[1].upper <= periods[2].lower


async def test_aged_leases_never_overlap(pool: Pool, conn: Conn, owner: LeaseOwner, project: Project) -> None:
    """Of one sandbox and of two, in any order; the times that tenants see do move."""
    other = await leasing.tenant(conn)
    for tenant in (other, project, project, other):
        await leasing.release(pool, tenant, await leasing.lend(pool, owner, tenant))
    await leasing.lend(pool, owner, project)
    before = await shown(conn, project)
    week = timedelta(days=7)
    for statement in SANDBOX_ROW_AGING_STATEMENTS:
        await statement.run(conn, org=project.org, by=week)
    after = await shown(conn, project)
    assert [at and at + week for at in after] == before
    assert before.count(None) == 1


async def shown(conn: Conn, project: Project) -> list[datetime | None]:
    """Return starts and ends of a project's leases in its list, and the last one's start in its owner's."""
    where: dict[str, Any] = {"organization_id": project.org, "project_id": project.id}
    listed = await leases.list_account_leases_of_project(conn, **where, before=None, limit=10)
    [offered] = await offers.list_lease_offers_of_environment(conn, env="live", before=None, limit=10)
    assert offered.lease
    return [at for one in listed for at in (one.leased_at, one.ended_at)] + [offered.lease.since]
