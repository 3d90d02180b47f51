"""Jobs for partners and workers: the transaction that ends a job also ends its subject."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET

from db.pool import Conn, Pool, acquire, transact
from db.queries import job_view
from db.queries.rows import JobRow
from domain.jobs import subjects
from domain.tenancy import project_locks
from domain.values import multi_value_filter
from domain.values.answers import from_row
from domain.values.periods import UNBOUNDED_PERIOD, Period
from jobs import controls, ledger, states
from jobs.kinds import (
    KINDS,
    OnArchive,
)
from jobs.ledger import ChangedJob, Claim, Settlement
from jobs.outcomes import Done, Outcome
from jobs.states import TERMINAL_STATES, JobState
from schemas import ids
from schemas.errors import Conflict, Fenced, Invalid
from schemas.errors.absent import present
from schemas.jobs import Already, CancelAnswer, Job, JobError, JobPhase, Status

#: Rare ends, so that an index of them costs next to nothing.
UNSUCCESSFUL = (JobState.FAILED, JobState.CANCELED)


GET_JOB = job_view.get_job.typed(JobRow)
GET_JOBS = job_view.get_jobs.typed(JobRow)
LIST_JOBS = job_view.list_jobs.typed(JobRow)
LIST_JOBS_OF_PROJECT = job_view.list_jobs_of_project.typed(JobRow)
LIST_OPEN_JOBS = job_view.list_open_jobs.typed(JobRow)
LIST_QUEUED_JOBS = job_view.list_queued_jobs.typed(JobRow)
LIST_PUT_OFF_JOBS = job_view.list_put_off_jobs.typed(JobRow)
LIST_RUNNING_JOBS = job_view.list_running_jobs.typed(JobRow)
LIST_UNSUCCESSFUL_JOBS = job_view.list_unsuccessful_jobs.typed(JobRow)
LIST_JOBS_OF_KIND = job_view.list_jobs_of_kind.typed(JobRow)

#: Statement of each open phase, with an index of its own.
_BY_PHASE = {
    "scheduled": LIST_PUT_OFF_JOBS,
    "waiting": LIST_PUT_OFF_JOBS,
    "queued": LIST_QUEUED_JOBS,
    "running": LIST_RUNNING_JOBS,
}

#: Stages of open jobs without a worker.
WAITING = frozenset({"queued", "scheduled"})

#: Most searches of one list: the product of the filters' numbers of values.
MAX_SEARCHES = 25

#: Job and its version, which grows with every visible change.
Versioned: TypeAlias = tuple[Job, int]


async def get(conn: Conn, *, organization_id: UUID, job_id: UUID) -> Versioned:
    """Return a job; raises `NotFound`, for an internal job too."""
    row = present(await GET_JOB.one(conn, org=organization_id, id=job_id), "job")
    return _to_schema(row)


async def get_many(conn: Conn, *, refs: Sequence[tuple[UUID, UUID]]) -> list[Versioned | None]:
    """Return the job of each (organization, job), in order; None where `get` would raise."""
    rows = await GET_JOBS.all(conn, orgs=[org for org, _ in refs], ids=[job_id for _, job_id in refs])
    return [None if row.id is None else _to_schema(row) for row in rows]


async def list_page(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID | None,
    kinds: Sequence[str] | None,
    statuses: Sequence[Status] | None,
    stages: Sequence[str] | None,
    phases: Sequence[JobPhase] | None = None,
    error_code: str | None = None,
    period: Period = UNBOUNDED_PERIOD,
    before: UUID | None,
    limit: int,
) -> list[Job]:
    """Return at most `limit` jobs older than `before`, newest first; a filter of None matches all.

    Raises `Invalid` for filters that need more than `MAX_SEARCHES` searches, `NotFound` for a project.
    """
    filters: dict[str, Any] = {
        "org": organization_id,
        "error_code": error_code,
        "since": period.since,
        "until": period.until,
        "from_id": period.from_id,
        "before": period.before(before),
        "limit": limit,
    }
    lists = {"kind": kinds, "status": statuses, "stage": stages, "phase": phases}
    value_lists: list[Sequence[str | None]] = [values or [None] for values in lists.values()]
    leading = [filters | dict(zip(lists, combination, strict=True)) for combination in product(*value_lists)]
    if len(leading) > MAX_SEARCHES:
        raise Invalid(
            "kind",
            f"times status, stage and phase makes over {MAX_SEARCHES} searches: use fewer values",
        )
    if project_id is not None:
        await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await multi_value_filter.newest(conn, partial(_search, conn, project_id), leading, limit=limit)
    return [_to_schema(row)[0] for row in rows]


async def _search(conn: Conn, project_id: UUID | None, **asked: Any) -> list[JobRow]:
    """Run the statement for these filters: each selective filter has its own statement and index."""
    stage, phase = asked["stage"], asked["phase"]
    status = asked["status"] or (phase and states.api_status(phase))
    if phase and status != states.api_status(phase):
        return []
    if phase in _BY_PHASE:
        return await _BY_PHASE[phase].all(conn, project_id=project_id, **asked)
    ended = (
        status or (stage if stage in TERMINAL_STATES else None) or (asked["error_code"] and JobState.FAILED)
    )
    if stage in TERMINAL_STATES and stage != ended:
        return []
    if stage and stage not in TERMINAL_STATES | WAITING:
        return await LIST_RUNNING_JOBS.all(conn, project_id=project_id, **asked)
    if ended == "running" or stage in WAITING:
        return await LIST_OPEN_JOBS.all(conn, project_id=project_id, **asked)
    return await _search_ended(conn, project_id, ended=ended, **asked)


async def _search_ended(
    conn: Conn, project_id: UUID | None, *, ended: str | None, **asked: Any
) -> list[JobRow]:
    """Search the jobs that ended so; all jobs for None."""
    if ended in UNSUCCESSFUL:
        return await LIST_UNSUCCESSFUL_JOBS.all(conn, project_id=project_id, **{**asked, "status": ended})
    if project_id:
        return await LIST_JOBS_OF_PROJECT.all(conn, project_id=project_id, **asked)
    return await (LIST_JOBS_OF_KIND if asked["kind"] else LIST_JOBS).all(conn, **asked)


async def cancel(conn: Conn, *, organization_id: UUID, job_id: UUID) -> CancelAnswer:
    """Cancel a queued job at once, or a running one at its next step; `accepted` is False after its end.

    Raises `NotFound`, `Conflict` JOB_CANCEL_UNAVAILABLE with the stage that forbids it.
    """
    moved = await controls.cancel_open_job(conn, organization_id=organization_id, job_id=job_id)
    if moved is None:
        job, _ = await get(conn, organization_id=organization_id, job_id=job_id)
        return _too_late(job)
    await subjects.end_job_subjects(conn, [moved])
    return CancelAnswer(job_id=ids.show(ids.JOB, job_id), accepted=True)


_ALREADY: Mapping[Status, Already] = {
    "completed": "ALREADY_COMPLETED",
    "failed": "ALREADY_FAILED",
    "canceled": "ALREADY_CANCELED",
}


def _too_late(found: Job) -> CancelAnswer:
    if found.status == "running":
        raise Conflict(
            "JOB_CANCEL_UNAVAILABLE", "the job can't be stopped now: wait for its end", stage=found.stage
        )
    return CancelAnswer(job_id=found.job_id, accepted=False, reason=_ALREADY[found.status])


#: Kinds that an archive cancels; jobs of other kinds finish.
_STOPPED_BY_ARCHIVE = [kind.name for kind in KINDS.values() if kind.on_archive is OnArchive.CANCEL]


async def cancel_of_project(conn: Conn, *, organization_id: UUID, project_id: UUID, limit: int) -> int:
    """Cancel the next `limit` jobs that an archived project may not have; return 0 if none is left."""
    moved = await controls.cancel_project_jobs(
        conn, organization_id=organization_id, project_id=project_id, kinds=_STOPPED_BY_ARCHIVE, limit=limit
    )
    await subjects.end_job_subjects(conn, moved)
    return len(moved)


async def settle(pool: Pool, settlements: Sequence[Settlement]) -> list[ChangedJob]:
    """Settle the outcomes of attempts, and end the subjects of the jobs that end with them.

    Uses a single statement if no job has a subject. A claim without a returned row was fenced.
    """
    if not subjects.may_end_subjects(settlements):
        async with acquire(pool) as conn:
            return await ledger.settle(conn, settlements)

    async def with_subjects(conn: Conn) -> list[ChangedJob]:
        moved = await ledger.settle(conn, settlements)
        await subjects.end_job_subjects(conn, moved)
        return moved

    return await transact(pool, with_subjects)


async def settle_attempt(conn: Conn, *, claim: Claim, outcome: Outcome) -> None:
    """Settle an attempt in the transaction of its own last step, which locks the job. Raises `Fenced`."""
    if isinstance(outcome, Done):
        await complete(conn, claim=claim, result=outcome.result)
        return
    moved = await ledger.settle(conn, [Settlement(claim, outcome)])
    if not moved:
        raise Fenced(f"job {claim.id} has another owner than fence {claim.fence}")
    await subjects.end_job_subjects(conn, moved)


async def complete(conn: Conn, *, claim: Claim, result: dict[str, Any] | None = None) -> None:
    """End a job and its subject in the transaction of its last step. Raises `Fenced`, `CancelRequested`."""
    await subjects.end_job_subjects(conn, [await ledger.complete_job(conn, claim, result=result or {})])


def has_ended(versioned: Versioned) -> bool:
    """Return whether the job has ended; a terminal state is final, so no other version follows."""
    return versioned[0].status != "running"


def _to_schema(row: JobRow) -> Versioned:
    job = from_row(
        Job,
        row,
        job_id=ids.show(ids.JOB, row.id),
        progress=round(row.progress, 4),
        started_at=row.created_at,
        error=msgspec.convert(row.error, JobError) if row.error else None,
        waiting=UNSET if row.finished_at is None else None,
    )
    return job, row.version
