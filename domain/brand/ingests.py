"""Ingests: jobs that read one source of a project's brand, one at a time for each source."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import ingest, job
from domain.brand import brand
from domain.media import suggestions
from domain.media.suggestions import IngestPicturesAndUploadTokens
from domain.tenancy import organizations, project_locks
from domain.tenancy.idempotency import NO_IDEMPOTENCY_RECORD, IdempotencyRecord
from jobs import ledger
from jobs.kinds import INGEST_APPSTORE_KIND, INGEST_GITHUB_KIND, INGEST_WEBSITE_KIND, JobKindSpec
from jobs.ledger import NewJob, SubmittedJob, SubmittedJobRow
from schemas import ids
from schemas.brand import BrandExtraction, BrandFieldName, BrandSource, LastCrawlRecord
from schemas.errors import StateConflict
from telemetry import log_context

#: Source of each kind of ingest.
BRAND_SOURCE_BY_INGEST_KIND: dict[str, BrandSource] = {
    INGEST_WEBSITE_KIND.name: "website",
    INGEST_GITHUB_KIND.name: "github",
    INGEST_APPSTORE_KIND.name: "appstore",
}


#: Suggestions of an ingest that found no pictures.
EMPTY_INGEST_MEDIA_SUGGESTIONS = IngestPicturesAndUploadTokens()


class NewIngest(NamedTuple):
    """Ingest to start in a statement with others; `record` is the idempotency record of its request, if any."""

    job: NewJob
    created_at: datetime
    record: IdempotencyRecord | None = None


class IngestJobInput(NamedTuple):
    """Input of one attempt; `visit` is the crawl state of the last ingest with the same arguments."""

    sandbox: bool
    visit: LastCrawlRecord | None


START_INGESTS = job.start_ingests.typed(SubmittedJobRow)


async def start_ingests(conn: Conn, news: Sequence[NewIngest]) -> list[SubmittedJob | None]:
    """Start ingests of many requests in one statement, each with its idempotency record; return their jobs in turn.

    None if `start_ingest` has to decide: after a refusal, for a used key, or if another transaction holds a lock of
    the project or key. Then nothing of the ingest is written. The statement waits for no lock of a project or key.
    """
    jobs = [new.job for new in news]
    records = [new.record or NO_IDEMPOTENCY_RECORD for new in news]
    rows = await START_INGESTS.all(
        conn,
        lock_timeout=ledger.GROUPED_WRITE_LOCK_TIMEOUT,
        jobs=[ledger.build_new_job_parameter(new) for new in jobs],
        ids=[new.job_id for new in jobs],
        sources=[BRAND_SOURCE_BY_INGEST_KIND[new.kind.name] for new in jobs],
        times=[new.created_at for new in news],
        api_key_ids=[record.api_key_id for record in records],
        keys=[record.key for record in records],
        fingerprints=[record.fingerprint for record in records],
        statuses=[record.status for record in records],
        locations=[record.location for record in records],
        bodies=[record.body for record in records],
    )
    return ledger.build_submitted_jobs(jobs, rows)


def build_ingest_job(
    kind: JobKindSpec, *, organization_id: UUID, project_id: UUID, args: dict[str, Any], retry_of: UUID | None = None
) -> NewJob:
    """Return the job of a brand source's ingest, of which a project has one at a time for each source."""
    unique_key = f"ingest:{project_id}:{BRAND_SOURCE_BY_INGEST_KIND[kind.name]}"
    return NewJob(
        log_context.new_job_id(), kind, organization_id, project_id, args, unique_key=unique_key, retry_of=retry_of
    )


async def start_ingest(
    conn: Conn,
    *,
    kind: JobKindSpec,
    organization_id: UUID,
    project_id: UUID,
    args: dict[str, Any],
    retry_of: UUID | None = None,
) -> SubmittedJob:
    """Submit the job of a brand source's ingest or of its retry, and store the ingest; return the job.

    The caller has checked `args`: a URL by `ssrf_guard`, a repository or listings by their parsers.
    Locks the project as active. Returns the running job with `fresh` False if it has the same arguments. Raises
    `ObjectNotFound`, `LimitReached`, `StateConflict` PROJECT_ARCHIVED, or INGEST_RUNNING if it has others.
    """
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    source = BRAND_SOURCE_BY_INGEST_KIND[kind.name]
    scope = {"organization_id": organization_id, "project_id": project_id}
    new = build_ingest_job(kind, **scope, args=args, retry_of=retry_of)
    submitted = await ledger.submit_job(conn, **new._asdict())
    if submitted.fresh:
        await ingest.start_ingest.run(
            conn, org=organization_id, project_id=project_id, source=source, job_id=submitted.job_id
        )
    elif args != await ingest.get_args.value(conn, org=organization_id, job_id=submitted.job_id):
        raise StateConflict(
            "INGEST_RUNNING",
            f"another ingest from this {source} runs: wait for its job or cancel it",
            jobId=ids.format_prefixed_id(ids.JOB_ID_PREFIX, submitted.job_id),
        )
    return submitted


async def read_ingest_job_input(conn: Conn, *, claim: ledger.JobClaim) -> IngestJobInput:
    """Return the input of an ingest attempt: whether it is in a sandbox, and the last crawl's state.

    The state is None without a last crawl, or if that had other arguments.
    """
    sandbox = await organizations.is_sandbox_organization(conn, organization_id=claim.organization_id)
    visit = await brand.read_last_crawl_state(
        conn, **_org_and_project_of_job(claim), source=BRAND_SOURCE_BY_INGEST_KIND[claim.kind]
    )
    return IngestJobInput(sandbox, visit if visit and visit.args == claim.args else None)


async def finish_ingest(
    conn: Conn,
    *,
    claim: ledger.JobClaim,
    extraction: BrandExtraction,
    suggested: IngestPicturesAndUploadTokens = EMPTY_INGEST_MEDIA_SUGGESTIONS,
) -> dict[str, Any]:
    """Store an ingest's findings and pictures in the transaction that ends its job; return the job's result.

    An unchanged source keeps its findings. Lock order: the project, then the job. The caller's transaction locks both.
    """
    source, scope = BRAND_SOURCE_BY_INGEST_KIND[claim.kind], _org_and_project_of_job(claim)
    changed: list[BrandFieldName] = []
    if not extraction.unchanged:
        changed = await brand.replace_brand_source_findings(
            conn, **scope, source=source, extraction=extraction, job_id=claim.id
        )
    await suggestions.insert_app_media_suggested_by_ingest(conn, claim=claim, source=source, suggested=suggested)
    row = await brand.find_brand_source_row(conn, **scope, source=source)
    return {
        "source": source,
        "url": extraction.url,
        "fields": [name for name in brand.BRAND_FIELDS if row and name in row.fields],
        "changed": changed,
        "media": msgspec.to_builtins(row.media) if row else [],
        "warnings": extraction.warnings,
    }


def _org_and_project_of_job(claim: ledger.JobClaim) -> dict[str, Any]:
    return {"organization_id": claim.organization_id, "project_id": claim.project_id}


async def mark_ingests_ended(conn: Conn, *, rows: Sequence[ledger.ChangedJob]) -> None:
    """Give the ingests of these jobs the jobs' states and errors; this transaction has just ended the jobs."""
    await ingest.end_ingests.run(conn, orgs=[row.organization_id for row in rows], job_ids=[row.id for row in rows])
