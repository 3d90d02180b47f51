"""`waiting` over HTTP: the next read after a change returns the new reason, of a post and of its job."""

from typing import Any

from domain.operations import pools
from jobs.kinds import PUBLISH_POST_KIND
from tests import seeds
from tests.api.posts.project import PostsProject


async def waiting_reason(project: PostsProject, post_id: str) -> str | None:
    """Return the reason why the post waits; check that its job has the same."""
    post = await project.post(post_id)
    waiting: dict[str, Any] | None = post["waiting"]
    if post["jobId"] and post["status"] == "queued":
        job = (await project.acme.http.get(f"/v1/jobs/{post['jobId']}")).json()
        assert job["waiting"] == waiting
    return waiting["reason"] if waiting else None


async def test_a_post_waits_for_its_approval_and_then_for_its_time(project: PostsProject) -> None:
    content, account = await project.content(approval_status="pending"), await project.account()
    [scheduled_post] = (await project.schedule(content, account)).json()["scheduledPosts"]
    assert await waiting_reason(project, scheduled_post["id"]) == "approval"
    await project.acme.http.post(f"/v1/content/{content}/approve", json={})
    assert await waiting_reason(project, scheduled_post["id"]) == "scheduled"
    post = await project.post(scheduled_post["id"])
    assert post["waiting"]["until"] == post["scheduledFor"]
    answer = await project.acme.http.patch(f"/v1/content/{content}", json={"caption": "Stale bread."})
    assert answer.status_code == 200, answer.text
    assert await waiting_reason(project, scheduled_post["id"]) == "approval"
    await project.cancel(scheduled_post["id"])
    assert await waiting_reason(project, scheduled_post["id"]) is None


async def test_due_post_waits_for_its_pool(project: PostsProject) -> None:
    answer = await project.publish(await project.content(), await project.account())
    [post] = answer.json()["scheduledPosts"]
    given: dict[str, Any] = {"name": PUBLISH_POST_KIND.pool, "slots": 10}
    assert await waiting_reason(project, post["id"]) == "no_worker"
    async with project.pool.acquire() as conn:
        await seeds.claims(conn, PUBLISH_POST_KIND._replace(name="nothing"))
        assert await waiting_reason(project, post["id"]) is None
        await pools.pause_or_resume_pool(conn, paused=True, **given)
        assert await waiting_reason(project, post["id"]) == "pool_paused"
        await pools.pause_or_resume_pool(conn, paused=False, **given)
    assert await waiting_reason(project, post["id"]) is None
    await project.acme.http.delete(f"/v1/projects/{project.list_path.split('/')[3]}")
    assert await waiting_reason(project, post["id"]) is None


async def test_waiting_changes_no_version(project: PostsProject) -> None:
    """So a 304 can't report it, and lists omit it."""
    answer = await project.publish(await project.content(), await project.account())
    [post] = answer.json()["scheduledPosts"]
    job = f"/v1/jobs/{post['jobId']}"
    before = await project.acme.http.get(job)
    async with project.pool.acquire() as conn:
        await seeds.claims(conn, PUBLISH_POST_KIND._replace(name="nothing"))
    known = {"If-None-Match": before.headers["ETag"]}
    assert (await project.acme.http.get(job, headers=known)).status_code == 304
    after = (await project.acme.http.get(job)).json()
    assert before.json() | {"waiting": None} == after
    [listed] = (await project.acme.http.get("/v1/jobs")).json()["items"]
    assert listed | {"waiting": None} == after
    [listed] = (await project.acme.http.get(project.list_path)).json()["items"]
    assert "waiting" not in listed
