"""A project with posts, a worker's steps on them, and people's operations."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from db.pool import Conn, Pool, run_in_transaction
from domain.jobs import jobs
from domain.projects import archive_status as archiving
from domain.publishing import changes, outgoing, posts, sending, waiting
from domain.publishing.outgoing import OutgoingPost
from domain.values.periods import UNBOUNDED_PERIOD
from jobs.kinds import PUBLISH_POST_KIND
from jobs.ledger import AttemptSettlement, JobClaim
from jobs.outcomes import Canceled
from schemas.errors import JobCancelRequested, StateConflict
from schemas.posts import Post, Reschedule
from schemas.projects import Archived
from tests import seeds
from tests.domain.project import Project
from workers.runtime.context import TaskContext
from workers.runtime.progress import JobProgressWriter
from workers.runtime.server_slots import RemoteServerSlots
from workers.runtime.slots import JobAttempt, WorkerSlots

T = TypeVar("T")


async def fill(conn: Conn, project: Project, accounts: int = 5) -> Project:
    """Add completed content and connected accounts to a project."""
    account_ids = [
        await seeds.account(conn, project.org, project.id, handle=f"shop{number}") for number in range(accounts)
    ]
    content_id = await seeds.content(conn, project.org, project.id)
    return project._replace(account_ids=account_ids, content_id=content_id)


async def schedule(conn: Conn, project: Project, *, content_id: UUID | None = None, **fields: Any) -> list[UUID]:
    """Schedule a post for each account, due now by default."""
    where = (project.org, content_id or project.content_id, project.account_ids)
    return await seeds.posts(conn, *where, **fields)


async def pull(conn: Conn, free: int = 100) -> list[JobClaim]:
    return await seeds.claims(conn, PUBLISH_POST_KIND, free=free)


async def prepare(conn: Conn) -> None:
    """Prepare all posts with running jobs, so that they are about to be marked."""
    await conn.execute(
        """update scheduled_post p
              set phase = 'prepared', handle = '{}', request = '\\x', content_revision = 1
             from job j where j.id = p.job_id and j.state = 'running' and p.status = 'queued'"""
    )


async def prepared(conn: Conn, project: Project, rounds: int) -> list[JobClaim]:
    """Return claims of due posts of every account, prepared and about to be marked."""
    for _ in range(rounds):
        await schedule(conn, project)
    wanted = rounds * len(project.account_ids)
    claims = await pull(conn, 2 * wanted)  # A tenant gets half of the slots.
    assert len(claims) == wanted
    await prepare(conn)
    return claims


def context(pool: Pool, claim: JobClaim, servers: RemoteServerSlots | None = None) -> TaskContext:
    attempt = JobAttempt(claim, asyncio.get_running_loop().time() + 60)
    servers = servers or RemoteServerSlots(WorkerSlots(2))
    return TaskContext(attempt, pool, JobProgressWriter(pool), lambda: 15.0, servers)


async def take(pool: Pool, claim: JobClaim) -> OutgoingPost | None:
    """Take the head of a post's queue by the statements of an undisturbed attempt."""
    return await context(pool, claim).run_self_fenced_statements(
        partial(sending.take_post_to_send_at_once, claim=claim, keyring=seeds.VAULT)
    )


async def mark_at_once(conn: Conn, claim: JobClaim) -> datetime | None:
    """Mark a prepared post by one statement, unless an obstacle forbids it."""
    read = await outgoing.read_outgoing_post(conn, claim, seeds.VAULT)
    return read and await sending.mark_post_sending_at_once(conn, claim=claim, post=read.outgoing, unsaved=None)


async def mark(pool: Pool, claim: JobClaim) -> bool:
    """Mark a prepared post as a worker does; if it is refused, settle the job."""
    if await context(pool, claim).run_self_fenced_statements(partial(mark_at_once, claim=claim)):
        return True
    step = partial(sending.mark_post_sending, claim=claim, ai_label="not_needed")
    try:
        came = await context(pool, claim).step(step, project=True, locks=True)
    except (JobCancelRequested, StateConflict):
        came = Canceled()
    if isinstance(came, datetime):
        return True
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, came)])
    return False


async def race(pool: Pool, claims: Sequence[JobClaim], end: Callable[[], Awaitable[T]]) -> tuple[list[JobClaim], T]:
    """Run four senders and an end among their marks; return the posts sent before it, and its answer."""
    went: list[JobClaim] = []
    due, under_way, early = list(claims), asyncio.Event(), random.randrange(1, len(claims))

    async def send() -> None:
        while due:
            claim = due.pop()
            if len(due) <= early:
                under_way.set()
            if await mark(pool, claim):
                went.append(claim)

    async def stop() -> T:
        await under_way.wait()
        return await end()

    senders = asyncio.gather(*[send() for _ in range(4)])
    answer, _ = await asyncio.gather(stop(), senders)
    return went, answer


