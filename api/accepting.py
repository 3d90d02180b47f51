"""The answer to whatever starts a job (api.md 8)."""

from api.idempotency import ACCEPTED, Made
from jobs.ledger import Submitted
from schemas import ids
from schemas.jobs import Accepted


def accepted(submitted: Submitted, *, kind: str, project_id: str | None) -> Made[Accepted]:
    """202 with the job's address; `deduplicated` where the job of an equal request runs already."""
    job_id = ids.show(ids.JOB, submitted.job_id)
    location = f"/v1/jobs/{job_id}"
    body = Accepted(
        job_id=job_id,
        kind=kind,
        status="running",
        stage=submitted.stage,
        location_url=location,
        project_id=project_id,
        started_at=submitted.created_at,
        deduplicated=not submitted.fresh,
    )
    wakes = () if submitted.wake is None else (submitted.wake,)
    return Made(body, status=ACCEPTED, location=location, wakes=wakes)
