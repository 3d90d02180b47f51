"""Jobs for partners and workers: the transaction that ends a job also ends its subject."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from db.pool import Conn, Pool, acquire_pg_connection, run_in_transaction
from db.queries import Query, job_view
from db.queries.rows import JobRow
from db.reach import SLOW_STATEMENT_ERRORS, means_postgres_away
from domain.jobs import subjects
from domain.tenancy import project_locks
from domain.values import multi_value_filter
from domain.values.answers import build_api_answer_from_row
from domain.values.periods import UNBOUNDED_PERIOD, ListPeriod
from jobs import controls, ledger, states
from jobs.kinds import JOB_KINDS
from jobs.ledger import AttemptSettlement, ChangedJob, JobClaim
from jobs.outcomes import Done, JobWrite, TaskOutcome
from jobs.states import TERMINAL_JOB_STATES, JobState
from schemas import ids
from schemas.errors import AttemptFenced, GroupedWriteFailed, InvalidValue, StateConflict
from schemas.errors.absent import require_found
from schemas.jobs import AlreadyEndedCode, ApiJobStatus, CancelAnswer, Job, JobError, JobPhase
from schemas.waiting import Waiting

#: Rare ends, so that an index of them costs next to nothing.
UNSUCCESSFUL_JOB_STATES = (JobState.FAILED, JobState.CANCELED)


GET_JOB = job_view.get_job.typed(JobRow)
GET_JOBS = job_view.get_jobs.typed(JobRow)
LIST_JOBS = job_view.list_jobs.typed(JobRow)
LIST_JOBS_OF_PROJECT = job_view.list_jobs_of_project.typed(JobRow)
LIST_OPEN_JOBS = job_view.list_open_jobs.typed(JobRow)
LIST_JOBS_OF_QUEUED_PHASE = job_view.list_queued_jobs.typed(JobRow)
LIST_NOT_YET_DUE_JOBS = job_view.list_put_off_jobs.typed(JobRow)
LIST_RUNNING_ORG_JOBS = job_view.list_running_jobs.typed(JobRow)
LIST_UNSUCCESSFUL_ORG_JOBS = job_view.list_unsuccessful_jobs.typed(JobRow)
LIST_JOBS_OF_KIND = job_view.list_jobs_of_kind.typed(JobRow)

#: Statement of each open phase, with an index of its own.
_JOB_LIST_QUERY_BY_PHASE = {
    "scheduled": LIST_NOT_YET_DUE_JOBS,
    "waiting": LIST_NOT_YET_DUE_JOBS,
    "queued": LIST_JOBS_OF_QUEUED_PHASE,
    "running": LIST_RUNNING_ORG_JOBS,
}

#: Stages of open jobs without a worker.
JOB_STAGES_WITHOUT_WORKER = frozenset({"queued", "scheduled"})

#: Most searches of one list: the product of the filters' numbers of values.
MAX_FILTER_COMBINATIONS_PER_JOB_LIST = 25

#: Job and its version, which grows with every visible change.
VersionedJob: TypeAlias = tuple[Job, int]


async def read_job(conn: Conn, *, organization_id: UUID, job_id: UUID) -> VersionedJob:
    """Return a job and its version. Raises `ObjectNotFound`, also for an internal job."""
    row = require_found(await GET_JOB.one(conn, org=organization_id, id=job_id), "job")
    return build_versioned_job(row)


async def read_jobs_by_ids(conn: Conn, *, refs: Sequence[tuple[UUID, UUID]]) -> list[VersionedJob | None]:
    """Return the job and version of each (organization, job), in order; None for an unknown or internal job."""
    rows = await GET_JOBS.all(conn, orgs=[org for org, _ in refs], ids=[job_id for _, job_id in refs])
    return [None if row.id is None else build_versioned_job(row) for row in rows]


async def list_filtered_jobs(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID | None,
    kinds: Sequence[str] | None,
    statuses: Sequence[ApiJobStatus] | None,
    stages: Sequence[str] | None,
    phases: Sequence[JobPhase] | None = None,
    error_code: str | None = None,
    period: ListPeriod = UNBOUNDED_PERIOD,
    before: UUID | None,
    limit: int,
) -> list[Job]:
    """Return at most `limit` jobs of an organization older than `before`, newest first.

    A filter of None matches all. Raises `InvalidValue` for more combinations of filter values than
    `MAX_FILTER_COMBINATIONS_PER_JOB_LIST`, `ObjectNotFound` for an unknown project.
    """
    filters = {"org": organization_id, "error_code": error_code, "limit": limit, **period.sql_parameters(before)}
    lists = {"kind": kinds, "status": statuses, "stage": stages, "phase": phases}
    value_lists: list[Sequence[str | None]] = [values or [None] for values in lists.values()]
    leading = [dict(zip(lists, combination, strict=True)) for combination in product(*value_lists)]
    if len(leading) > MAX_FILTER_COMBINATIONS_PER_JOB_LIST:
        most = MAX_FILTER_COMBINATIONS_PER_JOB_LIST
        raise InvalidValue("kind", f"times status, stage and phase makes over {most} searches: use fewer values")
    if project_id is not None:
        await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    search = partial(_search_org_jobs, project_id=project_id)
    rows = await multi_value_filter.find_newest_rows_of_searches(conn, search, filters, leading)
    return [build_versioned_job(row)[0] for row in rows]


async def _search_org_jobs(conn: Conn, project_id: UUID | None, **asked: Any) -> list[JobRow]:
    """Return the jobs that match these filters, by a selective filter's statement and index; none if contradictory."""
    stage, phase = asked["stage"], asked["phase"]
    status = asked["status"] or (phase and states.api_status_of_job_phase(phase))
    if phase and status != states.api_status_of_job_phase(phase):
        return []
    if phase in _JOB_LIST_QUERY_BY_PHASE and not (phase == "queued" and project_id):
        return await _JOB_LIST_QUERY_BY_PHASE[phase].all(conn, project_id=project_id, **asked)
    ended = status or (stage if stage in TERMINAL_JOB_STATES else None) or (asked["error_code"] and JobState.FAILED)
    if stage in TERMINAL_JOB_STATES and stage != ended:
        return []
    if stage and stage not in TERMINAL_JOB_STATES | JOB_STAGES_WITHOUT_WORKER:
        return await LIST_RUNNING_ORG_JOBS.all(conn, project_id=project_id, **asked)
    if phase == "queued" or ended == "running" or stage in JOB_STAGES_WITHOUT_WORKER:
        return await LIST_OPEN_JOBS.all(conn, project_id=project_id, **asked)
    return await _search_org_ended_jobs(conn, project_id, ended=ended, **asked)


