"""Posts: what they are, what ends them, and what they leave behind (api.md 9).

Lock order: project, job rows by id, content row, account rows by id, post rows by id.
"""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from db.pool import Conn
from db.queries import post_event, scheduled_post
from schemas import ids
from schemas.errors import NotFound
from schemas.posts import Post, PostError

#: A post and its version, which grows with every change.
Versioned = tuple[Post, int]

Event = Literal[
    "scheduled", "blocked", "released", "rescheduled", "prepared", "sending", "not_sent", "accepted",
    "published", "failed", "canceled", "outcome_unknown", "resolved",
]  # fmt: skip


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
        raise absent()
    return _shown(row), row["version"]


def absent() -> NotFound:
    """One answer for a post that isn't and for another organization's."""
    return NotFound("no such scheduled post: check the id, and that the key belongs to its organization")


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
    "platform",
    "mode",
    "status",
    "schedule_passed",
    "scheduled_for",
    "caption_override",
    "attempted_at",
    "published_at",
    "canceled_at",
    "cancel_reason",
    "external_id",
    "external_url",
    "created_at",
)
