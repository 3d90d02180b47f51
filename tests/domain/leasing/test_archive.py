"""The archive of a project closes its open requests for accounts and ends its leases, also in races."""

import asyncio
from functools import partial
from importlib.resources import files
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, Pool
from domain.accounts import accounts
from domain.leasing import leases, requests
from schemas import ids
from schemas.errors import StateConflict
from schemas.leases import OperatedRequest
from tests import leasing
from tests.domain.leasing.test_leases import reject
from tests.domain.leasing.test_races import shuffled
from tests.domain.project import Project, archive
from tests.domain.publishing import post_scene as scene
from tests.domain.webhooks import watching
from tests.jobs.scene import waits_for_lock
from tests.leasing import LeaseOwner
from tests.waiting import eventually

ROUNDS = 20


async def shown(conn: Conn, project: Project, request_id: UUID) -> tuple[str, str | None]:
    found = await requests.read_lease_request(
        conn, organization_id=project.org, project_id=project.id, request_id=request_id
    )
    return found.status, found.reason


async def open_ones(conn: Conn) -> set[str]:
    """Return the ids of the undecided requests in the operators' list."""
    listed = await requests.list_lease_requests_of_environment(
        conn, env="live", statuses=["requested", "partial"], before=None, limit=200
    )
    return {one.request_id for one in listed if one.reason is None}


@pytest.mark.parametrize("migrated", [False, True])
async def test_archive_closes_open_ones(
    pool: Pool, conn: Conn, owner: LeaseOwner, project: Project, migrated: bool
) -> None:
    """Once for each, with one event; a migration does so after an archive of an earlier release."""
    await watching.listen(conn, project.org)
    partly = await leasing.ask(conn, project, count=2)
    await leasing.assign(pool, owner, partly)
    refused, asked = [await leasing.ask(conn, project) for _ in range(2)]
    await reject(pool, owner, refused)
    others = await leasing.ask(conn, elsewhere := await leasing.tenant(conn))
    assert len(await open_ones(conn)) == 3
    if migrated:
        left_open = "update project set status = 'archived', archived_at = now() where id = $1"
        await conn.execute(left_open, project.id)
    migration = files("db").joinpath("take_over/migrations/0046_close_lease_requests.sql").read_text()
    for _ in range(2):
        await (conn.execute(migration) if migrated else archive(conn, project))
    found = [await shown(conn, project, one) for one in (partly, refused, asked)]
    closed = requests.ARCHIVE_LEASE_REQUEST_CLOSE_REASON
    assert found == [("partial", closed), ("rejected", "None left."), ("rejected", closed)]
    assert await shown(conn, elsewhere, others) == ("requested", None)
    assert await open_ones(conn) == {ids.format_prefixed_id(ids.LEASE_REQUEST_ID_PREFIX, others)}
    told = await conn.fetch("select object_id from webhook_event where type = 'lease_request.rejected'")
    assert sorted(row["object_id"] for row in told) == sorted([partly, refused, asked])
    noted = await conn.fetch("select details from audit_log where action = 'project.archived'")
    assert [row["details"] for row in noted] == ([] if migrated else [{"closedLeaseRequests": 2}])


@pytest.mark.parametrize("verb", ["assign", "reject"])
async def test_operator_and_archive_serialize(wide: Pool, conn: Conn, owner: LeaseOwner, verb: str) -> None:
    """Either may be first: the request is decided once, and an archived project gets no lease."""
    for _ in range(ROUNDS):
        project = await leasing.tenant(conn)
        asked = await leasing.ask(conn, project)
        decide: Any = leasing.assign if verb == "assign" else reject
        decided, archived = await shuffled(partial(decide, wide, owner, asked), partial(scene.archive, wide, project))
        assert not isinstance(archived, BaseException), archived
        status, reason = await shown(conn, project, asked)
        if isinstance(decided, OperatedRequest):
            expected = ("assigned", None) if verb == "assign" else ("rejected", "None left.")
        else:
            assert isinstance(decided, StateConflict), decided
            expected = ("rejected", requests.ARCHIVE_LEASE_REQUEST_CLOSE_REASON)
        assert (status, reason) == expected
        while await leasing.end_next(wide, project):
            pass
        assert await scene.unfinished(conn) == []


@pytest.mark.parametrize("first", ["released", "project_archived"])
async def test_of_two_ends_of_a_lease_the_second_changes_nothing(
    pool: Pool, conn: Conn, project: Project, leased: UUID, first: str
) -> None:
    """The archive's job doesn't lock the project, and has read the lease as open."""
    await leasing.schedule(conn, project, leased)
    await archive(conn, project)
    async with conn.transaction():
        if first == "released":
            await leases.end_lease_of_account(
                conn, organization_id=project.org, account_id=leased, api_key_id=None, reason="released"
            )
            ending = asyncio.create_task(leasing.end_next(pool, project))
        else:
            await leases.end_next_lease_of_archived_project(conn, organization_id=project.org, project_id=project.id)
            ending = asyncio.create_task(has_released(pool, project, leased))
        ended = await conn.fetchval("select upper(period) from account_lease")
        async with pool.acquire() as observer:
            await eventually(lambda: waits_for_lock(observer))
    assert await ending
    assert await has_released(pool, project, leased)
    assert (await leasing.actions(conn, project.org)).count("social_account.lease_ended") == 1
    account = await accounts.read_account(conn, organization_id=project.org, account_id=leased)
    assert (account.status, account.disconnected_reason) == ("disconnected", first)
    assert await conn.fetchval("select upper(period) from account_lease") == ended
    assert not await leasing.end_next(pool, project)


async def has_released(pool: Pool, project: Project, account_id: UUID) -> bool:
    """Release a leased account, and return whether its one post was canceled."""
    return (await leasing.release(pool, project, account_id)).canceled_scheduled_posts == 1
