"""The ledger: every change of a job's row, one statement each.

A job and its subject must end in the same transaction. So outside this package call `domain/jobs/jobs.py`,
which does both.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar, cast
from uuid import UUID

from db.pool import Conn
from db.queries import job
from db.reach import ERRORS_OF_ONE_CALLER_IN_GROUPED_STATEMENT, SLOW_STATEMENT_ERRORS
from jobs import backoff
from jobs.kinds import JobKindSpec
from jobs.outcomes import DEADLINE_FAILURE, Done, TaskOutcome, encode_outcome_error
from jobs.states import TERMINAL_JOB_STATES, JobState
from schemas.errors import AttemptFenced, JobCancelRequested, LimitReached
from telemetry import log_context, logs

#: A job due later than this many seconds is `scheduled` until then; a shorter wait stays queued.
MIN_SCHEDULED_JOB_WAIT_S = 5.0

#: `lock_timeout` and `statement_timeout` of the writes of a settlement: one tenant's must not delay the jobs of others.
GROUPED_WRITE_LOCK_TIMEOUT, GROUPED_WRITE_STATEMENT_TIMEOUT = "1s", "2s"

#: The same of each job that is submitted alone after a failed statement of many.
LONE_SUBMIT_LOCK_TIMEOUT, LONE_SUBMIT_STATEMENT_TIMEOUT = "100ms", "1s"

#: Attempts of a submit: its key may be taken at the insert, and free again at the lookup.
MAX_UNIQUE_SUBMIT_ATTEMPTS = 3


#: Most jobs of many callers in one statement: all of them wait for the slowest one.
MAX_JOBS_PER_GROUPED_SUBMIT = 64


class LockedJobRow(Protocol):
    """The row of a statement that locks a job; `cancel`: a cancel was requested."""

    @property
    def cancel(self) -> bool: ...


LockedRow = TypeVar("LockedRow", bound=LockedJobRow)

_log = logs.get_logger("submits")


class WakeMessage(NamedTuple):
    """A message of the courier: a pool has work of a kind. It is sent after the commit."""

    pool: str
    kind: str
    job_id: UUID


class SubmittedJob(NamedTuple):
    """A submitted job. `fresh` is False when `unique_key` matched an open job: `job_id` is then its id."""

    kind: str
    project_id: UUID | None
    job_id: UUID
    created_at: datetime
    stage: str
    phase: str
    wake: WakeMessage | None
    fresh: bool


class NewJob(NamedTuple):
    """Job to submit. Its id is chosen before the statement, so that a repeat finds the row of a lost answer."""

    job_id: UUID
    kind: JobKindSpec
    organization_id: UUID
    project_id: UUID | None
    args: dict[str, Any]
    unique_key: str | None = None
    run_at: datetime | None = None
    retry_of: UUID | None = None


class JobClaim(NamedTuple):
    """One attempt's right to a job; `fence` is its fencing token in every write."""

    organization_id: UUID
    project_id: UUID | None
    id: UUID
    kind: str
    fence: int
    attempt: int
    max_attempts: int
    args: dict[str, Any]
    attempt_deadline_at: datetime


class AttemptSettlement(NamedTuple):
    """An attempt and its outcome."""

    claim: JobClaim
    outcome: TaskOutcome


class ChangedJob(NamedTuple):
    """A job's row after a statement ended it, queued it again or requested its cancel; `error` if it failed."""

    organization_id: UUID
    project_id: UUID | None
    id: UUID
    kind: str
    fence: int
    state: str
    error: dict[str, Any] | None

    @property
    def has_ended(self) -> bool:
        return self.state in TERMINAL_JOB_STATES


class SubmittedJobRow(NamedTuple):
    """A job's row after its submit; `send` requests a wake."""

    id: UUID
    created_at: datetime
    stage: str
    phase: str
    send: bool
    fresh: bool


SUBMIT_JOB = job.submit_job.typed(SubmittedJobRow)
SUBMIT_JOBS = job.submit_jobs.typed(SubmittedJobRow)
SUBMIT_JOBS_OF_TENANTS = job.submit_jobs_of_tenants.typed(SubmittedJobRow)
FIND_SUBMITTED_JOB = job.find_submitted_job.typed(SubmittedJobRow)
CLAIM_JOBS = job.claim_jobs.typed(JobClaim)
STORE_JOB_ATTEMPT_OUTCOMES = job.settle_jobs.typed(ChangedJob)


