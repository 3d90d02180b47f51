"""The archive of a project closes its open requests for leased accounts, also in a race with operators."""

from functools import partial
from importlib.resources import files
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, Pool, transact
from domain.leasing import requests
from schemas import ids
from schemas.errors import Conflict
from schemas.leases import OperatedRequest
from tests import leasing
from tests.domain.leasing.test_races import shuffled
from tests.domain.project import Project, archive
from tests.domain.publishing import post_scene as scene
from tests.domain.webhooks import watching
from tests.leasing import LeaseOwner

ROUNDS = 20


async def shown(conn: Conn, project: Project, request_id: UUID) -> tuple[str, str | None]:
    found = await requests.get(
        conn, organization_id=project.org, project_id=project.id, request_id=request_id
    )
    return found.status, found.reason


async def open_ones(conn: Conn) -> set[str]:
    """Return the ids of the undecided requests in the operators' list."""
    listed = await requests.list_page(
        conn, env="live", statuses=["requested", "partial"], before=None, limit=200
    )
    return {one.request_id for one in listed if one.reason is None}


async def test_archive_closes_open_ones(pool: Pool, conn: Conn, owner: LeaseOwner, project: Project) -> None:
    partly = await leasing.ask(conn, project, count=2)
    await leasing.assign(pool, owner, partly)
    refused = await leasing.ask(conn, project)
    await transact(
        pool, partial(requests.reject, actor=owner.actor, request_id=refused, reason="none is left")
    )
    asked, elsewhere = await leasing.ask(conn, project), await leasing.tenant(conn)
    others = await leasing.ask(conn, elsewhere)
    assert len(await open_ones(conn)) == 3
    await archive(conn, project)
    found = [await shown(conn, project, one) for one in (partly, refused, asked)]
    closed = requests.PROJECT_ARCHIVED
    assert found == [("partial", closed), ("rejected", "none is left"), ("rejected", closed)]
    assert await shown(conn, elsewhere, others) == ("requested", None)
    assert await open_ones(conn) == {ids.show(ids.LEASE_REQUEST, others)}
    details = await conn.fetchval("select details from audit_log where action = 'project.archived'")
    assert details == {"closedLeaseRequests": 2}


async def test_each_closed_request_emits_one_event(conn: Conn, project: Project) -> None:
    await watching.listen(conn, project.org)
    asked = await leasing.ask(conn, project)
    await archive(conn, project)
    await archive(conn, project)
    told = await conn.fetch("select object_id from webhook_event where type = 'lease_request.rejected'")
    assert [row["object_id"] for row in told] == [asked]


async def test_migration_closes_requests_of_an_earlier_release(
    pool: Pool, conn: Conn, owner: LeaseOwner, project: Project
) -> None:
    """Once for each in repeated runs, without decided requests and those of active projects."""
    await watching.listen(conn, project.org)
    partly = await leasing.ask(conn, project, count=2)
    await leasing.assign(pool, owner, partly)
    refused, asked = [await leasing.ask(conn, project) for _ in range(2)]
    reject = partial(requests.reject, actor=owner.actor, request_id=refused, reason="none is left")
    await transact(pool, reject)
    others = await leasing.ask(conn, elsewhere := await leasing.tenant(conn))
    await conn.execute(
        "update project set status = 'archived', archived_at = now() where id = $1", project.id
    )
    migration = files("db").joinpath("take_over/migrations/0046_close_lease_requests.sql").read_text()
    for _ in range(2):
        await conn.execute(migration)
    closed = requests.PROJECT_ARCHIVED
    found = [await shown(conn, project, one) for one in (partly, refused, asked)]
    assert found == [("partial", closed), ("rejected", "none is left"), ("rejected", closed)]
    assert await shown(conn, elsewhere, others) == ("requested", None)
    told = await conn.fetch("select object_id from webhook_event where type = 'lease_request.rejected'")
    assert sorted(row["object_id"] for row in told) == sorted([partly, refused, asked])


@pytest.mark.parametrize("verb", ["assign", "reject"])
async def test_operator_and_archive_serialize(wide: Pool, conn: Conn, owner: LeaseOwner, verb: str) -> None:
    """Either may be first: the request is decided once, and an archived project gets no lease."""
    firsts = set()
    for _ in range(ROUNDS):
        project = await leasing.tenant(conn)
        asked = await leasing.ask(conn, project)
        decide: Any = partial(leasing.assign, wide, owner, asked)
        if verb == "reject":
            decide = partial(
                transact,
                wide,
                partial(requests.reject, actor=owner.actor, request_id=asked, reason="none is left"),
            )
        decided, archived = await shuffled(decide, partial(scene.archive, wide, project))
        assert not isinstance(archived, BaseException), archived
        status, reason = await shown(conn, project, asked)
        if isinstance(decided, OperatedRequest):
            expected = ("assigned", None) if verb == "assign" else ("rejected", "none is left")
        else:
            assert isinstance(decided, Conflict), decided
            expected = ("rejected", requests.PROJECT_ARCHIVED)
        assert (status, reason) == expected
        firsts.add(type(decided))
        while await leasing.end_next(wide, project):
            pass
        assert await scene.unfinished(conn) == []
    assert firsts