async def publish(pool: Pool, claim: JobClaim) -> None:
    done = partial(sending.mark_post_published, claim=claim, external_id=str(claim.id), external_url=None)
    await context(pool, claim).end(done, at_once=True)


async def archive(pool: Pool, project: Project) -> Archived:
    """Archive as the DELETE and then its job do."""
    where: dict[str, Any] = {"organization_id": project.org, "project_id": project.id}
    answer, _ = await run_in_transaction(
        pool, lambda conn: archiving.begin_project_archive(conn, **where, api_key_id=None)
    )
    assert await archived(pool, project) == answer.canceled_scheduled_posts
    for stop in (jobs.cancel_jobs_of_archived_project, waiting.cancel_blocked_posts_in_project):
        while await run_in_transaction(pool, partial(stop, **where, limit=20)):
            pass
    return answer


async def archived(pool: Pool, project: Project) -> int:
    """Count the posts shown as canceled by the archive."""
    everything: dict[str, Any] = dict.fromkeys(("account_id", "content_id", "before"))
    where = {"organization_id": project.org, "project_id": project.id} | everything
    async with pool.acquire() as conn:
        listed = await posts.list_post_page(conn, **where, statuses=["canceled"], period=UNBOUNDED_PERIOD, limit=10_000)
    return sum(post.cancel_reason == "project_archived" for post in listed)


async def pending(conn: Conn, project: Project, caption: str) -> UUID:
    """Insert content that awaits its approval."""
    content_id = await seeds.content(conn, project.org, project.id, caption=caption)
    await conn.execute("update content_item set approval_status = 'pending' where id = $1", content_id)
    return content_id


async def in_time(pool: Pool, change: Callable[[Conn], Awaitable[object]]) -> bool:
    """Return whether a change of a post came in time."""
    try:
        await run_in_transaction(pool, change)
    except StateConflict:
        return False
    return True


async def cancel(pool: Pool, project: Project, post_id: UUID) -> bool:
    asked = partial(changes.cancel_single_post, organization_id=project.org, post_id=post_id, reason=None)
    return await in_time(pool, asked)


async def postpone(pool: Pool, project: Project, post_id: UUID) -> bool:
    """Reschedule a post to tomorrow."""
    now = datetime.now(UTC)
    body = Reschedule(scheduled_for=seeds.in_utc(now + timedelta(days=1)), allow_duplicate=True)
    asked = partial(changes.reschedule_waiting_post, organization_id=project.org, post_id=post_id)
    return await in_time(pool, partial(asked, body=body, now=now))


async def shown(conn: Conn, project: Project, post_id: UUID) -> Post:
    return (await posts.read_versioned_post(conn, organization_id=project.org, post_id=post_id))[0]


async def statuses(conn: Conn, post_ids: Sequence[UUID]) -> list[str]:
    """Return the statuses of these posts, in their order."""
    rows = await conn.fetch("select id, status from scheduled_post where id = any($1)", post_ids)
    found = {row["id"]: row["status"] for row in rows}
    return [found[post_id] for post_id in post_ids]


async def captions_out(conn: Conn) -> list[str]:
    """Return the captions of posts that are under way or live, as far as they are known."""
    rows = await conn.fetch(
        """select coalesce(p.caption_override, c.caption) as caption
             from scheduled_post p join content_item c on c.id = p.content_id
            where p.status not in ('blocked', 'canceled')
              and (p.status = 'queued' or p.caption_override is not null)"""
    )
    return [row["caption"] for row in rows]


async def events(conn: Conn, post_id: UUID) -> list[str]:
    rows = await conn.fetch("select type from post_event where post_id = $1 order by id", post_id)
    return [row["type"] for row in rows]


async def unfinished(conn: Conn) -> list[str]:
    """Return waiting posts without a runnable job, runnable jobs without a post, and deadlocks."""
    await conn.execute("select pg_stat_force_next_flush()")
    rows = await conn.fetch(
        """select p.status || ' post of a job ' || coalesce(j.state, '-') as what
             from scheduled_post p left join job j on j.id = p.job_id
            where (p.status in ('queued', 'publishing')) <> (j.id is not null and j.finished_at is null)
              and j.cancel_requested_at is null
           union all
           select 'stray job ' || j.state from job j
            where j.kind = 'publish_post' and j.finished_at is null and j.cancel_requested_at is null
              and not exists (select from scheduled_post p where p.job_id = j.id)
           union all
           select deadlocks || ' deadlocks' from pg_stat_database
            where datname = current_database() and deadlocks > 0"""
    )
    return [row["what"] for row in rows]
