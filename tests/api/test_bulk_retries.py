"""Bulk retry: each matching job once, and skipped jobs are listed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from db.pool import Conn, Pool
from domain.jobs import bulk_retries, jobs
from jobs.kinds import INGEST_GITHUB_KIND, INGEST_WEBSITE_KIND
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Failed
from tests import seeds
from tests.api.conftest import ApiCaller, client_of, new_key, read_answer
from tests.api.participants import new_project
from tests.api.refusals import assert_refused
from tests.api.test_bulk_jobs import start_ingest
from tests.jobs import scene
from tests.waiting import eventually


async def retry_jobs(caller: ApiCaller, **body: Any) -> dict[str, Any]:
    return read_answer(await caller.http.post("/v1/jobs/retry", json=body))


async def fail_waiting_jobs(pool: Pool, conn: Conn, code: str = "NOT_HTML") -> None:
    """Fail all waiting jobs."""
    claims = [
        claim for kind in (INGEST_GITHUB_KIND, INGEST_WEBSITE_KIND) for claim in await seeds.claims(conn, kind, free=20)
    ]
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, Failed(code, "it broke")) for claim in claims])


async def create_failed_jobs(caller: ApiCaller, pool: Pool, conn: Conn, many: int) -> list[str]:
    """Create failed jobs, each in a new project."""
    created = [await start_ingest(caller, await new_project(caller)) for _ in range(many)]
    await fail_waiting_jobs(pool, conn)
    return created


async def list_retried(conn: Conn) -> list[str]:
    """Return the retried jobs, once for each retry."""
    rows = await conn.fetch("select retry_of from job where retry_of is not null order by retry_of")
    return [f"job_{row['retry_of']}" for row in rows]


def summary(answer: dict[str, Any]) -> tuple[int, list[str], dict[str, str]]:
    return (
        answer["matched"],
        [one["retryOf"] for one in answer["retried"]],
        {one["jobId"]: one["code"] for one in answer["skipped"]},
    )


async def test_matching_jobs_are_retried_once(acme: ApiCaller, rival: ApiCaller, pool: Pool, conn: Conn) -> None:
    one, other, foreign = await new_project(acme), await new_project(acme), await new_project(rival)
    repo, site = await start_ingest(acme, one), await start_ingest(acme, one, "website")
    await start_ingest(rival, foreign)
    await fail_waiting_jobs(pool, conn)
    elsewhere = await start_ingest(acme, other)
    await fail_waiting_jobs(pool, conn, "SITE_TIMEOUT")
    seen = await retry_jobs(acme, projectId=one, kinds=["ingest_github", "publish_post"], dryRun=True)
    assert (summary(seen), seen["capped"], seen["nextCursor"]) == ((1, [], {}), False, None)
    assert await list_retried(conn) == []
    found = await retry_jobs(acme, projectId=one, kinds=["ingest_github", "publish_post"])
    assert summary(found) == (1, [repo], {})
    new = (await acme.http.get(f"/v1/jobs/{found['retried'][0]['jobId']}")).json()
    assert (new["retryOf"], new["status"], new["projectId"]) == (repo, "running", one)
    assert summary(await retry_jobs(acme, errorCode="SITE_TIMEOUT")) == (1, [elsewhere], {})
    assert summary(await retry_jobs(acme)) == (1, [site], {})
    assert summary(await retry_jobs(acme)) == (0, [], {})
    assert await list_retried(conn) == [repo, site, elsewhere]
    assert_refused(await rival.http.post("/v1/jobs/retry", json={"projectId": one}), 404, "NOT_FOUND")


async def test_canceled_jobs_are_retried_on_request(acme: ApiCaller, pool: Pool, conn: Conn) -> None:
    job = await start_ingest(acme, await new_project(acme))
    await acme.http.post(f"/v1/jobs/{job}/cancel")
    assert summary(await retry_jobs(acme)) == (0, [], {})
    assert summary(await retry_jobs(acme, statuses=["failed", "canceled"])) == (1, [job], {})


async def test_unretryable_jobs_are_skipped_and_listed(acme: ApiCaller, pool: Pool, conn: Conn) -> None:
    archived, read = await new_project(acme), await new_project(acme)
    gone, old = await start_ingest(acme, archived), await start_ingest(acme, read)
    await fail_waiting_jobs(pool, conn)
    newest = await start_ingest(acme, read)
    claim = await scene.start_job(conn, acme.organization_id)
    await scene.settle(conn, [claim], Failed("BROKEN", "it broke"))
    await conn.execute("update job set kind = 'connect_github' where id = $1", claim.id)
    await fail_waiting_jobs(pool, conn)
    await acme.http.delete(f"/v1/projects/{archived}")
    codes = {gone: "PROJECT_ARCHIVED", old: "SUPERSEDED", f"job_{claim.id}": "JOB_NOT_RETRYABLE"}
    assert summary(await retry_jobs(acme)) == (4, [newest], codes)
    assert summary(await retry_jobs(acme)) == (3, [], codes)


async def test_retry_needs_the_starting_scope(acme: ApiCaller, pool: Pool, conn: Conn) -> None:
    [job] = await create_failed_jobs(acme, pool, conn, 1)
    key = await new_key(pool, acme.organization_id, scopes=("jobs:read", "publish:write"))
    async with client_of(acme.http._transport.app, key) as client:  # type: ignore[attr-defined]
        reader = ApiCaller(acme.organization_id, key, client)
        assert summary(await retry_jobs(reader)) == (1, [], {job: "FORBIDDEN_SCOPE"})
    assert await list_retried(conn) == []


async def test_caps_hold(acme: ApiCaller, pool: Pool, conn: Conn) -> None:
    job_ids = await create_failed_jobs(acme, pool, conn, 3)
    await conn.execute("update pool_cap set max_queued = 1 where tier = 'standard'")
    assert summary(await retry_jobs(acme)) == (3, job_ids[:1], dict.fromkeys(job_ids[1:], "RATE_LIMITED"))


@pytest.mark.parametrize("depth", [2, 100])
async def test_calls_continue_after_their_cursor(
    acme: ApiCaller, pool: Pool, conn: Conn, monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    """With any number of skipped jobs, and of matches in the searched range."""
    monkeypatch.setattr(bulk_retries, "MAX_JOBS_PER_BULK_RETRY", 2)
    monkeypatch.setattr(bulk_retries, "MAX_JOBS_COUNTED_FOR_BULK_RETRY", 3)
    monkeypatch.setattr(bulk_retries, "MAX_BULK_RETRY_SCAN_JOBS", depth)
    job_ids = await create_failed_jobs(acme, pool, conn, 5)
    odd = [UUID(job[4:]) for job in job_ids[:2]]
    await conn.execute("update job set kind = 'connect_github' where id = any($1)", odd)
    first = await retry_jobs(acme, dryRun=True)
    assert (first["matched"], first["capped"]) == ((3, True) if depth > 3 else (2, True))
    cursor, retried, skipped = None, list[str](), list[str]()
    for _ in range(5):
        answer = await retry_jobs(acme, cursor=cursor)
        assert len(answer["retried"]) + len(answer["skipped"]) <= 2
        retried += [one["retryOf"] for one in answer["retried"]]
        skipped += [one["jobId"] for one in answer["skipped"]]
        if (cursor := answer["nextCursor"]) is None:
            break
    assert (cursor, skipped, retried) == (None, job_ids[:2], job_ids[2:])


@asynccontextmanager
async def block_retry(pool: Pool, job: str) -> AsyncIterator[None]:
    """Block the retry of a job during the block."""
    async with pool.acquire() as holder, holder.transaction():
        await holder.execute("select from ingest where job_id = $1 for update", UUID(job[4:]))
        yield


async def test_aborted_call_retries_nothing(acme: ApiCaller, pool: Pool, conn: Conn) -> None:
    """Its repeat with the same key retries all of them, once."""
    job_ids = await create_failed_jobs(acme, pool, conn, 3)
    async with block_retry(pool, job_ids[-1]):
        tasks = asyncio.create_task(retry_with_key(acme))
        await eventually(lambda: scene.waits_for_lock(conn))
        await conn.execute(
            """select pg_terminate_backend(pid) from pg_stat_activity
                where wait_event_type = 'Lock' and datname = current_database()"""
        )
        assert (await tasks).status_code >= 500
    assert await list_retried(conn) == []
    answers = [await retry_with_key(acme) for _ in range(2)]
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, "true"]
    assert answers[0].json() == answers[1].json()
    assert summary(answers[0].json()) == (3, job_ids, {})
    assert await list_retried(conn) == job_ids


async def retry_with_key(caller: ApiCaller) -> httpx.Response:
    return await caller.http.post("/v1/jobs/retry", json={}, headers={"Idempotency-Key": "outage"})
