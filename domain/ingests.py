"""Ingests: what a source says of a project's brand, read by a job, at most one at a time for each source."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from db.pool import Conn
from db.queries import ingest
from domain import brand, holds
from jobs import ledger
from jobs.kinds import INGEST_WEBSITE, Kind
from schemas import ids
from schemas.brand import Extraction, Source
from schemas.errors import Conflict

#: What each kind of ingest reads.
SOURCES: dict[str, Source] = {INGEST_WEBSITE.name: "website"}


async def start_website(
    conn: Conn, *, organization_id: UUID, project_id: UUID, url: str, follow_links: bool, max_pages: int
) -> ledger.Submitted:
    """Submit an ingest of a URL that `domain.urls` passed; not `fresh`: the same one runs already.

    Raises `NotFound`, `Limited`, `Conflict` PROJECT_ARCHIVED or INGEST_RUNNING.
    """
    args = {"url": url, "follow_links": follow_links, "max_pages": max_pages}
    return await start(
        conn, kind=INGEST_WEBSITE, organization_id=organization_id, project_id=project_id, args=args
    )


async def start(
    conn: Conn,
    *,
    kind: Kind,
    organization_id: UUID,
    project_id: UUID,
    args: dict[str, Any],
    retry_of: UUID | None = None,
) -> ledger.Submitted:
    """A job and its ingest row, in a project that stays active; a retry goes the same way."""
    await holds.hold_active(conn, organization_id=organization_id, project_id=project_id)
    source = SOURCES[kind.name]
    submitted = await ledger.submit(
        conn,
        kind=kind,
        organization_id=organization_id,
        project_id=project_id,
        args=args,
        unique_key=f"ingest:{project_id}:{source}",
        retry_of=retry_of,
    )
    if submitted.fresh:
        await ingest.start_ingest.run(
            conn, org=organization_id, project_id=project_id, source=source, job_id=submitted.job_id
        )
    elif args != await ingest.get_args.value(conn, org=organization_id, job_id=submitted.job_id):
        raise Conflict(
            "INGEST_RUNNING",
            f"another ingest from this {source} runs: wait for its job or cancel it",
            jobId=ids.show(ids.JOB, submitted.job_id),
        )
    return submitted


async def finish(conn: Conn, *, claim: ledger.Claim, extraction: Extraction) -> dict[str, Any]:
    """Write what was read, whole, in the transaction that ends the job; the result is the job's.

    The project's lock comes before the job's, so whoever opens the transaction takes both.
    """
    where: dict[str, Any] = {"organization_id": claim.organization_id, "project_id": claim.project_id}
    source = SOURCES[claim.kind]
    changed = await brand.replace(
        conn, **where, source=source, fields=extraction.fields, url=extraction.url, job_id=claim.id
    )
    return {
        "source": source,
        "url": extraction.url,
        "fields": [name for name in brand.FIELDS if name in extraction.fields],
        "changed": changed,
        "warnings": extraction.warnings,
    }


async def ended(conn: Conn, *, rows: Sequence[ledger.Moved]) -> None:
    """Give the ingests of these jobs, just ended in this transaction, their jobs' end (I10)."""
    await ingest.end_ingests.run(
        conn, orgs=[row.organization_id for row in rows], job_ids=[row.id for row in rows]
    )
