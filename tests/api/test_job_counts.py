"""Filters and counts of jobs by outcome."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from litestar import Litestar

from db.pool import Conn, Pool
from db.queries import sandbox_clock
from domain.jobs import counts, jobs
from jobs.kinds import INGEST_GITHUB_KIND, INGEST_WEBSITE_KIND
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Failed
from schemas import ids
from tests import seeds
from tests.api.conftest import ApiCaller, open_caller
from tests.api.participants import new_project
from tests.api.refusals import assert_refused
from tests.api.test_filters import list_ids
from tests.jobs import scene


async def test_jobs_by_their_error_and_time(acme: ApiCaller, conn: Conn, pool: Pool) -> None:
    where = f"/v1/projects/{await new_project(acme)}/ingest"
    site = (await acme.http.post(f"{where}/website", json={"url": "https://example.com"})).json()["jobId"]
    claims = await seeds.claims(conn, INGEST_WEBSITE_KIND)
    await jobs.settle_jobs_and_subjects(
        pool, [AttemptSettlement(claim, Failed("FETCH_FAILED", "no answer")) for claim in claims]
    )
    repo = (await acme.http.post(f"{where}/github", json={"repoFullName": "a/b"})).json()["jobId"]
    created = (await acme.http.get(f"/v1/jobs/{repo}")).json()["createdAt"]
    for params, found in [
        ({"errorCode": "FETCH_FAILED"}, [site]),
        ({"errorCode": "FETCH_FAILED", "status": "completed"}, []),
        ({"errorCode": "FETCH_FAILED", "status": "running"}, []),
        ({"errorCode": "DEADLINE"}, []),
        ({"since": created}, [repo]),
        ({"until": created}, [site]),
        ({"until": created, "errorCode": "FETCH_FAILED", "since": "2020-01-01T00:00:00Z"}, [site]),
    ]:
        assert await list_ids(acme, "/v1/jobs", "jobId", **params) == found, params


async def test_jobs_are_counted_by_status_and_stage(acme: ApiCaller, rival: ApiCaller) -> None:
    """Only the organization's own jobs are counted."""
    one, other = await new_project(acme), await new_project(acme)
    await new_project(rival)
    for project, kind, body in [
        (one, "website", {"url": "https://example.com"}),
        (one, "github", {"repoFullName": "a/b"}),
        (other, "github", {"repoFullName": "a/b"}),
    ]:
        job = await acme.http.post(f"/v1/projects/{project}/ingest/{kind}", json=body)
    await acme.http.post(f"/v1/jobs/{job.json()['jobId']}/cancel")
    for caller, params, running, canceled in [
        (acme, {}, 2, 1),
        (acme, {"projectId": one}, 2, 0),
        (acme, {"projectId": other}, 0, 1),
        (acme, {"kind": "ingest_website"}, 1, 0),
        (acme, {"kind": "ingest_github,publish_post", "projectId": one}, 1, 0),
        (rival, {}, 0, 0),
    ]:
        found = (await caller.http.get("/v1/jobs/counts", params=params)).json()
        by_status = {"running": running, "completed": 0, "failed": 0, "canceled": canceled}
        stages = {"queued": running} if running else {}
        by_phase = by_status | {"scheduled": 0, "queued": running, "running": 0, "waiting": 0}
        counted = {"byStatus": by_status, "byPhase": by_phase, "byStage": stages}
        assert found == counted | {"atMost": 10_000, "capped": False}, params
    assert_refused(await rival.http.get("/v1/jobs/counts", params={"projectId": one}), 404, "NOT_FOUND")


