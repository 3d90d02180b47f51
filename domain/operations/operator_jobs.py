"""Jobs of all organizations, for operators: the newest of each, and any job by its id."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import operator_job
from domain.jobs import counts, timelines, wait_reasons
from domain.values.answers import build_api_answer_from_row
from domain.values.periods import UNBOUNDED_PERIOD, ListPeriod
from jobs import states
from schemas import ids
from schemas.errors.absent import require_found
from schemas.jobs import ApiJobStatus, JobError, JobPhase
from schemas.operator_jobs import OperatedJob, OperatedJobCounts, OperatedJobDetail
from schemas.timelines import TimelineEntry

OperatorJobShape = TypeVar("OperatorJobShape", bound=OperatedJob)

#: Newest jobs that a filter scans, an equal part of each organization, and the fewest that a list scans of each.
MAX_SCANNED_OPERATOR_JOBS, MIN_SCANNED_JOBS_PER_ORGANIZATION = 10_000, 200


#: Jobs of each phase that a count over all organizations scans.
MAX_COUNTED_JOBS_PER_PHASE = 5_000


class _OperatorJobRow(NamedTuple):
    id: UUID
    organization_id: UUID
    project_id: UUID | None
    kind: str
    pool: str
    internal: bool
    status: ApiJobStatus
    stage: str
    phase: JobPhase
    progress: float
    attempt: int
    max_attempts: int
    crashes: int
    cancel_requested: bool
    retry_of: UUID | None
    lease_owner: UUID | None
    run_at: datetime
    deadline_at: datetime
    created_at: datetime
    finished_at: datetime | None
    args: dict[str, Any]
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    organization_name: str


class _OperatorJobCount(NamedTuple):
    status: ApiJobStatus
    phase: JobPhase
    jobs: int
    more: bool


GET_OPERATOR_JOB = operator_job.get_operator_job.typed(_OperatorJobRow)
LIST_OPERATOR_JOBS = operator_job.list_operator_jobs.typed(_OperatorJobRow)
LIST_OPEN_OPERATOR_JOBS = operator_job.list_open_operator_jobs.typed(_OperatorJobRow)
LIST_UNSUCCESSFUL_OPERATOR_JOBS = operator_job.list_unsuccessful_operator_jobs.typed(_OperatorJobRow)
LIST_OPERATOR_JOBS_OF_KIND = operator_job.list_operator_jobs_of_kind.typed(_OperatorJobRow)
LIST_OPERATOR_JOBS_OF_PROJECT = operator_job.list_operator_jobs_of_project.typed(_OperatorJobRow)
COUNT_OPERATOR_JOBS = operator_job.count_operator_jobs.typed(_OperatorJobCount)
COUNT_JOBS_OF_ALL_ORGANIZATIONS = operator_job.count_jobs_of_all.typed(_OperatorJobCount)
COUNT_JOBS_OF_PERIOD = operator_job.count_jobs_of_period.typed(_OperatorJobCount)
COUNT_OPERATOR_JOBS_OF_PROJECT = operator_job.count_operator_jobs_of_project.typed(_OperatorJobCount)


class OperatorJobFilter(NamedTuple):
    """Filters of the list and of its counts; None matches all."""

    organization_id: UUID | None
    project_id: UUID | None
    kind: str | None
    pool: str | None
    status: ApiJobStatus | None
    phase: JobPhase | None
    error_code: str | None
    period: ListPeriod


async def read_operator_job(conn: Conn, *, job_id: UUID) -> OperatedJobDetail:
    """Return a job of any organization, with the reason for its wait until it ends. Raises `ObjectNotFound`."""
    row = require_found(await GET_OPERATOR_JOB.one(conn, id=job_id), "job")
    waiting = None
    if row.status == "running":
        [waiting] = await wait_reasons.find_job_wait_reasons(conn, refs=[(row.organization_id, row.id)])
    return _operator_job_to_schema(OperatedJobDetail, row, waiting=waiting)


async def read_operator_job_timeline(conn: Conn, *, job_id: UUID) -> list[TimelineEntry]:
    """Return the oldest timeline entries of any organization's job, internal ones too. Raises `ObjectNotFound`."""
    row = require_found(await GET_OPERATOR_JOB.one(conn, id=job_id), "job")
    return await timelines.list_job_timeline(conn, organization_id=row.organization_id, job_id=job_id, internal=True)