async def _search_org_ended_jobs(
    conn: Conn, project_id: UUID | None, *, ended: str | None, **asked: Any
) -> list[JobRow]:
    """Return the jobs that match the filters and ended in the state `ended`; None: jobs of all states."""
    if ended in UNSUCCESSFUL_JOB_STATES:
        return await LIST_UNSUCCESSFUL_ORG_JOBS.all(conn, project_id=project_id, **{**asked, "status": ended})
    if asked["kind"]:
        return await LIST_JOBS_OF_KIND.all(conn, project_id=project_id, **asked)
    if project_id:
        return await LIST_JOBS_OF_PROJECT.all(conn, project_id=project_id, **asked)
    return await LIST_JOBS.all(conn, **asked)


async def request_job_cancel(conn: Conn, *, organization_id: UUID, job_id: UUID) -> CancelAnswer:
    """Cancel a queued job at once, or a running one at its next step; `accepted` is False after its end.

    Raises `ObjectNotFound`, `StateConflict` JOB_CANCEL_UNAVAILABLE with the stage that forbids it.
    """
    moved = await controls.cancel_open_jobs_by_ids(conn, organization_id=organization_id, job_ids=[job_id])
    if not moved:
        job, _ = await read_job(conn, organization_id=organization_id, job_id=job_id)
        return _answer_late_cancel(job)
    await subjects.end_job_subjects(conn, moved)
    return CancelAnswer(job_id=ids.format_prefixed_id(ids.JOB_ID_PREFIX, job_id), accepted=True)


_CANCEL_REFUSAL_BY_JOB_STATUS: Mapping[ApiJobStatus, AlreadyEndedCode] = {
    "completed": "ALREADY_COMPLETED",
    "failed": "ALREADY_FAILED",
    "canceled": "ALREADY_CANCELED",
}


def _answer_late_cancel(found: Job) -> CancelAnswer:
    if found.status == "running":
        raise StateConflict(
            "JOB_CANCEL_UNAVAILABLE", "the job can't be stopped now: wait for its end", stage=found.stage
        )
    return CancelAnswer(job_id=found.job_id, accepted=False, reason=_CANCEL_REFUSAL_BY_JOB_STATUS[found.status])


#: Kinds that an archive cancels; jobs of other kinds finish.
_KINDS_CANCELED_BY_ARCHIVE = [kind.name for kind in JOB_KINDS.values() if kind.on_archive == "cancel"]