async def test_scheduled_job_has_its_phase_everywhere(acme: ApiCaller, ops_caller: ApiCaller, conn: Conn) -> None:
    """The contract fixes its status; its phase distinguishes it from a running job."""
    project = UUID((await new_project(acme))[4:])
    account = await seeds.account(conn, acme.organization_id, project)
    content = ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, await seeds.content(conn, acme.organization_id, project))
    when = seeds.in_utc(datetime.now(UTC) + timedelta(days=7))
    body = {
        "scheduledFor": when,
        "targets": [{"socialAccountId": ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account)}],
    }
    created = await acme.http.post(f"/v1/content/{content}/schedule", json=body)
    later = created.json()["scheduledPosts"][0]["jobId"]
    await scene.submit(conn, acme.organization_id, INGEST_WEBSITE_KIND)
    answers = [
        (await acme.http.get(f"/v1/jobs/{later}")).json(),
        (await acme.http.get("/v1/jobs", params={"phase": "scheduled,waiting"})).json()["items"][0],
    ]
    params = {"phase": "scheduled"}
    answers.append((await ops_caller.http.get(f"/v1/ops/jobs/{later}")).json())
    answers += (await ops_caller.http.get("/v1/ops/jobs", params=params)).json()["items"]
    stop = {"phases": ["scheduled"]}
    all_of_it = (await ops_caller.http.post("/v1/ops/jobs/cancel", json=stop | {"dryRun": True})).json()
    told = {(job["jobId"], job["status"], job["phase"], job["attempt"]) for job in answers}
    assert (len(answers), told) == (4, {(later, "running", "scheduled", 0)})
    for params in ({"phase": "running"}, {"phase": "scheduled", "status": "failed"}):
        assert await list_ids(acme, "/v1/jobs", "jobId", **params) == []
    canceled = (await acme.http.post("/v1/jobs/cancel", json=stop)).json()
    assert (all_of_it["matched"], canceled["jobIds"]) == (1, [later])
    assert_refused(await acme.http.post("/v1/jobs/cancel", json={"phases": ["completed"]}), 422, "VALIDATION")
    assert (await acme.http.get(f"/v1/jobs/{later}")).json()["phase"] == "canceled"


async def test_a_202_has_the_phase_of_its_job(acme: ApiCaller, conn: Conn) -> None:
    """Also for the job of an earlier, equal request."""
    where, site = f"/v1/projects/{await new_project(acme)}/ingest/website", {"url": "https://example.com"}
    first = (await acme.http.post(where, json=site)).json()
    await seeds.claims(conn, INGEST_WEBSITE_KIND)
    second = (await acme.http.post(where, json=site)).json()
    assert (first["phase"], first["deduplicated"]) == ("queued", False)
    assert (second["phase"], second["jobId"], second["deduplicated"]) == ("running", first["jobId"], True)


async def test_a_count_ends_at_its_limit(acme: ApiCaller, conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "MAX_JOBS_PER_COUNT", 2)
    project = await new_project(acme)
    for params in ({}, {"projectId": project}):
        for created, capped in ((1, False), (2, True), (3, True)):
            await conn.execute("delete from job")
            for _ in range(created):
                await scene.submit(conn, acme.organization_id, INGEST_WEBSITE_KIND, project_id=UUID(project[4:]))
            body = (await acme.http.get("/v1/jobs/counts", params=params)).json()
            assert (body["byStatus"]["running"], body["capped"]) == (min(created, 2), capped)


async def test_figures_of_a_sandbox_are_by_real_time(app: Litestar, pool: Pool, conn: Conn) -> None:
    began, days = datetime.now(UTC), timedelta(days=10)
    async with open_caller(app, pool, "Acme", env="test") as caller:
        org = caller.organization_id
        await scene.submit(conn, org, INGEST_WEBSITE_KIND)
        await sandbox_clock.age_jobs.run(conn, org=org, own=None, by=days)
        await sandbox_clock.move_clock.run(conn, org=org, by=days, posts=0, jobs=0)
        body = (await caller.http.get("/v1/jobs/stats", params={"window": "day"})).json()
    assert sum(bucket["running"] for bucket in body["buckets"]) == 1
    assert timedelta() < datetime.fromisoformat(body["until"]) - began < timedelta(minutes=30)


async def test_only_operators_count_all_jobs(
    ops_caller: ApiCaller, conn: Conn, acme: ApiCaller, rival: ApiCaller
) -> None:
    """With the filters of their list."""
    for caller, kind in ((acme, INGEST_WEBSITE_KIND), (acme, INGEST_GITHUB_KIND), (rival, INGEST_GITHUB_KIND)):
        await scene.submit(conn, caller.organization_id, kind)
    org = f"org_{rival.organization_id}"
    for params, running in [
        ({}, 3),
        ({"kind": "ingest_github"}, 2),
        ({"kind": "ingest_github", "organizationId": org}, 1),
        ({"pool": "publish"}, 0),
        ({"until": "2020-01-01T00:00:00Z"}, 0),
    ]:
        body = (await ops_caller.http.get("/v1/ops/jobs/counts", params=params)).json()
        by_status = {"running": running, "completed": 0, "failed": 0, "canceled": 0}
        assert (body["byStatus"], body["moreOf"]) == (by_status, []), params
