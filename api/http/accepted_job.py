"""Starts a job and answers with 202."""

from collections.abc import Awaitable
from typing import Protocol, cast
from uuid import UUID

from litestar import Response
from msgspec import UNSET, UnsetType

from api.http import path_ids
from api.http.idempotency import ACCEPTED, WriteResult, run_once
from api.http.requests import ApiRequest
from db.pool import Conn
from jobs.kinds import Kind
from jobs.ledger import SubmittedJob
from schemas import ids
from schemas.jobs import Accepted, OpenPhase


class SubmitJob(Protocol):
    """A function that submits a job in a project, with its other arguments bound."""

    def __call__(
        self, conn: Conn, /, *, organization_id: UUID, project_id: UUID
    ) -> Awaitable[SubmittedJob]: ...


async def submit_and_accept(
    request: ApiRequest, project_id: str, kind: Kind, submit: SubmitJob
) -> Response[Accepted]:
    """Start a job in a project."""

    async def start(conn: Conn) -> WriteResult[Accepted]:
        project = path_ids.parse_id("project", project_id)
        submitted = await submit(conn, organization_id=request.organization_id, project_id=project)
        return accepted(submitted, kind=kind.name, project_id=ids.show(ids.PROJECT, project))

    return await run_once(request, start)


def accepted(
    submitted: SubmittedJob, *, kind: str, project_id: str | None, influencer_id: str | UnsetType = UNSET
) -> WriteResult[Accepted]:
    """Build the 202 with the job's address; `deduplicated` means that an equal request's job runs already."""
    job_id = ids.show(ids.JOB, submitted.job_id)
    location = f"/v1/jobs/{job_id}"
    body = Accepted(
        job_id=job_id,
        kind=kind,
        status="running",
        stage=submitted.stage,
        phase=cast("OpenPhase", submitted.phase),
        location_url=location,
        project_id=project_id,
        started_at=submitted.created_at,
        deduplicated=not submitted.fresh,
        influencer_id=influencer_id,
    )
    wakes = () if submitted.wake is None else (submitted.wake,)
    return WriteResult(body, status=ACCEPTED, location=location, wakes=wakes)
