"""Posts: what they are, what many of them come to at once, and what they leave behind (api.md 9).

Lock order: project, job rows by id, content row, owners of leased accounts by id, account rows by id, post
rows by id.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from db.pool import Conn
from db.queries import post_event, scheduled_post
from domain.accounts import accounts
from domain.publishing import account_queue
from jobs import controls, ledger
from jobs.kinds import PUBLISH_POST
from jobs.ledger import Submitted, Wake
from schemas import ids
from schemas.errors.absent import absent
from schemas.posts import Post, PostError, Status

#: A post and its version, which grows with every change that a reader can see.
Versioned: TypeAlias = tuple[Post, int]

Event = Literal[
    "scheduled", "blocked", "released", "rescheduled", "prepared", "sending", "not_sent", "accepted",
    "published", "draft_in_inbox", "failed", "canceled", "outcome_unknown", "resolved",
]  # fmt: skip

#: Why posts are canceled or blocked, where nobody asked for it by itself.
ARCHIVED = "project_archived"
EDITED, PASSED = {"reason": "content_edited"}, {"reason": "schedule_passed"}


class Counts(NamedTuple):
    """Of a project's posts: those that wait for an approval or their time, and those on their way."""

    waiting: int
    in_flight: int


async def note(
    conn: Conn,
    *,
    organization_id: UUID,
    post_ids: Sequence[UUID],
    event: Event,
    details: dict[str, Any] | None = None,
) -> None:
    """Write down what happened to posts, in the transaction of the change."""
    await post_event.insert_events.run(
        conn,
        org=organization_id,
        post_ids=post_ids,
        ids=[ids.new() for _ in post_ids],
        type=event,
        details=details or {},
    )


async def get(conn: Conn, *, organization_id: UUID, post_id: UUID) -> Versioned:
    """Raises `NotFound`."""
    row = await scheduled_post.get_post.one(conn, org=organization_id, id=post_id)
    if row is None:
        raise absent("post")
    return _shown(row), row["version"]


