"""Submits of many tenants' jobs in one statement: a job that fails it delays or fails no other."""

from uuid import UUID

import pytest

from db.pool import Conn, Pool
from jobs import ledger
from jobs.kinds import JobKindSpec
from jobs.ledger import NewJob
from schemas import ids
from tests import seeds
from tests.jobs import scene
from tests.jobs.scene import TEST_JOB


@pytest.mark.parametrize("in_transaction", [True, False])
async def test_a_held_key_leaves_out_only_its_tenants_job(
    conn: Conn, pool: Pool, monkeypatch: pytest.MonkeyPatch, *, in_transaction: bool
) -> None:
    monkeypatch.setattr(ledger, "GROUPED_WRITE_LOCK_TIMEOUT", "50ms")
    orgs = await scene.tenants(conn, 4)
    jobs = [new_job(org)._replace(unique_key="shop") for org in orgs]
    async with pool.acquire() as holder, holder.transaction():
        await scene.submit(holder, orgs[1], unique_key="shop")
        if in_transaction:
            async with conn.transaction():
                submitted = await ledger.submit_jobs_of_tenants_or_alone(conn, jobs)
        else:
            submitted = await ledger.submit_jobs_of_tenants_or_alone(conn, jobs)
    assert [one is not None for one in submitted] == [True, False, True, True]
    assert await conn.fetchval("select count(*) from job") == len(orgs)


async def test_a_bad_job_fails_alone(conn: Conn) -> None:
    orgs = await scene.tenants(conn, 4)
    jobs = [new_job(org) for org in orgs]
    jobs[1] = jobs[1]._replace(project_id=await seeds.project(conn, orgs[0]))
    async with conn.transaction():
        submitted = await ledger.submit_jobs_of_tenants_or_alone(conn, jobs)
    assert [one is not None for one in submitted] == [True, False, True, True]
    assert await conn.fetchval("select count(*) from job") == len(orgs) - 1


def new_job(org: UUID, kind: JobKindSpec = TEST_JOB) -> NewJob:
    return NewJob(ids.new_uuid7(), kind, org, None, {})
