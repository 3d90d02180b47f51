"""Bulk retries: many jobs at once by a filter, each by the rules of its own retry, and once.

A call is one transaction, so a call that failed has started nothing. It takes all locks in the global order:
projects, jobs by id, accounts. Then it retries each job inside a savepoint, and a refusal affects only its
own job.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import bulk_job
from domain.jobs import retries
from domain.jobs.retries import JobToRetry
from domain.publishing import changes
from domain.tenancy import project_locks
from domain.values.periods import ListPeriod
from jobs import controls
from jobs.kinds import PUBLIC_JOB_KIND_NAMES
from jobs.ledger import SubmittedJob, WakeMessage
from schemas import ids
from schemas.errors import DomainError, StateConflict
from schemas.jobs import BulkRetried, NotRetried, Retried, UnsuccessfulJobStatus
from telemetry import log_context

#: Jobs that a call retries, that it counts, and that it scans for the filter.
MAX_JOBS_PER_BULK_RETRY, MAX_JOBS_COUNTED_FOR_BULK_RETRY, MAX_BULK_RETRY_SCAN_JOBS = 100, 1_000, 20_000


class JobRetryFilter(NamedTuple):
    """Filter of a call; None matches all, but `statuses` defaults to `failed`."""

    project_id: UUID | None
    kinds: Sequence[str] | None
    statuses: Sequence[UnsuccessfulJobStatus] | None
    error_code: str | None
    period: ListPeriod


class BulkRetryResult(NamedTuple):
    """Result of a call: its answer but for the cursor, the next call's start, and the wakes to send."""

    answer: BulkRetried
    last_id: UUID | None
    wakes: tuple[WakeMessage, ...]


class _RetryableJobs(NamedTuple):
    ids: list[UUID]
    last_id: UUID | None


class _LockedJobToRetry(NamedTuple):
    id: UUID
    kind: str
    state: str
    project_id: UUID
    args: dict[str, Any]
    retried_as: UUID | None
    superseded: bool


FIND_RETRYABLE_JOBS = bulk_job.find_retryable.typed(_RetryableJobs)
LIST_LOCKED_JOBS_TO_RETRY = bulk_job.list_origins.typed(_LockedJobToRetry)


def job_states_of_retry_filter(chosen: JobRetryFilter) -> list[str]:
    """Return the job states that a bulk-retry filter selects; `failed` alone if it names none."""
    return sorted(set(chosen.statuses or ["failed"]))


async def retry_matching_org_jobs(
    conn: Conn,
    *,
    organization_id: UUID,
    scopes: Collection[str],
    chosen: JobRetryFilter,
    after: UUID | None,
    dry_run: bool,
    most: int | None = None,
    depth: int | None = None,
) -> BulkRetryResult:
    """Retry an organization's oldest `most` failed or canceled jobs of a filter, after the job `after`.

    Returns new jobs, refusals and the job to continue after; `dry_run` only counts. Raises `ObjectNotFound`.
    """
    if chosen.project_id is not None:
        await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=chosen.project_id)
    matching = await _find_retryable_jobs(conn, organization_id, chosen, after, depth or MAX_BULK_RETRY_SCAN_JOBS)
    batch = matching.ids[: MAX_JOBS_COUNTED_FOR_BULK_RETRY if dry_run else most or MAX_JOBS_PER_BULK_RETRY]
    results = _BulkRetryResults([], [], []) if dry_run else await _retry_each_job(conn, organization_id, scopes, batch)
    answer = BulkRetried(
        matched=min(len(matching.ids), MAX_JOBS_COUNTED_FOR_BULK_RETRY),
        capped=len(matching.ids) > MAX_JOBS_COUNTED_FOR_BULK_RETRY or matching.last_id is not None,
        retried=results.retried,
        skipped=results.skipped,
        next_cursor=None,
    )
    return BulkRetryResult(
        answer, batch[-1] if len(matching.ids) > len(batch) else matching.last_id, tuple(results.wakes)
    )


