"""Starts a job and answers with 202."""

from collections.abc import Awaitable
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from litestar import Response

from api.http.idempotency import HTTP_ACCEPTED_STATUS, WriteReply, run_idempotent_write
from api.http.requests import ApiRequest
from db.pool import Conn
from jobs.ledger import SubmittedJob
from schemas import ids
from schemas.jobs import Accepted, OpenJobPhase

AcceptedBody = TypeVar("AcceptedBody", bound=Accepted)


class ProjectJobSubmitter(Protocol):
    """A function that submits a job in a project, with its other arguments bound."""

    def __call__(self, conn: Conn, /, *, organization_id: UUID, project_id: UUID) -> Awaitable[SubmittedJob]: ...


async def submit_project_job(request: ApiRequest, project_id: str, submit: ProjectJobSubmitter) -> Response[Accepted]:
    """Submit a job in a project, once for an Idempotency-Key; return the 202 with the job's address."""

    async def start(conn: Conn) -> WriteReply[Accepted]:
        return build_accepted_job_answer(Accepted, await submit(conn, **request.parse_org_and_project_id(project_id)))

    return await run_idempotent_write(request, start)


def build_accepted_job_answer(
    answer: type[AcceptedBody], submitted: SubmittedJob, **created: Any
) -> WriteReply[AcceptedBody]:
    """Build the 202 with the job's address and wake; `deduplicated` means that an equal request's job runs already.

    `created` are the further fields of `answer`, such as ids of objects that exist from now on.
    """
    job_id = ids.format_prefixed_id(ids.JOB_ID_PREFIX, submitted.job_id)
    location = f"/v1/jobs/{job_id}"
    project_id = submitted.project_id
    body = answer(
        job_id=job_id,
        kind=submitted.kind,
        status="running",
        stage=submitted.stage,
        phase=cast("OpenJobPhase", submitted.phase),
        location_url=location,
        project_id=None if project_id is None else ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id),
        started_at=submitted.created_at,
        deduplicated=not submitted.fresh,
        **created,
    )
    wakes = () if submitted.wake is None else (submitted.wake,)
    return WriteReply(body, status=HTTP_ACCEPTED_STATUS, location=location, wakes=wakes)
