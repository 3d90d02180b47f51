"""After an archive's answer its counted posts read as canceled, even before its job writes the cancels."""

import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.pool import Conn, Pool, run_in_transaction
from domain.jobs import jobs
from domain.operations import maintenance
from domain.projects import archive_status, projects
from domain.publishing import posts, waiting
from domain.values.periods import UNBOUNDED_PERIOD
from schemas import ids
from schemas.errors import AttemptFenced, DomainError, JobCancelRequested
from schemas.posts import Post
from schemas.projects import ProjectPatch
from tests.properties import test_posts as post_histories
from tests.properties.test_posts import Event, PostHistory


class PostRead(NamedTuple):
    """A post as read through the API, with its version."""

    post: Post
    version: int


async def pass_deadlines(history: PostHistory) -> None:
    """Let the deadlines of post jobs pass, as in a paused pool."""
    async with history.pool.acquire() as conn:
        await conn.execute("update job set deadline_at = now() where finished_at is null and kind = 'publish_post'")
        await conn.execute(
            "update job set run_at = least(run_at, deadline_at), stage = 'queued' where state = 'queued'"
        )
        await maintenance.end_overdue_jobs_and_subjects(conn)


def archive_step(stop: Callable[..., Awaitable[int]]) -> Event:
    """Return an event with one step of the archive's job; a crash may follow any step."""

    async def event(history: PostHistory) -> None:
        project: dict[str, Any] = {"organization_id": history.project.org, "project_id": history.project.id}
        await run_in_transaction(history.pool, partial(stop, **project, limit=1))

    return event


STEPS = [archive_step(jobs.cancel_jobs_of_archived_project), archive_step(waiting.cancel_blocked_posts_in_project)]
LATER = st.one_of(
    post_histories.EVENTS, st.sampled_from([*STEPS, pass_deadlines, post_histories.disconnect, post_histories.reject])
)


async def archive_project(history: PostHistory) -> int:
    """Run the DELETE without its job. Return the number of canceled posts."""
    project: dict[str, Any] = {"organization_id": history.project.org, "project_id": history.project.id}
    answer, _ = await run_in_transaction(
        history.pool, lambda conn: archive_status.begin_project_archive(conn, **project, api_key_id=None)
    )
    return answer.canceled_scheduled_posts


async def list_posts(conn: Conn, history: PostHistory, status: Any) -> set[str]:
    page = await posts.list_post_page(
        conn,
        organization_id=history.project.org,
        project_id=history.project.id,
        account_id=None,
        content_id=None,
        statuses=None if status is None else [status],
        period=UNBOUNDED_PERIOD,
        before=None,
        limit=1000,
    )
    assert status is None or {post.status for post in page} <= {status}
    return {post.id for post in page}


async def read_posts(conn: Conn, history: PostHistory, post_ids: list[UUID]) -> dict[UUID, PostRead]:
    org = history.project.org
    return {
        post_id: PostRead(*await posts.read_versioned_post(conn, organization_id=org, post_id=post_id))
        for post_id in post_ids
    }


async def activate(history: PostHistory) -> None:
    body = projects.check_project_patch(ProjectPatch(status="active"))
    project: dict[str, Any] = {"organization_id": history.project.org, "project_id": history.project.id}
    await run_in_transaction(history.pool, partial(projects.apply_project_patch, **project, api_key_id=None, body=body))


@pytest.mark.long
@pytest.mark.timeout(600)
@settings(post_histories.SETTINGS, max_examples=120)
@given(
    gated=st.booleans(),
    before=st.lists(post_histories.EVENTS, min_size=3, max_size=15),
    after=st.lists(LATER, max_size=12),
)
async def test_posts_counted_by_an_archive_read_as_canceled_for_good(
    pool: Pool, conn: Conn, *, gated: bool, before: list[Event], after: list[Event]
) -> None:
    history = await post_histories.start_history(pool, conn, gated=gated)
    for event in before:
        with contextlib.suppress(DomainError, AttemptFenced, JobCancelRequested):
            await event(history)
    rows = await conn.fetch("select id from scheduled_post where status in ('blocked', 'queued')")
    counted = [row["id"] for row in rows]
    assert await archive_project(history) == len(counted)
    first = await read_posts(conn, history, counted)
    for event in [*after, activate]:
        with contextlib.suppress(DomainError, AttemptFenced, JobCancelRequested):
            await event(history)
        reads = await read_posts(conn, history, counted)
        for post_id in counted:
            post, version = reads[post_id]
            assert (post.status, post.cancel_reason) == ("canceled", "project_archived")
            assert (post.schedule_passed, post.caption_pending) == (False, False)
            assert post.canceled_at == first[post_id].post.canceled_at
            assert version >= first[post_id].version
        shown_ids = {ids.format_prefixed_id(ids.POST_ID_PREFIX, post_id) for post_id in counted}
        assert shown_ids <= await list_posts(conn, history, "canceled")
        assert shown_ids <= await list_posts(conn, history, None)
        assert not shown_ids & (await list_posts(conn, history, "queued") | await list_posts(conn, history, "blocked"))
