"""Timelines over HTTP: of posts and jobs, paginated, without internal details."""

import json
from typing import Any
from uuid import UUID

from domain.publishing import posts
from jobs import ledger
from jobs.kinds import INGEST_WEBSITE_KIND
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Retry
from schemas import ids
from tests import seeds
from tests.api.conftest import list_pages, read_answer, uuid_of
from tests.api.posts.project import PostsProject
from tests.api.refusals import problem


async def read_timeline(project: PostsProject, path: str, **params: Any) -> dict[str, Any]:
    return read_answer(await project.acme.http.get(f"/v1/{path}/timeline", params=params))


async def test_post_timeline_has_approvals_and_times(project: PostsProject) -> None:
    content, account = await project.content(approval_status="pending"), await project.account()
    [post] = (await project.schedule(content, account)).json()["scheduledPosts"]
    await project.acme.http.post(f"/v1/content/{content}/approve", json={"note": "Nice."})
    to = project.time_ahead(hours=2)
    await project.reschedule(post["id"], scheduledFor=to)
    await project.cancel(post["id"], json={"reason": "The boat is late."})
    told = (await read_timeline(project, f"scheduled-posts/{post['id']}"))["items"]
    types = ["blocked", "approved", "released", "rescheduled", "canceled"]
    assert sorted(entry["type"] for entry in told) == sorted(types)
    assert [entry["type"] for entry in told][-2:] == types[-2:]
    approved = next(entry for entry in told if entry["type"] == "approved")
    assert approved["revision"] == 1
    assert approved["apiKeyId"].startswith("key_")
    assert told[-2]["details"] == {"from": post["scheduledFor"], "to": to}
    assert told[-1]["details"] == {"reason": "The boat is late."}


async def test_many_entries_come_page_by_page(project: PostsProject) -> None:
    post_id = await project.schedule_new()
    async with project.pool.acquire() as conn:
        for number in range(60):
            of: dict[str, Any] = {"organization_id": project.org, "post_ids": [uuid_of(post_id)]}
            await posts.record_post_history(conn, **of, event="rescheduled", details={"to": str(number)})
        async with conn.transaction():
            for number in range(60, 70):
                await posts.record_post_history(conn, **of, event="rescheduled", details={"to": str(number)})
    path = f"/v1/scheduled-posts/{post_id}/timeline"
    entries = await list_pages(project.acme.http, path, limit="7")
    found = [entry["details"]["to"] for entry in entries if entry["type"] == "rescheduled"]
    assert found == [str(number) for number in range(70)]
    whole = await read_timeline(project, f"scheduled-posts/{post_id}", limit=200)
    assert len(whole["items"]) == 71


async def test_job_timeline_has_attempts(project: PostsProject) -> None:
    path = f"/v1/projects/{ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project.id)}/ingest/website"
    job = (await project.acme.http.post(path, json={"url": "https://example.com"})).json()["jobId"]
    async with project.pool.acquire() as conn:
        [claim] = await seeds.claims(conn, INGEST_WEBSITE_KIND)
        outcome = Retry("FETCH_FAILED", "no answer", after_s=0.0)
        await ledger.settle_job_attempts(conn, [AttemptSettlement(claim, outcome)])
        [again] = await seeds.claims(conn, INGEST_WEBSITE_KIND)
    await project.acme.http.post(f"/v1/jobs/{job}/cancel")
    told = (await read_timeline(project, f"jobs/{job}"))["items"]
    types = ["submitted", "attempt_started", "attempt_ended", "attempt_started", "cancel_requested"]
    assert [entry["type"] for entry in told] == types
    assert told[2]["code"] == "FETCH_FAILED"
    assert (told[2]["outcome"], told[2]["attempt"], told[3]["fence"]) == ("retry", 1, again.fence)
    assert all(UUID(entry["workerId"].removeprefix("wrk_")) for entry in told[1:4])
    assert str(again.id) not in json.dumps([entry.get("workerId") for entry in told])


async def test_internal_job_has_no_timeline(project: PostsProject) -> None:
    await project.schedule_new()
    await project.pool.execute("update job set internal = true")
    job_id = ids.format_prefixed_id(ids.JOB_ID_PREFIX, await project.pool.fetchval("select id from job"))
    answer = await project.acme.http.get(f"/v1/jobs/{job_id}/timeline")
    assert problem(answer)[:2] == (404, "NOT_FOUND")
