"""After an archive's answer its counted posts read as canceled, even before its job writes the cancels."""

import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from db.pool import Conn, Pool, transact
from domain.jobs import jobs
from domain.operations import maintenance
from domain.projects import archive, projects
from domain.publishing import posts, waiting
from domain.values.periods import ALWAYS
from schemas import ids
from schemas.errors import CancelRequested, DomainError, Fenced
from schemas.posts import Post
from schemas.projects import ProjectPatch
from tests.properties import test_posts as lives
from tests.properties.test_posts import Event, Life


class Seen(NamedTuple):
    """A post as read through the API, with its version."""

    post: Post
    version: int


async def overdue(life: Life) -> None:
    """Let the deadlines of post jobs pass, as in a paused pool."""
    async with life.pool.acquire() as conn:
        await conn.execute(
            "update job set deadline_at = now() where finished_at is null and kind = 'publish_post'"
        )
        await conn.execute(
            "update job set run_at = least(run_at, deadline_at), stage = 'queued' where state = 'queued'"
        )
        await maintenance.end_overdue(conn)


def one_step(stop: Callable[..., Awaitable[int]]) -> Event:
    """Return an event with one step of the archive's job; a crash may follow any step."""

    async def event(life: Life) -> None:
        where: dict[str, Any] = {"organization_id": life.project.org, "project_id": life.project.id}
        await transact(life.pool, partial(stop, **where, limit=1))

    return event


STEPS = [one_step(jobs.cancel_of_project), one_step(waiting.cancel_blocked_of_project)]
LATER = st.one_of(lives.EVENTS, st.sampled_from([*STEPS, overdue, lives.disconnect, lives.reject]))


async def delete(life: Life) -> int:
    """Run the DELETE without its job. Return the number of canceled posts."""
    where: dict[str, Any] = {"organization_id": life.project.org, "project_id": life.project.id}
    answer, _ = await transact(life.pool, lambda conn: archive.archive(conn, **where, api_key_id=None))
    return answer.canceled_scheduled_posts


async def listed(conn: Conn, life: Life, status: Any) -> set[str]:
    found = await posts.list_page(
        conn,
        organization_id=life.project.org,
        project_id=life.project.id,
        account_id=None,
        content_id=None,
        statuses=None if status is None else [status],
        period=ALWAYS,
        before=None,
        limit=1000,
    )
    assert status is None or {post.status for post in found} <= {status}
    return {post.id for post in found}


async def read(conn: Conn, life: Life, post_ids: list[UUID]) -> dict[UUID, Seen]:
    org = life.project.org
    return {one: Seen(*await posts.get(conn, organization_id=org, post_id=one)) for one in post_ids}


async def revive(life: Life) -> None:
    body = projects.check(ProjectPatch(status="active"))
    where: dict[str, Any] = {"organization_id": life.project.org, "project_id": life.project.id}
    await transact(life.pool, partial(projects.patch, **where, api_key_id=None, body=body))


ANY = given(
    gated=st.booleans(),
    before=st.lists(lives.EVENTS, min_size=3, max_size=15),
    after=st.lists(LATER, max_size=12),
)


@settings(lives.SOME, max_examples=12)
@ANY
async def test_what_an_archive_counted_reads_as_canceled_ever_after(
    pool: Pool, conn: Conn, *, gated: bool, before: list[Event], after: list[Event]
) -> None:
    await archived(pool, conn, gated=gated, before=before, after=after)


async def archived(pool: Pool, conn: Conn, *, gated: bool, before: list[Event], after: list[Event]) -> None:
    life = await lives.born(pool, conn, gated=gated)
    for event in before:
        with contextlib.suppress(DomainError, Fenced, CancelRequested):
            await event(life)
    rows = await conn.fetch("select id from scheduled_post where status in ('blocked', 'queued')")
    counted = [row["id"] for row in rows]
    assert await delete(life) == len(counted)
    first = await read(conn, life, counted)
    for event in [*after, revive]:
        with contextlib.suppress(DomainError, Fenced, CancelRequested):
            await event(life)
        seen = await read(conn, life, counted)
        for one in counted:
            post, version = seen[one]
            assert (post.status, post.cancel_reason) == ("canceled", "project_archived")
            assert (post.schedule_passed, post.caption_pending) == (False, False)
            assert post.canceled_at == first[one].post.canceled_at
            assert version >= first[one].version
        shown = {ids.show(ids.POST, one) for one in counted}
        assert shown <= await listed(conn, life, "canceled")
        assert shown <= await listed(conn, life, None)
        assert not shown & (await listed(conn, life, "queued") | await listed(conn, life, "blocked"))