async def submit_job(
    conn: Conn,
    *,
    kind: JobKindSpec,
    organization_id: UUID,
    project_id: UUID | None,
    args: dict[str, Any],
    unique_key: str | None = None,
    run_at: datetime | None = None,
    retry_of: UUID | None = None,
    job_id: UUID | None = None,
) -> SubmittedJob:
    """Insert a queued job in the caller's transaction, or find the open job with the same `unique_key`; return it.

    Raise `LimitReached` over the tenant's cap for the pool, but not for an internal job or a future `run_at`. A job
    of the same `unique_key` may begin or end between the insert and the lookup: then both run again. A `job_id` that
    an earlier submit has committed gives that job, as `fresh`.
    """
    job_id = job_id or log_context.new_job_id()
    new = NewJob(job_id, kind, organization_id, project_id, args, unique_key, run_at, retry_of)
    for _ in range(MAX_UNIQUE_SUBMIT_ATTEMPTS if unique_key else 1):
        row = await SUBMIT_JOB.one(conn, **build_new_job_parameter(new))
        row = row or await FIND_SUBMITTED_JOB.one(conn, org=organization_id, id=job_id, unique_key=unique_key)
        if row:
            return _build_submitted_job(kind, project_id, row)
    raise _job_queue_full_error(kind)


def _build_submitted_job(kind: JobKindSpec, project_id: UUID | None, row: SubmittedJobRow) -> SubmittedJob:
    """Return the submitted job of a row, and trace it if it is a new one."""
    if row.fresh:
        log_context.trace_submitted_job(kind=kind.name, project_id=project_id, job_id=row.id)
    wake = WakeMessage(kind.pool, kind.name, row.id) if row.send else None
    return SubmittedJob(kind.name, project_id, *row[:4], wake, fresh=row.fresh)


def build_new_job_parameter(new: NewJob) -> dict[str, Any]:
    """Return a job as the parameters of `submit_job`, or as an element of `jobs` in the grouped statements."""
    return _build_kind_parameters(new.kind) | {
        "org": new.organization_id,
        "id": new.job_id,
        "project_id": new.project_id,
        "args": new.args,
        "unique_key": new.unique_key,
        "run_at": new.run_at,
        "retry_of": new.retry_of,
    }


def _build_kind_parameters(kind: JobKindSpec) -> dict[str, Any]:
    return {
        "kind": kind.name,
        "pool": kind.pool,
        "internal": kind.internal,
        "cancelable": kind.cancelable,
        "max_attempts": kind.max_attempts,
        "total_s": kind.total_s,
    }


async def submit_jobs_of_tenants(conn: Conn, jobs: Sequence[NewJob]) -> list[SubmittedJob | None]:
    """Submit jobs of many tenants in one statement; return for each in turn the job, or None.

    None if it was refused, has a unique key in use (also by an earlier one of `jobs`), or its id exists: `submit_job`
    tells which. The statement, and the rest of the caller's transaction, waits at most `GROUPED_WRITE_LOCK_TIMEOUT`
    for a lock.
    """
    if not jobs:
        return []
    rows = await SUBMIT_JOBS_OF_TENANTS.all(
        conn, lock_timeout=GROUPED_WRITE_LOCK_TIMEOUT, jobs=[build_new_job_parameter(new) for new in jobs]
    )
    return build_submitted_jobs(jobs, rows)


async def submit_jobs_of_tenants_or_alone(conn: Conn, jobs: Sequence[NewJob]) -> list[SubmittedJob | None]:
    """Submit jobs of many tenants in one statement, or each alone if a row or a lock of one fails it.

    Return for each in turn the job, or None as `submit_jobs_of_tenants`. None also if the job fails alone, or if one of
    its tenant has just waited too long for a lock: a later search has to find it again. May run in a transaction.
    """
    if not jobs:
        return []
    try:
        async with conn.transaction():
            return await submit_jobs_of_tenants(conn, jobs)
    except ERRORS_OF_ONE_CALLER_IN_GROUPED_STATEMENT as error:
        _log.warning("grouped submit failed, submitting each job alone", jobs=len(jobs), error=repr(error))
    submitted: list[SubmittedJob | None] = []
    slow_tenants: set[UUID] = set()
    for new in jobs:
        one = None
        if new.organization_id not in slow_tenants:
            try:
                one = await submit_job_alone(conn, new)
            except LimitReached:
                pass
            except ERRORS_OF_ONE_CALLER_IN_GROUPED_STATEMENT as error:
                _log.warning("job not submitted", kind=new.kind.name, job_id=str(new.job_id), error=repr(error))
                if isinstance(error, SLOW_STATEMENT_ERRORS):
                    slow_tenants.add(new.organization_id)
        submitted.append(one)
    return submitted


