"""The ledger: what may happen to a job's row, one statement each.

Whoever ends a job ends its subject too, in the same transaction (I10): outside this package call
`domain.jobs.jobs`, which does both.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import job
from jobs import backoff
from jobs.kinds import Kind
from jobs.outcomes import DEADLINE, Done, Interrupted, Outcome, Retry, Snooze, error_of
from jobs.states import TERMINAL
from schemas import ids
from schemas.errors import CancelRequested, Fenced, Limited

#: A job that waits longer than this is out of its line until it is ripe; a shorter wait isn't worth it.
SCHEDULED_AFTER_S = 5.0

#: A submit that finds its key taken and then free again tries again.
TRIES = 3


class Wake(NamedTuple):
    """What the courier sends after the commit."""

    pool: str
    kind: str
    job_id: UUID


class Submitted(NamedTuple):
    """`fresh` is False when `unique_key` matched a job that had not ended: `job_id` is that one."""

    kind: str
    project_id: UUID | None
    job_id: UUID
    created_at: datetime
    stage: str
    wake: Wake | None
    fresh: bool


class Claim(NamedTuple):
    """One attempt's right to a job; `fence` proves it in every write."""

    organization_id: UUID
    project_id: UUID | None
    id: UUID
    kind: str
    fence: int
    attempt: int
    max_attempts: int
    args: dict[str, Any]
    attempt_deadline_at: datetime


class Settlement(NamedTuple):
    """What an attempt came to."""

    claim: Claim
    outcome: Outcome


class Moved(NamedTuple):
    """A job that a statement ended or put back, as its row is now; `error` is set on a failed one."""

    organization_id: UUID
    project_id: UUID | None
    id: UUID
    kind: str
    fence: int
    state: str
    error: dict[str, Any] | None

    @property
    def ended(self) -> bool:
        return self.state in TERMINAL


async def submit(
    conn: Conn,
    *,
    kind: Kind,
    organization_id: UUID,
    project_id: UUID | None,
    args: dict[str, Any],
    unique_key: str | None = None,
    run_at: datetime | None = None,
    retry_of: UUID | None = None,
) -> Submitted:
    """A queued row in the caller's transaction. Raises `Limited` over the tenant's cap for the pool.

    A job of the same `unique_key` may begin or end while this looks: then it looks again.
    """
    asked: dict[str, Any] = {
        "id": ids.new(),
        "org": organization_id,
        "project_id": project_id,
        "kind": kind.name,
        "pool": kind.pool,
        "internal": kind.internal,
        "cancelable": kind.cancelable,
        "max_attempts": kind.max_attempts,
        "total_s": kind.total_s,
        "args": args,
        "unique_key": unique_key,
        "run_at": run_at,
        "retry_of": retry_of,
    }
    for _ in range(TRIES if unique_key else 1):
        if row := await job.submit_job.one(conn, **asked):
            wake = Wake(kind.pool, kind.name, row["id"]) if row["send"] else None
            return _submitted(row, kind, project_id, wake, fresh=True)
        if row := await job.find_job_of_key.one(conn, org=organization_id, unique_key=unique_key):
            return _submitted(row, kind, project_id, None, fresh=False)
    raise Limited("queued_jobs", f"too many {kind.pool} jobs wait: try again later", retry_after=10)


def _submitted(
    row: asyncpg.Record, kind: Kind, project_id: UUID | None, wake: Wake | None, *, fresh: bool
) -> Submitted:
    return Submitted(kind.name, project_id, row["id"], row["created_at"], row["stage"], wake, fresh)


async def is_open(conn: Conn, *, organization_id: UUID, job_id: UUID) -> bool:
    """Whether the job still has to end."""
    return await job.is_open.value(conn, org=organization_id, id=job_id) or False


async def error_code(conn: Conn, *, organization_id: UUID, job_id: UUID) -> str | None:
    """Why the job failed, if it did."""
    found: str | None = await job.get_error_code.value(conn, org=organization_id, id=job_id)
    return found


async def pull(conn: Conn, *, pool: str, worker_id: UUID, free: int, kinds: Sequence[Kind]) -> list[Claim]:
    """Claim up to `free` due jobs of these kinds in fair order, within every tenant's cap; one round trip.

    Empty too when the pool is paused or the worker's lease has run out. Not inside a transaction: the
    pool's lock is held until it ends.
    """
    rows = await job.pull_jobs.all(
        conn,
        pool=pool,
        worker=worker_id,
        free=free,
        kinds=[kind.name for kind in kinds],
        timeouts_s=[kind.timeout_s for kind in kinds],
    )
    return [Claim(*row.values()) for row in rows]


async def settle(conn: Conn, settlements: Sequence[Settlement]) -> list[Moved]:
    """Write down what many attempts came to, in one statement. A claim without a row back was fenced."""
    rows = await job.settle_jobs.all(
        conn,
        orgs=[claim.organization_id for claim, _ in settlements],
        ids=[claim.id for claim, _ in settlements],
        fences=[claim.fence for claim, _ in settlements],
        outcomes=[outcome.word for _, outcome in settlements],
        results=[outcome.result if isinstance(outcome, Done) else None for _, outcome in settlements],
        errors=[error_of(outcome) for _, outcome in settlements],
        afters_s=[_after_s(claim, outcome) for claim, outcome in settlements],
        scheduled_after_s=SCHEDULED_AFTER_S,
        overdue=error_of(DEADLINE),
    )
    return [Moved(*row.values()) for row in rows]


