"""The end of posts whose jobs end without having ended them: no post outlives its job undecided."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import post_end
from domain.publishing import posts, waiting
from jobs import ledger
from jobs.kinds import RECONCILE_POST
from jobs.ledger import Moved, Submitted

#: When a platform is first asked for a post whose answer was lost.
RECONCILE_AFTER = timedelta(seconds=30)


class QueueHead(NamedTuple):
    """An account and the post at the head of its queue."""

    id: UUID
    head_post_id: UUID | None


class EndedPost(NamedTuple):
    """A post that was given its job's end, and why."""

    organization_id: UUID
    project_id: UUID
    id: UUID
    status: Literal["failed", "canceled", "outcome_unknown"]
    reason: str
    now: datetime


LOCK_ACCOUNTS = post_end.lock_accounts_of_jobs.typed(QueueHead)
END_POSTS = post_end.end_posts.typed(EndedPost)


async def ended(conn: Conn, *, rows: Sequence[Moved]) -> None:
    """Give the posts of these jobs, just ended in this transaction, their jobs' end.

    A post that a platform may have is `outcome_unknown`, and a job of its own asks on. One whose job
    completed was given its end by the job's last step.
    """
    orgs = [row.organization_id for row in rows if row.state != "completed"]
    jobs = [row.id for row in rows if row.state != "completed"]
    if not jobs:
        return
    accounts = await LOCK_ACCOUNTS.all(conn, orgs=orgs, job_ids=jobs)
    heads = {account.head_post_id: account.id for account in accounts if account.head_post_id}
    alike: dict[tuple[UUID, posts.Event, str], list[UUID]] = {}
    for post in await END_POSTS.all(conn, orgs=orgs, job_ids=jobs):
        org = post.organization_id
        alike.setdefault((org, post.status, post.reason), []).append(post.id)
        if post.status == "outcome_unknown":
            await reconcile(
                conn, organization_id=org, project_id=post.project_id, post_id=post.id, now=post.now
            )
    for (org, status, reason), gone in alike.items():
        why = {"reason": reason}
        await posts.note(conn, organization_id=org, post_ids=gone, event=status, details=why)
        await waiting.advance(conn, organization_id=org, heads=heads, gone=gone)


async def reconcile(
    conn: Conn, *, organization_id: UUID, project_id: UUID, post_id: UUID, now: datetime
) -> Submitted:
    """The job that asks a platform what became of a post whose answer was lost."""
    return await ledger.submit(
        conn,
        kind=RECONCILE_POST,
        organization_id=organization_id,
        project_id=project_id,
        args={"post_id": str(post_id)},
        run_at=now + RECONCILE_AFTER,
    )