async def submit_job_alone(conn: Conn, new: NewJob) -> SubmittedJob:
    """Submit a job of a statement of many alone, with a wait of at most `LONE_SUBMIT_LOCK_TIMEOUT` for a lock.

    Raise `LimitReached`, or one of `ERRORS_OF_ONE_CALLER_IN_GROUPED_STATEMENT`: then it has written nothing.
    """
    async with conn.transaction():
        await job.limit_waits.value(
            conn, lock_timeout=LONE_SUBMIT_LOCK_TIMEOUT, statement_timeout=LONE_SUBMIT_STATEMENT_TIMEOUT
        )
        return await submit_job(conn, **new._asdict())


def build_submitted_jobs(jobs: Sequence[NewJob], rows: Sequence[SubmittedJobRow]) -> list[SubmittedJob | None]:
    """Return each of `jobs` as submitted, or None if it has no row, and trace the submits."""
    rows_by_id = {row.id: row for row in rows}
    return [
        _build_submitted_job(new.kind, new.project_id, row) if (row := rows_by_id.get(new.job_id)) else None
        for new in jobs
    ]


async def submit_jobs(
    conn: Conn,
    *,
    kind: JobKindSpec,
    organization_id: UUID,
    project_id: UUID | None,
    args: Sequence[dict[str, Any]],
    run_ats: Sequence[datetime | None],
) -> tuple[list[UUID], list[WakeMessage]]:
    """Submit many jobs of a kind in one statement; return their ids in order, and the wakes to send.

    Submit all or none: raise `LimitReached` if the tenant's cap for the pool leaves no room for those due now.
    Internal jobs have no cap. Empty `args` give two empty lists.
    """
    if not args:
        return [], []
    job_ids = [log_context.new_job_id() for _ in args]
    lists = {"ids": job_ids, "run_ats": run_ats, "args": args}
    rows = await SUBMIT_JOBS.all(
        conn, org=organization_id, project_id=project_id, **_build_kind_parameters(kind), **lists
    )
    if not rows:
        raise _job_queue_full_error(kind)
    for job_id in job_ids:
        log_context.trace_submitted_job(kind=kind.name, project_id=project_id, job_id=job_id)
    return job_ids, [WakeMessage(kind.pool, kind.name, row.id) for row in rows if row.send]


def _job_queue_full_error(kind: JobKindSpec) -> LimitReached:
    return LimitReached("queued_jobs", f"too many {kind.pool} jobs are waiting: try again later", retry_after=10)


async def is_job_open(conn: Conn, *, organization_id: UUID, job_id: UUID) -> bool:
    """Return whether the job has not ended; False for an unknown job."""
    return await job.is_open.value(conn, org=organization_id, id=job_id) or False


async def read_stored_job_error_code(conn: Conn, *, organization_id: UUID, job_id: UUID) -> str | None:
    """Return the code of the error on a job's row; None without an error, or for an unknown job."""
    return cast("str | None", await job.get_error_code.value(conn, org=organization_id, id=job_id))


async def claim_due_jobs(
    conn: Conn,
    *,
    pool: str,
    worker_id: UUID,
    free: int,
    kinds: Sequence[JobKindSpec],
    turns: Sequence[int] | None = None,
    freed: Sequence[UUID] = (),
) -> list[JobClaim]:
    """Claim up to `free` due jobs of these kinds for a worker, in fair order and within every tenant's cap.

    Return the claims; none if the pool is paused or the worker's lease has run out. `turns` has the jobs of each kind
    that fill a tenant's turn (default: 1). `freed` are organizations with a job that ended on this worker since its
    last pull. Don't call it inside a transaction: the pool's lock is held
    until the transaction ends.
    """
    return await CLAIM_JOBS.all(
        conn,
        pool=pool,
        worker=worker_id,
        free=free,
        kinds=[kind.name for kind in kinds],
        timeouts_s=[kind.timeout_s for kind in kinds],
        turns=turns or [1] * len(kinds),
        freed=freed,
    )


