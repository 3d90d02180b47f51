"""Bulk cancel: the matching jobs with their subjects, and no others."""

from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar

from db.pool import Conn, Pool
from db.queries import sandbox_clock
from domain.jobs import bulk
from jobs.kinds import INGEST_GITHUB_KIND
from tests import seeds
from tests.api.conftest import ApiCaller, open_caller, read_answer
from tests.api.participants import new_project
from tests.api.refusals import assert_refused


async def start_ingest(caller: ApiCaller, project: str, kind: str = "github") -> str:
    body = {"repoFullName": "a/b"} if kind == "github" else {"url": "https://example.com"}
    answer = await caller.http.post(f"/v1/projects/{project}/ingest/{kind}", json=body)
    return str(answer.json()["jobId"])


async def cancel_jobs(caller: ApiCaller, **body: Any) -> dict[str, Any]:
    return read_answer(await caller.http.post("/v1/jobs/cancel", json=body))


async def read_statuses(caller: ApiCaller) -> dict[str, str]:
    return {job["jobId"]: job["status"] for job in (await caller.http.get("/v1/jobs")).json()["items"]}


async def test_matching_jobs_are_canceled_with_their_subjects(acme: ApiCaller, rival: ApiCaller) -> None:
    one, other, foreign = await new_project(acme), await new_project(acme), await new_project(rival)
    repo, site, elsewhere = [
        await start_ingest(acme, one),
        await start_ingest(acme, one, "website"),
        await start_ingest(acme, other),
    ]
    theirs = await start_ingest(rival, foreign)
    seen = await cancel_jobs(acme, projectId=one, kinds=["ingest_github", "publish_post"], dryRun=True)
    assert seen == {"matched": 1, "capped": False, "jobIds": [], "more": True}
    assert set((await read_statuses(acme)).values()) == {"running"}
    done = await cancel_jobs(acme, projectId=one, kinds=["ingest_github", "publish_post"])
    assert done == {"matched": 1, "capped": False, "jobIds": [repo], "more": False}
    assert await read_statuses(acme) == {repo: "canceled", site: "running", elsewhere: "running"}
    project = (await acme.http.get(f"/v1/projects/{one}")).json()
    assert project["ingestState"]["github"]["status"] == "canceled"
    assert (await cancel_jobs(acme))["jobIds"] == sorted([site, elsewhere])
    assert await cancel_jobs(acme) == {"matched": 0, "capped": False, "jobIds": [], "more": False}
    assert await read_statuses(rival) == {theirs: "running"}
    assert_refused(await rival.http.post("/v1/jobs/cancel", json={"projectId": one}), 404, "NOT_FOUND")


async def test_sandbox_period_uses_its_clock(app: Litestar, pool: Pool, conn: Conn) -> None:
    async with open_caller(app, pool, "Acme", env="test") as caller:
        org, days = caller.organization_id, timedelta(days=10)
        early = await start_ingest(caller, await new_project(caller))
        await sandbox_clock.age_jobs.run(conn, org=org, own=None, by=days)
        await sandbox_clock.move_clock.run(conn, org=org, by=days, posts=0, jobs=0)
        late = await start_ingest(caller, await new_project(caller))
        until = (await caller.http.get(f"/v1/jobs/{late}")).json()["createdAt"]
        since = (await caller.http.get(f"/v1/jobs/{early}")).json()["createdAt"]
        assert (await cancel_jobs(caller, until=since))["jobIds"] == []
        assert (await cancel_jobs(caller, until=until))["jobIds"] == [early]
        assert (await cancel_jobs(caller, since=until))["jobIds"] == [late]


async def test_running_job_is_canceled_once(acme: ApiCaller, conn: Conn) -> None:
    job = await start_ingest(acme, await new_project(acme))
    await seeds.claims(conn, INGEST_GITHUB_KIND)
    assert (await cancel_jobs(acme, stages=["queued"]))["matched"] == 0
    assert (await cancel_jobs(acme, stages=["starting"]))["jobIds"] == [job]
    assert (await acme.http.get(f"/v1/jobs/{job}")).json()["cancelRequested"]
    assert (await cancel_jobs(acme))["matched"] == 0


async def test_a_call_is_bounded(acme: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MAX_JOBS_PER_BULK_CANCEL", 2)
    monkeypatch.setattr(bulk, "MAX_JOBS_COUNTED_FOR_BULK_CANCEL", 3)
    created = [await start_ingest(acme, await new_project(acme)) for _ in range(5)]
    assert await cancel_jobs(acme) == {"matched": 3, "capped": True, "jobIds": created[:2], "more": True}
    assert await cancel_jobs(acme) == {"matched": 3, "capped": False, "jobIds": created[2:4], "more": True}
    assert await cancel_jobs(acme) == {"matched": 1, "capped": False, "jobIds": created[4:], "more": False}