async def list_page(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    account_id: UUID | None,
    status: Status | None,
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[Post]:
    """At most `limit` posts older than `before`, newest first; times bound `scheduledFor`, `until` excluded.

    Raises `NotFound` for an account that is not the project's.
    """
    if account_id is not None:
        account = await accounts.find(conn, organization_id=organization_id, account_id=account_id)
        if account["project_id"] != project_id:
            raise absent("account")
    rows = await scheduled_post.list_posts.all(
        conn,
        org=organization_id,
        project_id=project_id,
        account_id=account_id,
        status=status,
        since=since,
        until=until,
        before=before,
        limit=limit,
    )
    return [_shown(row) for row in rows]


async def count_of_project(conn: Conn, *, organization_id: UUID, project_id: UUID) -> Counts:
    """Exact in a transaction that holds the project's row: nothing begins to wait or to be sent meanwhile."""
    row = await scheduled_post.count_open.row(conn, org=organization_id, project_id=project_id)
    return Counts(*row.values())


async def submit(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    post_id: UUID,
    run_at: datetime | None,
    **fields: Any,
) -> Submitted:
    """The job that sends a post when its time has come, or now. Raises `Limited`."""
    return await ledger.submit(
        conn,
        kind=PUBLISH_POST,
        organization_id=organization_id,
        project_id=project_id,
        args={"post_id": str(post_id)},
        run_at=run_at,
        **fields,
    )


async def lock_jobs_of_content(conn: Conn, *, organization_id: UUID, content_id: UUID) -> None:
    """Lock the jobs of a content's posts: before its own row, by who may block or cancel them."""
    waiting = await _waiting(conn, organization_id, content_id)
    await controls.lock_many(conn, organization_id=organization_id, job_ids=_jobs(waiting))


async def release_of_content(
    conn: Conn, *, organization_id: UUID, project_id: UUID, content_id: UUID, now: datetime
) -> list[Wake]:
    """Let an approved content's posts wait for their time; those whose time has passed stay blocked.

    In a transaction that holds the active project and the content. Raises `Limited`.
    """
    place = {"organization_id": organization_id, "project_id": project_id}
    await _hold_accounts(conn, organization_id, await _waiting(conn, organization_id, content_id))
    blocked = await scheduled_post.lock_blocked.all(conn, org=organization_id, content_id=content_id)
    due = {row["id"]: row["scheduled_for"] for row in blocked if row["scheduled_for"] >= now}
    late = [row["id"] for row in blocked if row["id"] not in due]
    made = [await submit(conn, **place, post_id=post_id, run_at=at) for post_id, at in due.items()]
    jobs = [job.job_id for job in made]
    await scheduled_post.release_posts.run(conn, org=organization_id, ids=list(due), job_ids=jobs)
    await note(conn, organization_id=organization_id, post_ids=list(due), event="released")
    await scheduled_post.keep_blocked.run(conn, org=organization_id, ids=late)
    await note(conn, organization_id=organization_id, post_ids=late, event="blocked", details=PASSED)
    return [job.wake for job in made if job.wake]


async def block_of_content(conn: Conn, *, organization_id: UUID, content_id: UUID) -> int:
    """Let the queued posts of an edited content wait for a new approval; how many.

    In a transaction that holds the content. A post that was marked `sending` before goes out; one whose job
    was asked to cancel before is canceled, else it would come back with the next approval.
    """
    stopped = await scheduled_post.list_stopped_of_content.all(
        conn, org=organization_id, content_id=content_id
    )
    if stopped:
        why = stopped[0]["reason"]
        await cancel_waiting(conn, organization_id=organization_id, waiting=stopped, reason=why)
    waiting = await _waiting(conn, organization_id, content_id)
    await controls.cancel_many(conn, organization_id=organization_id, job_ids=_jobs(waiting))
    turn = await _hold_accounts(conn, organization_id, waiting)
    rows = await scheduled_post.block_posts.all(conn, org=organization_id, content_id=content_id)
    blocked = [row["id"] for row in rows]
    await note(conn, organization_id=organization_id, post_ids=blocked, event="blocked", details=EDITED)
    await pass_on(conn, organization_id=organization_id, turn=turn, gone=blocked)
    return len(blocked)


async def cancel_of_content(conn: Conn, *, organization_id: UUID, content_id: UUID, reason: str) -> int:
    """Cancel the posts of a content that wait; how many. In a transaction that holds the content."""
    waiting = await _waiting(conn, organization_id, content_id)
    return await cancel_waiting(conn, organization_id=organization_id, waiting=waiting, reason=reason)


async def cancel_of_account(conn: Conn, *, organization_id: UUID, account_id: UUID, reason: str) -> int:
    """Cancel the posts that wait for an account; how many. Before the account's own row is changed.

    In a transaction that has locked the project: no post comes to wait meanwhile.
    """
    waiting = await scheduled_post.list_waiting_of_account.all(
        conn, org=organization_id, account_id=account_id
    )
    return await cancel_waiting(conn, organization_id=organization_id, waiting=waiting, reason=reason)


async def cancel_blocked_of_project(
    conn: Conn, *, organization_id: UUID, project_id: UUID, limit: int
) -> int:
    """Cancel the next `limit` blocked posts of an archived project; 0 when none is left."""
    blocked = await scheduled_post.list_blocked.all(
        conn, org=organization_id, project_id=project_id, limit=limit
    )
    return await cancel_waiting(conn, organization_id=organization_id, waiting=blocked, reason=ARCHIVED)


async def cancel_waiting(
    conn: Conn, *, organization_id: UUID, waiting: Sequence[asyncpg.Record], reason: str | None
) -> int:
    """Cancel those of these posts that still wait, and their jobs; how many."""
    await controls.cancel_many(conn, organization_id=organization_id, job_ids=_jobs(waiting))
    turn = await _hold_accounts(conn, organization_id, waiting)
    found = [row["id"] for row in waiting]
    rows = await scheduled_post.cancel_posts.all(conn, org=organization_id, ids=found, reason=reason)
    canceled, why = [row["id"] for row in rows], {"reason": reason}
    await note(conn, organization_id=organization_id, post_ids=canceled, event="canceled", details=why)
    await pass_on(conn, organization_id=organization_id, turn=turn, gone=canceled)
    return len(canceled)


async def pass_on(
    conn: Conn, *, organization_id: UUID, turn: Mapping[UUID, UUID], gone: Sequence[UUID]
) -> None:
    """Give the turns that these posts had to the next of their accounts; `turn` is who has one, and where."""
    for post_id in turn.keys() & set(gone):
        account_id = turn[post_id]
        await account_queue.pass_on(
            conn, organization_id=organization_id, account_id=account_id, post_id=post_id
        )


async def _waiting(conn: Conn, organization_id: UUID, content_id: UUID) -> list[asyncpg.Record]:
    where = {"org": organization_id, "content_id": content_id}
    return await scheduled_post.list_waiting_of_content.all(conn, **where)


async def _hold_accounts(
    conn: Conn, organization_id: UUID, waiting: Sequence[asyncpg.Record]
) -> Mapping[UUID, UUID]:
    """The accounts of these posts, held, by the posts whose turn it is."""
    account_ids = list({row["social_account_id"] for row in waiting})
    held = await scheduled_post.lock_accounts.all(conn, org=organization_id, ids=account_ids)
    return {row["turn_post_id"]: row["id"] for row in held if row["turn_post_id"]}


def _jobs(waiting: Sequence[asyncpg.Record]) -> list[UUID]:
    return [row["job_id"] for row in waiting if row["job_id"]]


def _shown(row: asyncpg.Record) -> Post:
    job_id, error = row["job_id"], row["last_error"]
    return Post(
        id=ids.show(ids.POST, row["id"]),
        content_id=ids.show(ids.CONTENT, row["content_id"]),
        project_id=ids.show(ids.PROJECT, row["project_id"]),
        social_account_id=ids.show(ids.ACCOUNT, row["social_account_id"]),
        job_id=job_id and ids.show(ids.JOB, job_id),
        last_error=error and msgspec.convert(error, PostError),
        **{name: row[name] for name in _SAME},
    )


#: What a row and a reader call by one name and hold in one form.
_SAME = (
    "platform", "mode", "privacy_level", "status", "schedule_passed", "scheduled_for", "caption_override",
    "attempted_at", "published_at", "canceled_at", "cancel_reason", "external_id", "external_url",
    "created_at",
)  # fmt: skip