async def list_operator_job_page(
    conn: Conn, *, wanted: OperatorJobFilter, before: UUID | None, limit: int
) -> list[OperatedJob]:
    """Return at most `limit` jobs of all organizations that match `wanted`, older than `before`, newest first.

    It scans a limited number of jobs in each organization.
    """
    depth = max(limit, MIN_SCANNED_JOBS_PER_ORGANIZATION, await _operator_job_scan_depth_per_org(conn, wanted))
    parameters = _operator_job_sql_parameters(wanted, before, depth) | {"limit": limit}
    return [_operator_job_to_schema(OperatedJob, row) for row in await _search_operator_jobs(conn, wanted, parameters)]


async def _search_operator_jobs(
    conn: Conn, wanted: OperatorJobFilter, asked: dict[str, Any]
) -> Sequence[_OperatorJobRow]:
    """Return the jobs of all organizations that match these filters.

    Jobs of a project or a kind, open jobs and unsuccessful jobs have statements and indexes of their own.
    """
    of_phase = wanted.phase and states.api_status_of_job_phase(wanted.phase)
    status = wanted.status or of_phase or ("failed" if wanted.error_code else None)
    if wanted.project_id is not None:
        return await LIST_OPERATOR_JOBS_OF_PROJECT.all(conn, **asked, project=wanted.project_id, status=status)
    if status == "running":
        return await LIST_OPEN_OPERATOR_JOBS.all(conn, **asked, status=status)
    if status in ("failed", "canceled"):
        return await LIST_UNSUCCESSFUL_OPERATOR_JOBS.all(conn, **asked, status=status)
    query = LIST_OPERATOR_JOBS if wanted.kind is None else LIST_OPERATOR_JOBS_OF_KIND
    return await query.all(conn, **asked, status=status)


async def count_operator_jobs(conn: Conn, *, wanted: OperatorJobFilter) -> OperatedJobCounts:
    """Count the jobs of a filter by status and phase, of all organizations.

    It scans a limited number of jobs, without an organization or a project of each phase. `more_of` names the
    statuses with further jobs.
    """
    of_all = wanted.organization_id is None and wanted.project_id is None
    depth = MAX_COUNTED_JOBS_PER_PHASE if of_all else MAX_SCANNED_OPERATOR_JOBS
    parameters = _operator_job_sql_parameters(wanted, None, depth)
    if wanted.project_id is not None:
        rows = await COUNT_OPERATOR_JOBS_OF_PROJECT.all(conn, **parameters, project=wanted.project_id)
    elif of_all:
        query = COUNT_JOBS_OF_ALL_ORGANIZATIONS if wanted.period == UNBOUNDED_PERIOD else COUNT_JOBS_OF_PERIOD
        rows = await query.all(conn, **{name: parameters[name] for name in query.query.parameters})
    else:
        rows = await COUNT_OPERATOR_JOBS.all(conn, **parameters)
    by_status, by_phase = Counter[str](), Counter[str]()
    for row in rows:
        by_status[row.status] += row.jobs
        by_phase[row.phase] += row.jobs
    return OperatedJobCounts(
        by_status=counts.status_counts_to_schema(by_status),
        by_phase=counts.job_phase_counts_to_schema(by_phase),
        more_of=sorted({row.status for row in rows if row.more}),
        looked_at=depth,
    )


async def _operator_job_scan_depth_per_org(conn: Conn, wanted: OperatorJobFilter) -> int:
    """Return the number of jobs to scan in each organization; a project belongs to one alone."""
    if wanted.project_id is not None:
        return MAX_SCANNED_OPERATOR_JOBS
    organizations = await operator_job.count_operator_organizations.value(conn, org=wanted.organization_id)
    return max(1, MAX_SCANNED_OPERATOR_JOBS // max(1, int(organizations)))


def _operator_job_sql_parameters(wanted: OperatorJobFilter, before: UUID | None, depth: int) -> dict[str, Any]:
    return {
        "org": wanted.organization_id,
        "kind": wanted.kind,
        "pool": wanted.pool,
        "phase": wanted.phase,
        "error_code": wanted.error_code,
        "depth": depth,
        **wanted.period.sql_parameters(before),
    }


def _operator_job_to_schema(shape: type[OperatorJobShape], row: _OperatorJobRow, **others: Any) -> OperatorJobShape:
    return build_api_answer_from_row(
        shape,
        row,
        job_id=ids.format_prefixed_id(ids.JOB_ID_PREFIX, row.id),
        progress=round(row.progress, 4),
        worker_id=ids.format_prefixed_id(ids.WORKER_ID_PREFIX, row.lease_owner) if row.lease_owner else None,
        error=msgspec.convert(row.error, JobError) if row.error else None,
        **others,
    )
