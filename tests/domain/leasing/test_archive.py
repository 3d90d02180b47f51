"""The archive of a project closes its open requests for leased accounts, also in a race with operators."""

from functools import partial
from importlib.resources import files
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, Pool, run_in_transaction
from domain.leasing import requests
from schemas import ids
from schemas.errors import StateConflict
from schemas.leases import OperatedRequest
from tests import leasing
from tests.domain.leasing.test_races import shuffled
from tests.domain.project import Project, archive
from tests.domain.publishing import post_scene as scene
from tests.domain.webhooks import watching
from tests.leasing import LeaseOwner

ROUNDS = 20


async def shown(conn: Conn, project: Project, request_id: UUID) -> tuple[str, str | None]:
    found = await requests.read_lease_request(
        conn, organization_id=project.org, project_id=project.id, request_id=request_id
    )
    return found.status, found.reason


async def open_ones(conn: Conn) -> set[str]:
    """Return the ids of the undecided requests in the operators' list."""
    listed = await requests.list_requests_of_environment(
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
    reject = partial(requests.reject_account_request, actor=owner.actor, request_id=refused, reason="none is left")
    await run_in_transaction(pool, reject)
    others = await leasing.ask(conn, elsewhere := await leasing.tenant(conn))
    assert len(await open_ones(conn)) == 3
    if migrated:
        left_open = "update project set status = 'archived', archived_at = now() where id = $1"
        await conn.execute(left_open, project.id)
    migration = files("db").joinpath("take_over/migrations/0046_close_lease_requests.sql").read_text()
    for _ in range(2):
        await (conn.execute(migration) if migrated else archive(conn, project))
    found = [await shown(conn, project, one) for one in (partly, refused, asked)]
    closed = requests.ARCHIVED_PROJECT_REASON
    assert found == [("partial", closed), ("rejected", "none is left"), ("rejected", closed)]
    assert await shown(conn, elsewhere, others) == ("requested", None)
    assert await open_ones(conn) == {ids.format_prefixed_id(ids.LEASE_REQUEST, others)}
    told = await conn.fetch("select object_id from webhook_event where type = 'lease_request.rejected'")
    assert sorted(row["object_id"] for row in told) == sorted([partly, refused, asked])
    noted = await conn.fetch("select details from audit_log where action = 'project.archived'")
    assert [row["details"] for row in noted] == ([] if migrated else [{"closedLeaseRequests": 2}])


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
                run_in_transaction,
                wide,
                partial(requests.reject_account_request, actor=owner.actor, request_id=asked, reason="none is left"),
            )
        decided, archived = await shuffled(decide, partial(scene.archive, wide, project))
        assert not isinstance(archived, BaseException), archived
        status, reason = await shown(conn, project, asked)
        if isinstance(decided, OperatedRequest):
            expected = ("assigned", None) if verb == "assign" else ("rejected", "none is left")
        else:
            assert isinstance(decided, StateConflict), decided
            expected = ("rejected", requests.ARCHIVED_PROJECT_REASON)
        assert (status, reason) == expected
        firsts.add(type(decided))
        while await leasing.end_next(wide, project):
            pass
        assert await scene.unfinished(conn) == []
    assert firsts
