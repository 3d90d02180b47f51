"""A post's own caption, if captions need an approval."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.all_objects import no_change
from tests.api.conftest import ApiCaller, client_of, new_key
from tests.api.posts.project import PostsProject
from tests.api.refusals import issue_paths, problem, reason


@pytest_asyncio.fixture
async def writer(project: PostsProject) -> AsyncIterator[ApiCaller]:
    """A key that may schedule, but not approve."""
    scopes = ("publish:write", "publish:read", "content:write")
    key = await new_key(project.pool, project.org, scopes=scopes)
    async with client_of(project.app, key) as client:
        yield ApiCaller(project.org, key, client)


async def send_post(
    project: PostsProject, caller: ApiCaller, content: str, caption: str | None, verb: str = "schedule"
) -> httpx.Response:
    """Send a post to a new account, in an hour."""
    number = await project.pool.fetchval("select count(*) from social_account")
    target = {"socialAccountId": await project.account(f"own{number}"), "captionOverride": caption}
    body = {"targets": [target]} | ({"scheduledFor": project.time_ahead()} if verb == "schedule" else {})
    return await caller.http.post(f"/v1/content/{content}/{verb}", json=body)


async def schedule_blocked(
    project: PostsProject, writer: ApiCaller, gate: str = "approved", caption: str = "Mine."
) -> str:
    """Return a post with an unapproved caption."""
    answer = await send_post(project, writer, await project.content(approval_status=gate), caption)
    assert answer.status_code == 202, answer.text
    assert answer.json()["gateStatus"] == "blocked_on_approval"
    [scheduled_post] = answer.json()["scheduledPosts"]
    assert (scheduled_post["status"], scheduled_post["jobId"]) == ("blocked", None)
    post = await project.post(scheduled_post["id"])
    assert (post["captionPending"], post["schedulePassed"]) == (True, False)
    return str(scheduled_post["id"])


async def decide_caption(project: PostsProject, post_id: str, verdict: str, **body: Any) -> httpx.Response:
    return await project.acme.http.post(f"/v1/scheduled-posts/{post_id}/{verdict}", json=body)


async def read_approval(project: PostsProject) -> tuple[str, Any]:
    """Return the subject and details of the single approval in the audit log."""
    [row] = await project.pool.fetch("select * from audit_log where action = 'caption.approved'")
    return row["subject"], row["details"]


async def read_state(project: PostsProject, post_id: str) -> tuple[str, bool]:
    post = await project.post(post_id)
    return post["status"], post["captionPending"]


async def test_an_unapproved_caption_waits_for_its_approval(project: PostsProject, writer: ApiCaller) -> None:
    post_id = await schedule_blocked(project, writer)
    answer = await decide_caption(project, post_id, "approve", note="Fine.")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["captionPending"]) == ("queued", False)
    assert (await project.job(post_id))["run_at"].isoformat().startswith(answer.json()["scheduledFor"][:19])
    assert [event for event, _ in await project.events(post_id)] == ["blocked", "released"]
    entry = await read_approval(project)
    assert entry == (post_id, {"note": "Fine."})


async def test_a_rejected_caption_ends_its_post(project: PostsProject, writer: ApiCaller) -> None:
    post_id = await schedule_blocked(project, writer)
    answer = await decide_caption(project, post_id, "reject", reason="No.")
    assert (answer.json()["status"], answer.json()["cancelReason"]) == ("canceled", "caption_rejected")
    for verdict, body in (("approve", {}), ("reject", {"reason": "No."})):
        assert reason(await decide_caption(project, post_id, verdict, **body)) == (409, "CONFLICT", "ALREADY_DECIDED")


async def test_only_a_key_that_may_approve_releases_a_caption(project: PostsProject, writer: ApiCaller) -> None:
    """And only with an approval: no reschedule does, and the database checks it."""
    post_id = await schedule_blocked(project, writer)
    async with no_change(project.pool):
        for verdict, body in (("approve", {}), ("reject", {"reason": "No."})):
            answer = await writer.http.post(f"/v1/scheduled-posts/{post_id}/{verdict}", json=body)
            assert problem(answer) == (403, "FORBIDDEN_SCOPE", {"requiredScope": "content:approve"})
    moved = {"scheduledFor": project.time_ahead(hours=2)}
    for caller in (writer, project.acme):
        answer = await caller.http.post(f"/v1/scheduled-posts/{post_id}/reschedule", json=moved)
        assert answer.status_code == 200, answer.text
        assert await read_state(project, post_id) == ("blocked", True)
    for column in ("queued", "publishing", "published", "draft_in_inbox", "failed", "outcome_unknown"):
        with pytest.raises(Exception, match="scheduled_post_caption"):
            await project.set_columns(post_id, status=column)


async def test_an_unapproved_caption_is_not_published_at_once(project: PostsProject, writer: ApiCaller) -> None:
    content = await project.content(approval_status="approved")
    answer = await send_post(project, writer, content, "Mine.", "publish")
    assert reason(answer)[:2] == (403, "APPROVAL_REQUIRED")
    assert issue_paths(answer) == ["targets[0].captionOverride"]
    assert await project.pool.fetchval("select count(*) from scheduled_post") == 0


@pytest.mark.parametrize("verb", ["schedule", "publish"])
async def test_approving_key_approves_its_own_captions(project: PostsProject, verb: str) -> None:
    content = await project.content(approval_status="approved")
    answer = await send_post(project, project.acme, content, "Mine.", verb)
    [post] = answer.json()["scheduledPosts"]
    assert (answer.json()["gateStatus"], post["status"]) == ("open", "queued")
    entry = await read_approval(project)
    assert entry == (content, {"posts": [post["id"]]})


async def test_approved_or_exempt_caption_is_sent(project: PostsProject, writer: ApiCaller) -> None:
    cases = (("not_required", "Mine."), ("approved", "Fresh bread today."), ("approved", None))
    for gate, caption in cases:
        content = await project.content(approval_status=gate)
        answer = await send_post(project, writer, content, caption, "publish")
        assert (answer.status_code, answer.json()["gateStatus"]) == (202, "open")


async def test_each_target_waits_for_its_own_approval(project: PostsProject, writer: ApiCaller) -> None:
    content, accounts = await project.content(approval_status="approved"), await project.accounts(2)
    targets = [{"socialAccountId": accounts[0]}, {"socialAccountId": accounts[1], "captionOverride": "Mine."}]
    body = {"targets": targets, "scheduledFor": project.time_ahead()}
    answer = await writer.http.post(f"/v1/content/{content}/schedule", json=body)
    assert answer.json()["gateStatus"] == "blocked_on_approval"
    assert [posts["status"] for posts in answer.json()["scheduledPosts"]] == ["queued", "blocked"]


@pytest.mark.parametrize("first", ["post", "content"])
async def test_a_caption_and_its_content_are_approved_in_either_order(
    project: PostsProject, writer: ApiCaller, first: str
) -> None:
    post_id = await schedule_blocked(project, writer, "pending")
    content = (await project.post(post_id))["contentId"]
    steps = {"post": f"/v1/scheduled-posts/{post_id}/approve", "content": f"/v1/content/{content}/approve"}
    for step in (first, *(steps.keys() - {first})):
        assert (await read_state(project, post_id))[0] == "blocked"
        assert (await project.acme.http.post(steps[step], json={})).status_code == 200
    assert await read_state(project, post_id) == ("queued", False)


async def test_equal_caption_is_approved_with_its_content(project: PostsProject, writer: ApiCaller) -> None:
    """The approval stays valid when the content's caption changes later."""
    post_id = await schedule_blocked(project, writer, "pending", "Fresh bread today.")
    content = (await project.post(post_id))["contentId"]
    approve = f"/v1/content/{content}/approve"
    assert (await project.acme.http.post(approve, json={})).status_code == 200
    assert await read_state(project, post_id) == ("queued", False)
    assert (await writer.http.patch(f"/v1/content/{content}", json={"caption": "New."})).status_code == 200
    assert await read_state(project, post_id) == ("blocked", False)
    assert (await project.acme.http.post(approve, json={})).status_code == 200
    assert await read_state(project, post_id) == ("queued", False)


async def test_a_caption_approved_too_late_waits_for_another_time(project: PostsProject, writer: ApiCaller) -> None:
    post_id = await schedule_blocked(project, writer)
    project.clock.ahead += timedelta(hours=2)
    post = (await decide_caption(project, post_id, "approve")).json()
    assert (post["status"], post["schedulePassed"], post["captionPending"]) == ("blocked", True, False)
    await project.reschedule(post_id, scheduledFor=project.time_ahead(hours=3))
    assert await read_state(project, post_id) == ("queued", False)
