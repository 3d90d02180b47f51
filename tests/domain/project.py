"""A project with an ingest, and partners' operations on its jobs."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn, Pool, run_in_transaction
from domain.brand import ingests
from domain.jobs import jobs, retries
from domain.projects import archive_status as archiving
from domain.projects import projects
from jobs import ledger
from jobs.kinds import INGEST_WEBSITE_KIND
from jobs.ledger import JobClaim
from schemas.jobs import CancelAnswer, Job
from schemas.projects import Archived
from tests import seeds

SCOPES = {"ingest:write", "projects:write"}


class Project(NamedTuple):
    """Project of a partner, with accounts and content for posts if a test needs them."""

    org: UUID
    id: UUID
    account_ids: Sequence[UUID] = ()
    content_id: UUID = UUID(int=0)


async def start(conn: Conn, project: Project, *, url: str = "https://example.com/") -> UUID:
    """Submit an ingest's job."""
    args = {"url": url, "follow_links": False, "max_pages": 1}
    start = partial(ingests.start_ingest, kind=INGEST_WEBSITE_KIND, organization_id=project.org, project_id=project.id)
    async with conn.transaction():
        submitted = await start(conn, args=args)
    return submitted.job_id


async def started(conn: Conn, project: Project) -> JobClaim:
    """Submit an ingest's job and pull it as a worker."""
    await start(conn, project)
    [claim] = await seeds.claims(conn, INGEST_WEBSITE_KIND)
    return claim


async def archive(conn: Conn, project: Project) -> tuple[Archived, ledger.WakeMessage | None]:
    where: dict[str, Any] = {"organization_id": project.org, "project_id": project.id}
    async with conn.transaction():
        return await archiving.begin_project_archive(conn, **where, api_key_id=None)


async def shown(conn: Conn, project: Project, job_id: UUID) -> Job:
    return (await jobs.read_job(conn, organization_id=project.org, job_id=job_id))[0]


async def ingest(conn: Conn, project: Project) -> Any:
    """Return `ingestState.website` of the project."""
    found, _ = await projects.read_project(conn, organization_id=project.org, project_id=project.id)
    return found.ingest_state.website


async def list_ids(conn: Conn, project: Project, **asked: Any) -> list[str]:
    filters: dict[str, Any] = dict.fromkeys(("project_id", "kinds", "statuses", "stages", "before"))
    found = await jobs.list_filtered_jobs(conn, organization_id=project.org, **filters | {"limit": 25} | asked)
    return [job.job_id for job in found]


async def cancel(pool: Pool, project: Project, job_id: UUID) -> CancelAnswer:
    return await run_in_transaction(
        pool, lambda conn: jobs.request_job_cancel(conn, organization_id=project.org, job_id=job_id)
    )


async def retry(pool: Pool, project: Project, job_id: UUID, scopes: set[str] = SCOPES) -> ledger.SubmittedJob:
    return await run_in_transaction(
        pool, lambda conn: retries.submit_job_retry(conn, organization_id=project.org, job_id=job_id, scopes=scopes)
    )