async def _find_retryable_jobs(
    conn: Conn, organization_id: UUID, chosen: JobRetryFilter, after: UUID | None, depth: int
) -> _RetryableJobs:
    return await FIND_RETRYABLE_JOBS.row(
        conn,
        org=organization_id,
        project_id=chosen.project_id,
        kinds=chosen.kinds or PUBLIC_JOB_KIND_NAMES,
        states=job_states_of_retry_filter(chosen),
        error_code=chosen.error_code,
        after=after,
        depth=depth,
        limit=MAX_JOBS_COUNTED_FOR_BULK_RETRY + 1,
        **chosen.period.sql_parameters(None),
    )


class _BulkRetryResults(NamedTuple):
    retried: list[Retried]
    skipped: list[NotRetried]
    wakes: list[WakeMessage]


async def _retry_each_job(
    conn: Conn, organization_id: UUID, scopes: Collection[str], job_ids: Sequence[UUID]
) -> _BulkRetryResults:
    results = _BulkRetryResults([], [], [])
    for origin in await _lock_jobs_to_retry(conn, organization_id, job_ids):
        job_id = ids.format_prefixed_id(ids.JOB_ID_PREFIX, origin.id)
        try:
            with log_context.drop_submit_spans_on_error():
                async with conn.transaction():
                    new = await _submit_retry_of_job(conn, organization_id, scopes, origin)
        except DomainError as error:
            code = str(error.details.get("reason", error.code))
            results.skipped.append(NotRetried(job_id=job_id, code=code, message=error.message))
            continue
        new_id = ids.format_prefixed_id(ids.JOB_ID_PREFIX, new.job_id)
        results.retried.append(Retried(job_id=new_id, retry_of=job_id))
        if new.wake:
            results.wakes.append(new.wake)
    return results


async def _lock_jobs_to_retry(conn: Conn, organization_id: UUID, job_ids: Sequence[UUID]) -> list[_LockedJobToRetry]:
    """Lock the jobs to retry, their projects and their posts' accounts; return the jobs.

    The jobs are read after the locks: other calls may have retried some of them meanwhile.
    """
    for row in await bulk_job.list_projects.all(conn, org=organization_id, ids=job_ids):
        await project_locks.lock_project_status(conn, organization_id=organization_id, project_id=row["project_id"])
    await controls.lock_job_rows(conn, organization_id=organization_id, job_ids=job_ids)
    accounts = await bulk_job.list_accounts.all(conn, org=organization_id, ids=job_ids)
    account_ids = [row["social_account_id"] for row in accounts]
    await changes.LOCK_POST_ACCOUNTS.all(conn, org=organization_id, ids=account_ids)
    return await LIST_LOCKED_JOBS_TO_RETRY.all(conn, org=organization_id, ids=job_ids)


async def _submit_retry_of_job(
    conn: Conn, organization_id: UUID, scopes: Collection[str], locked: _LockedJobToRetry
) -> SubmittedJob:
    """Retry one locked job, and return the new job.

    Raises as `retries.submit_job_retry`, and `StateConflict` ALREADY_RETRIED, SUPERSEDED or ALREADY_RUNNING.
    """
    origin = JobToRetry(locked.kind, locked.state, locked.project_id, locked.args)
    retries.check_job_retryable(origin, scopes)
    if locked.retried_as is not None:
        raise StateConflict(
            "ALREADY_RETRIED", f"{ids.format_prefixed_id(ids.JOB_ID_PREFIX, locked.retried_as)} is its retry"
        )
    if locked.superseded:
        raise StateConflict("SUPERSEDED", "a later ingest has read the same source, or is going to")
    submitted = await retries.submit_checked_retry(
        conn, organization_id=organization_id, job_id=locked.id, origin=origin
    )
    if not submitted.fresh:
        running = ids.format_prefixed_id(ids.JOB_ID_PREFIX, submitted.job_id)
        raise StateConflict("ALREADY_RUNNING", f"{running} is running with the same arguments")
    return submitted
