"""What becomes of posts whose jobs end without having ended them (I10)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from db.pool import Conn
from db.queries import scheduled_post
from domain.publishing import posts, waiting
from jobs import ledger
from jobs.kinds import RECONCILE_POST
from jobs.ledger import Moved, Submitted

#: When a platform is first asked for a post whose answer was lost.
RECONCILE_AFTER = timedelta(seconds=30)


async def ended(conn: Conn, *, rows: Sequence[Moved]) -> None:
    """Give the posts of these jobs, just ended in this transaction, their jobs' end (I10).

    A post that a platform may have is `outcome_unknown`, and a job of its own asks on. One whose job
    completed was given its end by the job's last step.
    """
    orgs = [row.organization_id for row in rows if row.state != "completed"]
    jobs = [row.id for row in rows if row.state != "completed"]
    if not jobs:
        return
    held = await scheduled_post.lock_accounts_of_jobs.all(conn, orgs=orgs, job_ids=jobs)
    turn = {row["turn_post_id"]: row["id"] for row in held}
    alike: dict[tuple[UUID, posts.Event, str], list[UUID]] = {}
    for row in await scheduled_post.end_posts.all(conn, orgs=orgs, job_ids=jobs):
        organization_id, post_id, status = row["organization_id"], row["id"], row["status"]
        alike.setdefault((organization_id, status, row["reason"]), []).append(post_id)
        if status == "outcome_unknown":
            place = {"organization_id": organization_id, "project_id": row["project_id"]}
            await reconcile(conn, **place, post_id=post_id, now=row["now"])
    for (organization_id, status, reason), gone in alike.items():
        why = {"reason": reason}
        await posts.note(conn, organization_id=organization_id, post_ids=gone, event=status, details=why)
        await waiting.pass_on(conn, organization_id=organization_id, turn=turn, gone=gone)


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
