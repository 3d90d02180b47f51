"""End of posts with their jobs: no post outlives its job without a status of its own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import post_end
from domain.publishing import posts, waiting
from jobs import ledger
from jobs.kinds import RECONCILE_POST_KIND
from jobs.ledger import ChangedJob, SubmittedJob

#: Time until a platform is first polled for a post with a lost answer.
POST_RECONCILE_DELAY = timedelta(seconds=30)


class AccountWithQueueHeadPost(NamedTuple):
    """Account with the post at the head of its queue."""

    id: UUID
    head_post_id: UUID | None


class EndedPost(NamedTuple):
    """Post that ended with its job, and the reason."""

    organization_id: UUID
    project_id: UUID
    id: UUID
    status: Literal["failed", "canceled", "outcome_unknown"]
    reason: str
    now: datetime


LOCK_ACCOUNTS_OF_JOBS = post_end.lock_accounts_of_jobs.typed(AccountWithQueueHeadPost)
END_POSTS_OF_JOBS = post_end.end_posts.typed(EndedPost)


async def end_posts_of_jobs(conn: Conn, *, rows: Sequence[ChangedJob]) -> None:
    """End the posts of these jobs, which this transaction has just ended without success.

    Each post becomes `failed` or `canceled`. A post that a platform may have becomes `outcome_unknown` instead, and
    another job polls for it. The post of a completed job is skipped: the job's last step ended it.
    """
    orgs = [row.organization_id for row in rows if row.state != "completed"]
    jobs = [row.id for row in rows if row.state != "completed"]
    if not jobs:
        return
    accounts = await LOCK_ACCOUNTS_OF_JOBS.all(conn, orgs=orgs, job_ids=jobs)
    heads = {account.head_post_id: account.id for account in accounts if account.head_post_id}
    alike: dict[tuple[UUID, posts.PostEventType, str], list[UUID]] = {}
    for post in await END_POSTS_OF_JOBS.all(conn, orgs=orgs, job_ids=jobs):
        org = post.organization_id
        alike.setdefault((org, post.status, post.reason), []).append(post.id)
        if post.status == "outcome_unknown":
            await submit_post_reconciliation(
                conn, organization_id=org, project_id=post.project_id, post_id=post.id, now=post.now
            )
    for (org, status, reason), post_ids in alike.items():
        why = {"reason": reason}
        await posts.record_post_history(conn, organization_id=org, post_ids=post_ids, event=status, details=why)
        await waiting.advance_queues_of_posts(conn, organization_id=org, heads=heads, gone=post_ids)


async def submit_post_reconciliation(
    conn: Conn, *, organization_id: UUID, project_id: UUID, post_id: UUID, now: datetime
) -> SubmittedJob:
    """Submit the job that polls a platform for a post with a lost answer, `POST_RECONCILE_DELAY` from now."""
    return await ledger.submit_job(
        conn,
        kind=RECONCILE_POST_KIND,
        organization_id=organization_id,
        project_id=project_id,
        args={"post_id": str(post_id)},
        run_at=now + POST_RECONCILE_DELAY,
    )
