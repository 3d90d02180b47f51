"""Bulk cancel and retry by operators over all organizations, recorded in each audit log."""

from typing import Any

import pytest
import pytest_asyncio

from db.pool import Conn, Pool
from domain.jobs import bulk, bulk_retries
from domain.operations import operator_bulk
from schemas import ids
from tests.api.conftest import ApiCaller, read_answer
from tests.api.participants import new_project
from tests.api.test_bulk_jobs import read_statuses, start_ingest
from tests.api.test_bulk_retries import create_failed_jobs, list_retried


async def call_bulk(caller: ApiCaller, verb: str, **body: Any) -> dict[str, Any]:
    return read_answer(await caller.http.post(f"/v1/ops/jobs/{verb}", json=body))


async def read_audit(conn: Conn) -> list[tuple[str, str, int]]:
    """Return the audit entries by organization."""
    rows = await conn.fetch(
        """select o.name, a.action, (a.details->>'jobs')::int as jobs
             from audit_log a
             join organization o on o.id = a.organization_id
            where a.action like 'jobs.%'
            order by a.id"""
    )
    return [tuple(row) for row in rows]


@pytest_asyncio.fixture
async def broken(acme: ApiCaller, rival: ApiCaller, pool: Pool, conn: Conn) -> tuple[list[str], list[str]]:
    """Create failed jobs of two organizations, three and one."""
    return await create_failed_jobs(acme, pool, conn, 3), await create_failed_jobs(rival, pool, conn, 1)


async def test_all_organizations_are_covered_and_audited(
    ops_caller: ApiCaller, broken: tuple[list[str], list[str]], conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With few organizations or jobs per call."""
    mine, theirs = broken
    monkeypatch.setattr(bulk_retries, "MAX_JOBS_PER_BULK_RETRY", 2)
    seen = await call_bulk(ops_caller, "retry", dryRun=True)
    assert (seen["matched"], seen["capped"], seen["nextCursor"]) == (4, False, None)
    monkeypatch.setattr(operator_bulk, "MAX_ORGANIZATIONS_PER_BULK_CALL", 1)
    cursor, retried = None, list[str]()
    for _ in range(9):
        answer = await call_bulk(ops_caller, "retry", cursor=cursor)
        retried += [one["retryOf"] for one in answer["retried"]]
        if (cursor := answer["nextCursor"]) is None:
            break
    assert (cursor, sorted(retried)) == (None, sorted([*mine, *theirs]))
    assert await list_retried(conn) == sorted([*mine, *theirs])
    told = await read_audit(conn)
    assert sum(jobs for name, _, jobs in told if name == "Acme") == 3
    assert sum(jobs for name, _, jobs in told if name == "Platform") == 4
    assert (await call_bulk(ops_caller, "retry"))["retried"] == []


async def test_organization_filter_leaves_others_unchanged(
    ops_caller: ApiCaller, acme: ApiCaller, rival: ApiCaller, broken: tuple[list[str], list[str]], conn: Conn
) -> None:
    mine, theirs = broken
    named = {"organizationId": f"org_{rival.organization_id}"}
    assert (await call_bulk(ops_caller, "retry", **named, errorCode="OTHER"))["matched"] == 0
    assert [one["retryOf"] for one in (await call_bulk(ops_caller, "retry", **named))["retried"]] == theirs
    assert await list_retried(conn) == theirs
    assert (await call_bulk(ops_caller, "cancel", **named))["jobIds"] != []
    assert set((await read_statuses(rival)).values()) == {"failed", "canceled"}
    assert await read_statuses(acme) == dict.fromkeys(mine, "failed")


async def test_a_projects_jobs_alone_are_found_by_its_id(
    ops_caller: ApiCaller, acme: ApiCaller, broken: tuple[list[str], list[str]], conn: Conn
) -> None:
    """For any organization's project, and without jobs of other organizations."""
    projects = {
        f"job_{row['id']}": f"prj_{row['project_id']}" for row in await conn.fetch("select id, project_id from job")
    }
    [job], other = broken[1], f"org_{acme.organization_id}"
    named = {"projectId": projects[job]}
    for verb in ("retry", "cancel"):
        assert (await call_bulk(ops_caller, verb, **named, organizationId=other, dryRun=True))["matched"] == 0
        assert (await call_bulk(ops_caller, verb, projectId=f"prj_{ids.new_uuid7()}"))["matched"] == 0
    assert (await call_bulk(ops_caller, "retry", **named, dryRun=True))["matched"] == 1
    [retried] = (await call_bulk(ops_caller, "retry", **named))["retried"]
    assert (retried["retryOf"], await list_retried(conn)) == (job, [job])
    assert (await call_bulk(ops_caller, "cancel", **named))["jobIds"] == [retried["jobId"]]
    canceled = named | {"statuses": ["canceled"], "dryRun": True}
    assert (await call_bulk(ops_caller, "retry", **canceled))["matched"] == 1
    assert (await call_bulk(ops_caller, "retry", **canceled, errorCode="OTHER"))["matched"] == 0
    assert {name for name, *_ in await read_audit(conn)} == {"Rival", "Platform"}


async def test_cancels_go_on_until_nothing_is_left(
    ops_caller: ApiCaller, acme: ApiCaller, rival: ApiCaller, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MAX_JOBS_PER_BULK_CANCEL", 2)
    created = [await start_ingest(one, await new_project(one)) for one in (acme, acme, acme, rival)]
    seen = await call_bulk(ops_caller, "cancel", kinds=["ingest_github"], dryRun=True)
    assert (seen["matched"], seen["jobIds"], seen["nextCursor"]) == (4, [], None)
    cursor, canceled = None, list[str]()
    for _ in range(9):
        answer = await call_bulk(ops_caller, "cancel", cursor=cursor)
        canceled += answer["jobIds"]
        if (cursor := answer["nextCursor"]) is None:
            break
    assert (cursor, sorted(canceled)) == (None, sorted(created))
    assert {(name, action) for name, action, _ in await read_audit(conn)} == {
        (name, "jobs.canceled") for name in ("Acme", "Rival", "Platform")
    }


async def test_matched_stops_at_the_counting_limit(
    ops_caller: ApiCaller, acme: ApiCaller, rival: ApiCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two jobs in each of two organizations; a call counts three."""
    monkeypatch.setattr(bulk, "MAX_JOBS_COUNTED_FOR_BULK_CANCEL", 3)
    for one in (acme, acme, rival, rival):
        await start_ingest(one, await new_project(one))
    seen = await call_bulk(ops_caller, "cancel", kinds=["ingest_github"], dryRun=True)
    assert (seen["matched"], seen["capped"]) == (3, True)
