"""Starts a job and answers with 202."""

from collections.abc import Awaitable
from typing import Protocol, cast
from uuid import UUID

from litestar import Response
from msgspec import UNSET, UnsetType

from api.http import path_ids
from api.http.idempotency import ACCEPTED_STATUS, WriteResult, run_idempotent_write
from api.http.requests import ApiRequest
from db.pool import Conn
from jobs.kinds import JobKindSpec
from jobs.ledger import SubmittedJob
from schemas import ids
from schemas.jobs import Accepted, OpenJobPhase


class SubmitJob(Protocol):
    """A function that submits a job in a project, with its other arguments bound."""

    def __call__(self, conn: Conn, /, *, organization_id: UUID, project_id: UUID) -> Awaitable[SubmittedJob]: ...


async def submit_project_job(
    request: ApiRequest, project_id: str, kind: JobKindSpec, submit: SubmitJob
) -> Response[Accepted]:
    """Start a job in a project, once for an idempotency key, and return the 202 with its address."""

    async def start(conn: Conn) -> WriteResult[Accepted]:
        project = path_ids.parse_id("project", project_id)
        submitted = await submit(conn, organization_id=request.organization_id, project_id=project)
        return accepted_job_result(submitted, kind=kind.name, project_id=ids.format_prefixed_id(ids.PROJECT, project))

    return await run_idempotent_write(request, start)


def accepted_job_result(
    submitted: SubmittedJob, *, kind: str, project_id: str | None, influencer_id: str | UnsetType = UNSET
) -> WriteResult[Accepted]:
    """Build the 202 with the job's address; `deduplicated` means that an equal request's job runs already."""
    job_id = ids.format_prefixed_id(ids.JOB, submitted.job_id)
    location = f"/v1/jobs/{job_id}"
    body = Accepted(
        job_id=job_id,
        kind=kind,
        status="running",
        stage=submitted.stage,
        phase=cast("OpenJobPhase", submitted.phase),
        location_url=location,
        project_id=project_id,
        started_at=submitted.created_at,
        deduplicated=not submitted.fresh,
        influencer_id=influencer_id,
    )
    wakes = () if submitted.wake is None else (submitted.wake,)
    return WriteResult(body, status=ACCEPTED_STATUS, location=location, wakes=wakes)
