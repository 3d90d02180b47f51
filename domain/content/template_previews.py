"""Template previews: a deck in a template with the project's brand, without an item of content."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from db.pool import Conn
from db.queries import media_upload
from domain.content import briefs
from domain.content.briefs import GenerationBrief
from domain.media.files import StoredFile
from domain.tenancy import project_locks
from jobs import ledger
from jobs.kinds import PREVIEW_TEMPLATE_KIND
from jobs.ledger import JobClaim, SubmittedJob
from schemas import ids
from schemas.content import ContentRequest


async def start_template_preview(
    conn: Conn, *, organization_id: UUID, project_id: UUID, template_id: UUID, aspect: str, retry_of: UUID | None = None
) -> SubmittedJob:
    """Submit the job that draws a template with the project's brand, or return the one that runs for both.

    Raises `ObjectNotFound`, `BrandTooSparse`, `LimitReached`, `StateConflict` PROJECT_ARCHIVED.
    """
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    args = {"template_id": ids.format_prefixed_id(ids.TEMPLATE_ID_PREFIX, template_id), "aspect": aspect}
    await _build_preview_brief(conn, organization_id=organization_id, project_id=project_id, args=args)
    return await ledger.submit_job(
        conn,
        kind=PREVIEW_TEMPLATE_KIND,
        organization_id=organization_id,
        project_id=project_id,
        args=args,
        unique_key=f"preview_template:{project_id}:{template_id}:{aspect}",
        retry_of=retry_of,
    )


async def read_preview_brief(conn: Conn, *, claim: JobClaim) -> GenerationBrief:
    """Return the inputs of a preview from the current brand and the template's latest version.

    Raises `DomainError` if the brand or the template no longer allow it.
    """
    if claim.project_id is None:
        raise ValueError("a preview has a project")
    return await _build_preview_brief(
        conn, organization_id=claim.organization_id, project_id=claim.project_id, args=claim.args
    )


def template_id_of_job(args: dict[str, Any]) -> UUID:
    """Return the id of the template that a job with these arguments previews."""
    return UUID(args["template_id"].rpartition("_")[2])


async def _build_preview_brief(
    conn: Conn, *, organization_id: UUID, project_id: UUID, args: dict[str, Any]
) -> GenerationBrief:
    body = ContentRequest(format="slideshow", aspect=args["aspect"], template=args["template_id"])
    return await briefs.build_generation_brief(
        conn,
        organization_id=organization_id,
        project_id=project_id,
        content_id=template_id_of_job(args),
        seed=args["template_id"],
        body=body,
    )


async def finish_template_preview(
    conn: Conn, *, claim: JobClaim, files: Sequence[StoredFile], warnings: Sequence[str], public_url: str
) -> dict[str, Any]:
    """Give the files of a preview public addresses for a day, in the transaction that ends its job; return its result.

    The files stay unclaimed uploads, which are deleted a day later.
    """
    for file in files:
        await media_upload.show_upload.run(
            conn,
            org=claim.organization_id,
            token=file.token,
            shown_with=claim.id,
            mime_type=file.mime_type,
            sha256=file.sha256,
        )
    pictures = [
        {"url": f"{public_url}/media/{file.token}", "width": file.width, "height": file.height} for file in files
    ]
    return {"templateId": claim.args["template_id"], "files": pictures, "warnings": [*warnings]}
