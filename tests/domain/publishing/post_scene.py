"""A project full of posts, a worker's steps on them, and what people do meanwhile."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn, Pool, transact
from domain.connecting import connect
from domain.content import approvals
from domain.content import content as contents
from domain.jobs import jobs
from domain.projects import archive as archiving
from domain.publishing import changes, posts, scheduling, sending, waiting
from jobs.kinds import PUBLISH_POST
from jobs.ledger import Claim, Settlement
from jobs.outcomes import Canceled
from schemas.errors import CancelRequested, Conflict
from schemas.posts import Post, Reschedule, ScheduleContent, Target
from schemas.projects import Archived
from tests import seeds
from tests.domain.project import Project
from workers.runtime.context import Context
from workers.runtime.progress import ProgressWriter
from workers.runtime.slots import Attempt

URL = "https://api.example"


class Full(NamedTuple):
    """A project with accounts and content."""

    org: UUID
    project_id: UUID
    account_ids: list[UUID]
    content_id: UUID


async def fill(conn: Conn, project: Project, accounts: int = 5) -> Full:
    """Completed content and connected accounts."""
    account_ids = [
        await seeds.account(conn, project.org, project.id, handle=f"shop{number}")
        for number in range(accounts)
    ]
    content_id = await seeds.content(conn, project.org, project.id)
    return Full(project.org, project.id, account_ids, content_id)


def in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def schedule(
    conn: Conn, full: Full, *, at: datetime | None = None, content_id: UUID | None = None, **fields: Any
) -> list[UUID]:
    """A post for each account; due now unless it says when."""
    body = ScheduleContent(
        targets=[Target(social_account_id=str(account_id)) for account_id in full.account_ids],
        scheduled_for=in_utc(at or datetime.now(UTC)),
        **{"allow_duplicate": True} | fields,
    )
    scheduled, _ = await scheduling.schedule(
        conn,
        organization_id=full.org,
        content_id=content_id or full.content_id,
        body=body,
        now=datetime.now(UTC),
    )
    return [UUID(made.id.removeprefix("sp_")) for made in scheduled.scheduled_posts]


async def pull(conn: Conn, free: int = 100) -> list[Claim]:
    return await seeds.claims(conn, PUBLISH_POST, free=free)


async def prepare(conn: Conn) -> None:
    """Past the adapter's preparing: every post whose job runs is about to be marked."""
    await conn.execute(
        """update scheduled_post p
              set phase = 'prepared', handle = '{}', request = '\\x', content_revision = 1
             from job j where j.id = p.job_id and j.state = 'running' and p.status = 'queued'"""
    )


def context(pool: Pool, claim: Claim) -> Context:
    attempt = Attempt(claim, asyncio.get_running_loop().time() + 60)
    return Context(attempt, pool, ProgressWriter(pool), lambda: 15.0)


async def mark(pool: Pool, claim: Claim) -> bool:
    """The step that lets a post go out; if it may not, its job is settled as a worker would."""
    step = partial(sending.mark, claim=claim)
    try:
        came = await context(pool, claim).step(step, project=True, locks=True)
    except (CancelRequested, Conflict):
        came = Canceled()
    if isinstance(came, datetime):
        return True
    await jobs.settle(pool, [Settlement(claim, came)])
    return False


async def publish(pool: Pool, claim: Claim) -> None:
    done = partial(sending.publish, claim=claim, external_id=str(claim.id), external_url=None)
    await context(pool, claim).decide(done, locks=True)


async def archive(pool: Pool, full: Full) -> Archived:
    """As the DELETE and then its job do."""
    where: dict[str, Any] = {"organization_id": full.org, "project_id": full.project_id}
    answer, _ = await transact(pool, lambda conn: archiving.archive(conn, **where, api_key_id=None))
    for stop in (jobs.cancel_of_project, waiting.cancel_blocked_of_project):
        while await transact(pool, partial(stop, **where, limit=20)):
            pass
    return answer


async def approve(conn: Conn, full: Full, content_id: UUID) -> None:
    await approvals.approve(
        conn,
        organization_id=full.org,
        content_id=content_id,
        api_key_id=None,
        revision=None,
        note=None,
        now=datetime.now(UTC),
        public_url=URL,
    )


async def edit(conn: Conn, full: Full, content_id: UUID, caption: str) -> None:
    await contents.edit(
        conn,
        organization_id=full.org,
        content_id=content_id,
        caption=caption,
        versions=None,
        public_url=URL,
    )


async def disconnect(conn: Conn, full: Full, account_id: UUID) -> int:
    """How many posts it canceled."""
    answer = await connect.disconnect(
        conn, organization_id=full.org, account_id=account_id, api_key_id=None, keyring=seeds.VAULT
    )
    return answer.canceled_scheduled_posts


async def pending(conn: Conn, full: Full, caption: str) -> UUID:
    """Content that awaits its approval."""
    content_id = await seeds.content(conn, full.org, full.project_id, caption=caption)
    await conn.execute("update content_item set approval_status = 'pending' where id = $1", content_id)
    return content_id


async def cancel(pool: Pool, full: Full, post_id: UUID) -> bool:
    """Whether it came in time."""
    asked = partial(changes.cancel, organization_id=full.org, post_id=post_id, reason=None)
    try:
        await transact(pool, asked)
    except Conflict:
        return False
    return True


async def postpone(pool: Pool, full: Full, post_id: UUID) -> bool:
    """To tomorrow; whether it came in time."""
    now = datetime.now(UTC)
    body = Reschedule(scheduled_for=in_utc(now + timedelta(days=1)), allow_duplicate=True)
    asked = partial(changes.reschedule, organization_id=full.org, post_id=post_id, body=body, now=now)
    try:
        await transact(pool, asked)
    except Conflict:
        return False
    return True


async def shown(conn: Conn, full: Full, post_id: UUID) -> Post:
    return (await posts.get(conn, organization_id=full.org, post_id=post_id))[0]


async def statuses(conn: Conn, post_ids: Sequence[UUID]) -> list[str]:
    """Of these posts, in their order."""
    rows = await conn.fetch("select id, status from scheduled_post where id = any($1)", post_ids)
    found = {row["id"]: row["status"] for row in rows}
    return [found[post_id] for post_id in post_ids]


async def events(conn: Conn, post_id: UUID) -> list[str]:
    rows = await conn.fetch("select type from post_event where post_id = $1 order by id", post_id)
    return [row["type"] for row in rows]


async def unfinished(conn: Conn) -> list[str]:
    """Posts that wait with a job that won't run, jobs that will run without their post, and deadlocks."""
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