async def settle_job_attempts(conn: Conn, settlements: Sequence[AttemptSettlement]) -> list[ChangedJob]:
    """Store the outcomes of many job attempts in one statement, and return the rows of their jobs.

    An attempt without a row in the result no longer owned its job: its outcome was dropped.
    """
    return await STORE_JOB_ATTEMPT_OUTCOMES.all(
        conn,
        orgs=[claim.organization_id for claim, _ in settlements],
        ids=[claim.id for claim, _ in settlements],
        fences=[claim.fence for claim, _ in settlements],
        outcomes=[outcome.word for _, outcome in settlements],
        results=[outcome.result if isinstance(outcome, Done) else None for _, outcome in settlements],
        errors=[encode_outcome_error(outcome) for _, outcome in settlements],
        afters_s=[backoff.next_job_attempt_after_s(claim.attempt, outcome) for claim, outcome in settlements],
        scheduled_after_s=MIN_SCHEDULED_JOB_WAIT_S,
        overdue=encode_outcome_error(DEADLINE_FAILURE),
    )


async def set_grouped_write_timeouts(conn: Conn) -> None:
    """Limit the further statements of this transaction by the timeouts of grouped writes."""
    await job.limit_waits.value(
        conn, lock_timeout=GROUPED_WRITE_LOCK_TIMEOUT, statement_timeout=GROUPED_WRITE_STATEMENT_TIMEOUT
    )


async def lock_claimed_job(conn: Conn, claim: JobClaim) -> None:
    """Lock the row of a claimed job for a step of its attempt.

    Raise `AttemptFenced` if the claim no longer owns the job, `JobCancelRequested` after a cancel request.
    """
    _check_claim_is_held(
        await job.lock_claimed.value(conn, org=claim.organization_id, id=claim.id, fence=claim.fence), claim
    )


async def complete_job(conn: Conn, claim: JobClaim, *, result: dict[str, Any]) -> ChangedJob:
    """Complete a claimed job with its result, in the transaction of its last step, and return the job's row.

    Raise `AttemptFenced` if the claim no longer owns the job, `JobCancelRequested` after a cancel request. The caller
    must then roll back: the statement has ended the job as canceled.
    """
    changed = await settle_job_attempts(conn, [AttemptSettlement(claim, Done(result))])
    _check_claim_is_held(changed[0].state != JobState.COMPLETED if changed else None, claim)
    return changed[0]


async def set_job_result(conn: Conn, claim: JobClaim, *, result: dict[str, Any]) -> None:
    """Store the result of a job that this transaction has completed before the result was known."""
    await job.set_result.run(conn, org=claim.organization_id, id=claim.id, fence=claim.fence, result=result)


async def store_job_progress(
    conn: Conn, claim: JobClaim, *, progress: float, stage: str | None = None, cancelable: bool | None = None
) -> None:
    """Store the progress of a claim's attempt, from 0 to 1; ignore a lower figure than the stored one.

    A `stage` or `cancelable` of None stays unchanged. After `cancelable=False` the job refuses cancels. Raise
    `AttemptFenced` if the claim no longer owns the job, and `JobCancelRequested` if a cancel was accepted before.
    """
    cancel = await job.set_progress.value(
        conn,
        org=claim.organization_id,
        id=claim.id,
        fence=claim.fence,
        progress=progress,
        stage=stage,
        cancelable=cancelable,
    )
    _check_claim_is_held(cancel, claim)


def check_job_fence(row: LockedRow | None, claim: JobClaim) -> LockedRow:
    """Return `row`, the result of a statement that locks a claim's job, unless the attempt must stop.

    Raise `AttemptFenced` for None: the claim lost the job; `JobCancelRequested` for a row with a cancel request.
    """
    _check_claim_is_held(row.cancel if row else None, claim)
    assert row  # noqa: S101  else `AttemptFenced`
    return row


def _check_claim_is_held(cancel: bool | None, claim: JobClaim) -> None:
    if cancel is None:
        raise AttemptFenced(f"job {claim.id} is no longer owned by fence {claim.fence}")
    if cancel:
        raise JobCancelRequested(f"job {claim.id} has a cancel request")