async def settle_one(conn: Conn, claim: Claim, outcome: Outcome) -> Moved | None:
    """`settle` for a connection that does no more of it; None: the claim was fenced."""
    row = await job.settle_job.one(
        conn,
        org=claim.organization_id,
        id=claim.id,
        fence=claim.fence,
        outcome=outcome.word,
        result=outcome.result if isinstance(outcome, Done) else None,
        error=error_of(outcome),
        after_s=_after_s(claim, outcome),
        scheduled_after_s=SCHEDULED_AFTER_S,
        overdue=error_of(DEADLINE),
    )
    return Moved(*row.values()) if row else None


def _after_s(claim: Claim, outcome: Outcome) -> float | None:
    match outcome:
        case Retry(after_s=None):
            return backoff.full_jitter(claim.attempt)
        case Retry(after_s=after_s) | Snooze(after_s=after_s):
            return after_s
        case Interrupted():
            return 0.0
        case _:
            return None


async def hold(conn: Conn, claim: Claim) -> None:
    """Lock the job's row for a step of its attempt. Raises `Fenced`, `CancelRequested`."""
    fenced(await job.hold_job.one(conn, org=claim.organization_id, id=claim.id, fence=claim.fence), claim)


async def end(conn: Conn, claim: Claim, *, result: dict[str, Any]) -> Moved:
    """Complete the job in the transaction of its last step. Raises `Fenced`, `CancelRequested`."""
    row = await job.end_job.one(
        conn, org=claim.organization_id, id=claim.id, fence=claim.fence, result=result
    )
    fenced(row, claim)
    return Moved(*claim[:5], state="completed", error=None)


async def set_result(conn: Conn, claim: Claim, *, result: dict[str, Any]) -> None:
    """For what is known only at the end of the transaction that has ended the job."""
    await job.set_result.run(conn, org=claim.organization_id, id=claim.id, fence=claim.fence, result=result)


async def progress(
    conn: Conn, claim: Claim, *, progress: float, stage: str | None = None, cancelable: bool | None = None
) -> None:
    """Show how far the attempt is; a lower figure than before is ignored. Raises `Fenced`, `CancelRequested`.

    `cancelable=False` closes the door to a cancel; one that was accepted before raises, so that a task
    never passes that point with it.
    """
    row = await job.set_progress.one(
        conn,
        org=claim.organization_id,
        id=claim.id,
        fence=claim.fence,
        progress=progress,
        stage=stage,
        cancelable=cancelable,
    )
    fenced(row, claim)


async def cancel(conn: Conn, *, organization_id: UUID, job_id: UUID) -> Moved | None:
    """End a queued job, or ask a running one to stop. None if it has ended or can't be canceled now."""
    row = await job.cancel_job.one(conn, org=organization_id, id=job_id)
    return Moved(*row.values()) if row else None


async def hold_many(conn: Conn, *, organization_id: UUID, job_ids: Sequence[UUID]) -> None:
    """Lock jobs, before the rows that they are about."""
    await job.hold_jobs.run(conn, org=organization_id, ids=job_ids)


async def cancel_many(conn: Conn, *, organization_id: UUID, job_ids: Sequence[UUID]) -> list[Moved]:
    """`cancel` for each of these; one that has ended or can't be canceled now has no row."""
    rows = await job.cancel_jobs.all(conn, org=organization_id, ids=job_ids)
    return [Moved(*row.values()) for row in rows]


async def move(
    conn: Conn, *, kind: Kind, organization_id: UUID, job_id: UUID, run_at: datetime
) -> list[Wake] | None:
    """Another time for a queued job, and whom to wake for it; None for one that runs or has ended."""
    due = await job.move_job.value(conn, org=organization_id, id=job_id, run_at=run_at, total_s=kind.total_s)
    if due is None:
        return None
    return [Wake(kind.pool, kind.name, job_id)] if due else []


async def hasten(conn: Conn, *, organization_id: UUID, job_id: UUID) -> list[Wake]:
    """A job that waits is due now; whom to wake for it. One that runs or has ended is left alone."""
    rows = await job.hasten_job.all(conn, org=organization_id, id=job_id)
    return [Wake(row["pool"], row["kind"], job_id) for row in rows]


async def cancel_of_project(
    conn: Conn, *, organization_id: UUID, project_id: UUID, kinds: Sequence[str], limit: int
) -> list[Moved]:
    """The same for a project's next `limit` jobs of these kinds that nobody asked yet."""
    rows = await job.cancel_jobs_of_project.all(
        conn, org=organization_id, project_id=project_id, kinds=kinds, limit=limit
    )
    return [Moved(*row.values()) for row in rows]


def fenced(row: asyncpg.Record | None, claim: Claim) -> asyncpg.Record:
    """What a statement that locks a claim's job has found. Raises `Fenced`, `CancelRequested`."""
    if row is None:
        raise Fenced(f"job {claim.id} has another owner than fence {claim.fence}")
    if row["cancel"]:
        raise CancelRequested(f"job {claim.id} was asked to cancel")
    return row
