"""After a post's job: resolving the outcome, and canceling or retrying the job."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.jobs import jobs
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Failed
from tests.api.all_objects import no_change
from tests.api.conftest import uuid_of
from tests.api.posts.project import PostsProject, claim_due_job, parse_instant
from tests.api.refusals import reason


async def create_failed_post(project: PostsProject, *, retryable: bool = True) -> tuple[str, str]:
    """Return a post with a failed job, and the job."""
    post_id = await project.schedule_new(scheduledFor=project.time_ahead(seconds=-1))
    claim = await claim_due_job(project.pool)
    failed = Failed("NETWORK", "the server did not answer", retryable=retryable)
    await jobs.settle_jobs_and_subjects(project.pool, [AttemptSettlement(claim, failed)])
    return post_id, f"job_{claim.id}"


@pytest.mark.parametrize("published", [True, False])
async def test_person_resolves_an_unknown_outcome(project: PostsProject, published: bool) -> None:
    post_id, _ = await create_failed_post(project)
    sent = datetime(2026, 11, 24, 12, tzinfo=UTC)
    await project.set_columns(post_id, status="outcome_unknown", sent_at=sent)
    url = {"externalUrl": "https://example.social/@shop/1"} if published else {}
    answer = await project.resolve(post_id, published=published, **url)
    post = answer.json()
    assert answer.status_code == 200, post
    if published:
        assert (post["status"], post["lastError"]) == ("published", None)
        assert (post["externalUrl"], parse_instant(post["publishedAt"])) == (url["externalUrl"], sent)
    else:
        assert (post["status"], post["lastError"]["code"]) == ("failed", "NOT_PUBLISHED")
    [*_, (event, details)] = await project.events(post_id)
    assert (event, details["published"], UUID(details["apiKeyId"]).version) == ("resolved", published, 7)
    assert await project.pool.fetchval("select count(*) from job where finished_at is null") == 0
    again = await project.resolve(post_id, published=published)
    assert reason(again) == (409, "CONFLICT", "OUTCOME_KNOWN")


async def test_only_an_unknown_outcome_is_resolved(project: PostsProject) -> None:
    post_id = await project.schedule_new()
    async with no_change(project.pool):
        answer = await project.resolve(post_id, published=True)
        assert reason(answer) == (409, "CONFLICT", "OUTCOME_KNOWN")
        assert answer.json()["error"]["details"]["status"] == "queued"


async def test_canceling_the_job_cancels_the_post(project: PostsProject) -> None:
    post_id = await project.schedule_new()
    job = (await project.post(post_id))["jobId"]
    assert (await project.acme.http.post(f"/v1/jobs/{job}/cancel")).status_code == 202
    post = await project.post(post_id)
    assert (post["status"], post["jobId"], post["cancelReason"]) == ("canceled", job, "job_canceled")
    assert (await project.events(post_id))[1:] == [("canceled", {"reason": "job_canceled"})]


async def test_retrying_the_job_sends_the_post_once_more(project: PostsProject) -> None:
    post_id, job = await create_failed_post(project)
    post = await project.post(post_id)
    assert (post["status"], post["lastError"]["code"], post["lastError"]["category"]) == (
        "failed",
        "NETWORK",
        "unknown",
    )
    answer = await project.acme.http.post(f"/v1/jobs/{job}/retry")
    body = answer.json()
    assert (answer.status_code, body["kind"], body["deduplicated"]) == (202, "publish_post", False)
    post, row = await project.post(post_id), await project.job(post_id)
    assert (post["status"], post["jobId"]) == ("queued", body["jobId"])
    assert (row["retry_of"], parse_instant(post["scheduledFor"])) == (uuid_of(job), row["run_at"])
    again = (await project.acme.http.post(f"/v1/jobs/{job}/retry")).json()
    assert (again["jobId"], again["deduplicated"]) == (body["jobId"], True)


async def test_retry_after_an_edit_uses_the_current_caption(project: PostsProject) -> None:
    post_id, job = await create_failed_post(project)
    post = await project.post(post_id)
    await project.acme.http.patch(f"/v1/content/{post['contentId']}", json={"caption": "New words."})
    assert (await project.acme.http.post(f"/v1/jobs/{job}/retry")).status_code == 202
    same = await project.schedule(await project.content("New words."), post["socialAccountId"])
    assert reason(same)[2] == "DUPLICATE_POST"


async def test_other_posts_cannot_be_retried(project: PostsProject) -> None:
    final, of_final = await create_failed_post(project, retryable=False)
    canceled = await project.schedule_new()
    of_canceled = (await project.post(canceled))["jobId"]
    await project.cancel(canceled)
    waiting = (await project.post(await project.schedule_new()))["jobId"]
    async with no_change(project.pool):
        for job in (of_final, of_canceled, waiting):
            answer = await project.acme.http.post(f"/v1/jobs/{job}/retry")
            assert reason(answer) == (409, "CONFLICT", "JOB_NOT_RETRYABLE")
    assert (await project.post(final))["status"] == "failed"


async def test_post_that_may_be_live_is_not_retried(project: PostsProject) -> None:
    """Neither while the outcome is unknown, nor after a person reported the post as live."""
    post_id, job = await create_failed_post(project, retryable=False)
    await project.set_columns(post_id, status="outcome_unknown", sent_at=datetime(2026, 11, 24, 12, tzinfo=UTC))
    for status, says in (("outcome_unknown", "/resolve"), ("published", "is live")):
        answer = await project.acme.http.post(f"/v1/jobs/{job}/retry")
        assert reason(answer) == (409, "CONFLICT", "JOB_NOT_RETRYABLE")
        error = answer.json()["error"]
        assert error["details"]["status"] == status
        assert says in error["message"]
        assert "anew" not in error["message"]
        await project.resolve(post_id, published=True)


async def test_a_retry_is_refused_where_a_schedule_would_be(project: PostsProject) -> None:
    post_id, job = await create_failed_post(project)
    post = await project.post(post_id)
    content, account = post["contentId"], post["socialAccountId"]
    retry = f"/v1/jobs/{job}/retry"
    await project.schedule(content, account)
    assert reason(await project.acme.http.post(retry))[2] == "DUPLICATE_POST"
    await project.pool.execute("update content_item set approval_status = 'pending'")
    assert reason(await project.acme.http.post(retry))[:2] == (403, "APPROVAL_REQUIRED")
    await project.pool.execute("update content_item set approval_status = 'not_required'")
    await project.acme.http.delete(f"/v1/social-accounts/{account}")
    assert reason(await project.acme.http.post(retry))[2] == "ACCOUNT_NOT_CONNECTED"
    await project.acme.http.delete(project.list_path.removesuffix("/scheduled-posts"))
    assert reason(await project.acme.http.post(retry))[2] == "PROJECT_ARCHIVED"
    assert (await project.post(post_id))["status"] == "failed"