async def cancel_jobs_of_archived_project(conn: Conn, *, organization_id: UUID, project_id: UUID, limit: int) -> int:
    """Cancel the next `limit` jobs of an archived project, of kinds that an archive cancels. Returns their number."""
    moved = await controls.cancel_batch_of_project_jobs(
        conn, organization_id=organization_id, project_id=project_id, kinds=_KINDS_CANCELED_BY_ARCHIVE, limit=limit
    )
    await subjects.end_job_subjects(conn, moved)
    return len(moved)


async def settle_jobs_and_subjects(pool: Pool, settlements: Sequence[AttemptSettlement]) -> list[ChangedJob]:
    """Store the outcomes of job attempts, and end the subjects of ended jobs; return the changed jobs.

    The writes of completed jobs commit in the same transaction. Without writes and subjects, a single statement runs.
    A claim without a returned row was fenced: another attempt owns its job, and its writes don't run. Raises
    `GroupedWriteFailed` for a failed write: nothing is settled then.
    """
    writes = {(claim.id, claim.fence): outcome.writes for claim, outcome in settlements if isinstance(outcome, Done)}
    has_writes = any(writes.values())
    if not has_writes and not subjects.has_any_job_subject(settlements):
        async with acquire_pg_connection(pool) as conn:
            return await ledger.settle_job_attempts(conn, settlements)

    async def settle(conn: Conn) -> list[ChangedJob]:
        changed = await ledger.settle_job_attempts(conn, settlements)
        completed = [row for row in changed if row.state == JobState.COMPLETED]
        await _run_grouped_writes(conn, [write for row in completed for write in writes[row.id, row.fence]])
        await subjects.end_job_subjects(conn, changed)
        return changed

    return await run_in_transaction(pool, settle)


async def _run_grouped_writes(conn: Conn, writes: Sequence[JobWrite]) -> None:
    """Run the writes of many jobs, with one pipelined call for each distinct statement. Raises `GroupedWriteFailed`."""
    values_by_query: dict[Query, list[Mapping[str, Any]]] = {}
    for query, values in writes:
        values_by_query.setdefault(query, []).append(values)
    try:
        if writes:
            await ledger.set_grouped_write_timeouts(conn)
        for query, parameter_sets in values_by_query.items():
            await query.run_each(conn, parameter_sets)
    except (TypeError, ValueError, asyncpg.PostgresError) as error:
        is_slow = isinstance(error, SLOW_STATEMENT_ERRORS)
        if not is_slow and (means_postgres_away(error) or isinstance(error, asyncpg.DeadlockDetectedError)):
            raise
        raise GroupedWriteFailed(is_slow=is_slow) from error


async def settle_job_attempt(conn: Conn, *, claim: JobClaim, outcome: TaskOutcome) -> None:
    """Store the outcome of a job's attempt, and end the job's subject if the job ends.

    Runs in the attempt's last step, which locks the job. Raises `AttemptFenced`, `JobCancelRequested` at a completion.
    """
    if isinstance(outcome, Done):
        await complete_job_and_subject(conn, claim=claim, result=outcome.result)
        await _run_grouped_writes(conn, outcome.writes)
        return
    moved = await ledger.settle_job_attempts(conn, [AttemptSettlement(claim, outcome)])
    if not moved:
        raise AttemptFenced(f"job {claim.id} has another owner than fence {claim.fence}")
    await subjects.end_job_subjects(conn, moved)


async def complete_job_and_subject(conn: Conn, *, claim: JobClaim, result: dict[str, Any] | None = None) -> None:
    """Mark a job as completed with its result, and end its subject, in the transaction of its last step.

    Raises `AttemptFenced`, `JobCancelRequested`.
    """
    await subjects.end_job_subjects(conn, [await ledger.complete_job(conn, claim, result=result or {})])


def has_job_ended(versioned: VersionedJob) -> bool:
    """Return whether the job has ended; a terminal state is final, so no other version follows."""
    return versioned[0].status != "running"


def build_versioned_job(row: JobRow, *, waiting: Waiting | UnsetType | None = UNSET) -> VersionedJob:
    """Return a row's job and version. `waiting` is an open job's wait reason; an ended job has none."""
    job = build_api_answer_from_row(
        Job,
        row,
        job_id=ids.format_prefixed_id(ids.JOB_ID_PREFIX, row.id),
        progress=round(row.progress, 4),
        started_at=row.created_at,
        error=msgspec.convert(row.error, JobError) if row.error else None,
        waiting=waiting if row.finished_at is None else None,
    )
    return job, row.version
