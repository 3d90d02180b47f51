"""Posts with a lost response: reconciled, and never sent again."""

import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from domain.publishing import changes, quotas
from jobs.kinds import RECONCILE_POST_KIND, REFRESH_TOKEN_KIND
from schemas.posts import ResolvePost
from tests.workers.tasks.publish_post.project import PublishingProject
from tests.workers.tasks.publish_post.scripted import ScriptedPlatform

#: 30 s, 2 min, 10 min, 1 h, 6 h and 24 h after the loss (docs/explain/publishing.md).
ASKS_S = (30.0, 120.0, 600.0, 3600.0, 21600.0, 86400.0)


async def lost(project: PublishingProject, *, how: str = "drop") -> UUID:
    project.platform = ScriptedPlatform(may_repeat_send_safely=False)
    project.platform.plan(send=[how], reconcile=["undecided"])
    post_id = await project.post()
    assert await project.attempts() == ["failed"]
    return post_id


@pytest.mark.parametrize(("how", "status", "code"), [("drop", "published", None), ("lose", "failed", "NOT_PUBLISHED")])
async def test_a_found_or_absent_post_ends_the_reconciliation(
    project: PublishingProject, how: str, status: str, code: str | None
) -> None:
    post_id = await lost(project, how=how)
    assert await project.query() == "completed"
    row = await project.row(post_id)
    assert (row["status"], row["last_error"] and row["last_error"]["code"]) == (status, code)
    assert (await project.events(post_id))[-2:] == ["outcome_unknown", status]
    assert (len(project.platform.calls), await project.open_jobs()) == (1, 0)


async def test_a_post_found_without_an_id_is_queried_on(project: PublishingProject) -> None:
    post_id = await lost(project)
    project.platform.plan(reconcile=["nameless", "ok"])
    assert await project.query() == "completed"
    assert (await project.row(post_id))["status"] == "published"
    assert await project.query() == "completed"
    assert (await project.row(post_id))["external_id"] == f"live-{post_id}"
    assert (await project.events(post_id))[-2:] == ["outcome_unknown", "published"]
    assert await project.query() is None


async def test_a_post_is_queried_six_times_and_then_left_to_a_person(project: PublishingProject) -> None:
    since = await project.clock()
    post_id = await lost(project)
    project.platform.plan(reconcile=["undecided", "unreached", "expire", "shut", "undecided", "undecided"])
    age = "update job set created_at = now() - $1 * interval '1 second' where kind = 'reconcile_post'"
    words = []
    for before, at in itertools.pairwise([0.0, *ASKS_S]):
        [job] = await project.jobs(RECONCILE_POST_KIND)
        assert since <= job["run_at"] - timedelta(seconds=at - before) <= await project.clock()
        since = await project.clock()
        await project.pool.execute("update social_account set status = 'connected'")
        await project.pool.execute(age, at)
        words.append(await project.query())
    assert words == ["snoozed"] * 5 + ["completed"]
    assert (await project.row(post_id))["status"] == "outcome_unknown"


async def test_a_persons_resolution_ends_the_reconciliation(project: PublishingProject) -> None:
    post_id = await lost(project)
    await project.pool.execute("update scheduled_post set status = 'failed', resolved_at = now()")
    assert await project.query() == "completed"
    assert (await project.events(post_id))[-1] == "outcome_unknown"


@pytest.mark.parametrize("how", ["drop", "lose"])
async def test_a_query_proves_nothing_about_a_later_call(project: PublishingProject, how: str) -> None:
    """During the query a person resolves the post as not published and retries it; that response is lost."""
    post_id = await lost(project, how=how)

    async def send_anew() -> None:
        project.platform.on.clear()
        word = ResolvePost(published=False)
        await project.do(changes.resolve_post_outcome_by_person, post_id=post_id, body=word, api_key_id=None)
        failed = (await project.row(post_id))["job_id"]
        await project.do(changes.retry_failed_post, project_id=project.id, post_id=post_id, retry_of=failed)
        project.platform.plan(send=["lose"], reconcile=["undecided", "ok"])
        assert await project.attempt() == "failed"

    project.platform.on["reconcile"] = send_anew
    await project.query()
    assert (await project.row(post_id))["status"] == "outcome_unknown"


async def need_owner(project: PublishingProject) -> None:
    await project.pool.execute("update social_account set status = 'reauth_required'")


@pytest.mark.parametrize(
    ("meanwhile", "word", "status"),
    [
        (PublishingProject.archive, "completed", "published"),
        (PublishingProject.disconnect, "completed", "outcome_unknown"),
        (need_owner, "snoozed", "outcome_unknown"),
    ],
)
async def test_a_post_is_queried_as_long_as_its_account_exists(
    project: PublishingProject, meanwhile: Callable[[PublishingProject], Awaitable[object]], word: str, status: str
) -> None:
    """In an archived project too. A deleted account ends it; a marked account waits for its owner."""
    post_id = await lost(project)
    await meanwhile(project)
    assert await project.query() == word
    assert (await project.row(post_id))["status"] == status


async def test_an_expired_token_is_refreshed_before_the_query(project: PublishingProject) -> None:
    await lost(project)
    await project.pool.execute("update account_credential set expires_at = now()")
    project.platform.plan(reconcile=["die_before"])
    assert await project.query() == "snoozed"
    assert len(await project.jobs(REFRESH_TOKEN_KIND)) == 1


async def test_sends_are_kept_as_long_as_a_window_counts_them(project: PublishingProject) -> None:
    await project.post()
    assert await project.attempts() == ["completed"]
    await project.pool.execute("update account_send set at = now() - interval '3 days'")
    await project.pool.execute("update social_account set quota_posts = 1, quota_window_s = 4 * 86400")
    async with project.pool.acquire() as conn:
        assert await quotas.prune_old_post_sends(conn) == 0
        await conn.execute("update social_account set quota_window_s = 86400")
        assert await quotas.prune_old_post_sends(conn) == 1
