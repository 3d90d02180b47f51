"""Counts of an organization's jobs by status, phase and stage, up to ten thousand of each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple, get_args
from uuid import UUID

from db.pool import Conn
from db.queries import job_view
from domain.tenancy import project_locks
from jobs.kinds import PUBLIC_JOB_KIND_NAMES
from jobs.states import ALL_JOB_PHASES, TERMINAL_JOB_STATES
from schemas.jobs import ApiJobStatus, JobCounts, JobPhase, JobsByPhase, JobsByStatus

#: Limit of each count: by status and phase, or over all jobs of one project.
MAX_JOBS_PER_COUNT = 10_000


class _JobCountRow(NamedTuple):
    status: ApiJobStatus
    stage: str
    phase: JobPhase
    jobs: int


COUNT_ORG_JOBS = job_view.count_jobs.typed(_JobCountRow)
COUNT_JOBS_OF_PROJECT = job_view.count_jobs_of_project.typed(_JobCountRow)


async def count_visible_jobs(
    conn: Conn, *, organization_id: UUID, project_id: UUID | None, kinds: Sequence[str] | None
) -> JobCounts:
    """Count the public jobs of an organization, or of one project, by status, phase and stage.

    Each count stops at `MAX_JOBS_PER_COUNT`, and the result says so. Raises `ObjectNotFound` for a project.
    """
    filters = {"org": organization_id, "kinds": kinds or PUBLIC_JOB_KIND_NAMES, "most": MAX_JOBS_PER_COUNT}
    if project_id is None:
        return _job_counts_to_schema(await COUNT_ORG_JOBS.all(conn, **filters), of_all=False)
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    return _job_counts_to_schema(await COUNT_JOBS_OF_PROJECT.all(conn, **filters, project_id=project_id), of_all=True)


def status_counts_to_schema(jobs: Mapping[str, int]) -> JobsByStatus:
    """Return numbers of jobs as a response with one field for each status; a missing status has 0."""
    return JobsByStatus(**{status: jobs.get(status, 0) for status in get_args(ApiJobStatus)})


def job_phase_counts_to_schema(jobs: Mapping[str, int]) -> JobsByPhase:
    """Return numbers of jobs as a response with one field for each phase; a missing phase has 0."""
    return JobsByPhase(**{phase: jobs.get(phase, 0) for phase in ALL_JOB_PHASES})


def _job_counts_to_schema(rows: Sequence[_JobCountRow], *, of_all: bool) -> JobCounts:
    statuses, phases, stages = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        statuses[row.status] += row.jobs
        phases[row.phase] += row.jobs
        stages[row.stage] += row.jobs
    counted = [statuses.total()] if of_all else [*statuses.values(), *phases.values()]
    return JobCounts(
        by_status=status_counts_to_schema({status: min(jobs, MAX_JOBS_PER_COUNT) for status, jobs in statuses.items()}),
        by_phase=job_phase_counts_to_schema(phases),
        by_stage={stage: jobs for stage, jobs in stages.items() if stage not in TERMINAL_JOB_STATES},
        at_most=MAX_JOBS_PER_COUNT,
        capped=any(jobs >= MAX_JOBS_PER_COUNT for jobs in counted),
    )
