"""Counts of an organization's jobs by status and stage, as far as anybody looks: up to ten thousand."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import partner_job
from domain.tenancy import project_locks
from jobs import kinds as catalogue
from jobs.states import TERMINAL
from schemas.jobs import JobCounts, JobsByStatus, Status

#: Jobs that are counted of each status; of one project, of all of its jobs.
MOST = 10_000


class _Count(NamedTuple):
    status: Status
    stage: str
    jobs: int


COUNT_JOBS = partner_job.count_jobs.typed(_Count)
COUNT_JOBS_OF_PROJECT = partner_job.count_jobs_of_project.typed(_Count)

_SHOWN = [kind.name for kind in catalogue.SHOWN]


async def count(
    conn: Conn, *, organization_id: UUID, project_id: UUID | None, kinds: Sequence[str] | None
) -> JobCounts:
    """Of one project, if it is named, and of these kinds. Raises `NotFound` for a project."""
    asked = {"org": organization_id, "kinds": kinds or _SHOWN, "most": MOST}
    if project_id is None:
        return _shown(await COUNT_JOBS.all(conn, **asked), of_all=False)
    await project_locks.check(conn, organization_id=organization_id, project_id=project_id)
    return _shown(await COUNT_JOBS_OF_PROJECT.all(conn, **asked, project_id=project_id), of_all=True)


def _shown(rows: Sequence[_Count], *, of_all: bool) -> JobCounts:
    by_status = Counter[str]()
    for row in rows:
        by_status[row.status] += row.jobs
    counted = [by_status.total()] if of_all else by_status.values()
    return JobCounts(
        by_status=JobsByStatus(
            running=by_status["running"],
            completed=by_status["completed"],
            failed=by_status["failed"],
            canceled=by_status["canceled"],
        ),
        by_stage={row.stage: row.jobs for row in rows if row.stage not in TERMINAL},
        at_most=MOST,
        capped=any(jobs >= MOST for jobs in counted),
    )
