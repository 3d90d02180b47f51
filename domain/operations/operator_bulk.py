"""Bulk changes of jobs of all live organizations, for operators: one organization after the other.

Each organization's part is its own bulk change, with an entry in its audit log.
"""

from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from msgspec import structs

from db.pool import Conn
from db.queries import operator_job
from domain.jobs import bulk, bulk_retries
from domain.jobs.bulk import JobCancelFilter
from domain.jobs.bulk_retries import JobRetryFilter
from domain.tenancy import organizations
from domain.tenancy.api_keys import Actor
from jobs.ledger import WakeMessage
from schemas import ids
from schemas.jobs import BulkRetried
from schemas.operator_jobs import OperatedCanceled

BulkAnswer = TypeVar("BulkAnswer", BulkRetried, OperatedCanceled)

#: Organizations that a call visits, and failed jobs of each, unless one is named.
MAX_ORGANIZATIONS_PER_BULK_CALL, MAX_SCANNED_JOBS_PER_ORGANIZATION = 200, 2_000

#: Scopes for all actions of partners.
ALL_PARTNER_KEY_SCOPES = ("*",)

#: Before and after all jobs of an organization.
JOB_ID_BEFORE_FIRST, JOB_ID_AFTER_LAST = UUID(int=0), UUID(int=(1 << 128) - 1)


class OperatorBulkJobCursor(NamedTuple):
    """Start of a call: after this job of this organization."""

    organization_id: UUID
    job_id: UUID


class BulkChangeAnswer(NamedTuple, Generic[BulkAnswer]):
    """Answer of a bulk change but for its cursor, the next call's start, and the wakes to send."""

    answer: BulkAnswer
    place: OperatorBulkJobCursor | None
    wakes: tuple[WakeMessage, ...] = ()


async def retry_matching_jobs_across_organizations(
    conn: Conn,
    *,
    actor: Actor,
    organization_id: UUID | None,
    chosen: JobRetryFilter,
    after: OperatorBulkJobCursor | None,
    dry_run: bool,
) -> BulkChangeAnswer[BulkRetried]:
    """Retry the next `bulk_retries.MAX_JOBS_PER_BULK_RETRY` jobs of a filter, of one or of all organizations.

    With `dry_run` only counts them. Returns the counts, the position of the next call, and the wakes to send.
    """
    rows = await operator_job.list_with_unsuccessful.all(
        conn,
        org=organization_id,
        project=chosen.project_id,
        from_org=_find_start_organization_of_bulk_call(after),
        states=bulk_retries.job_states_of_retry_filter(chosen),
        limit=MAX_ORGANIZATIONS_PER_BULK_CALL,
    )
    orgs = [org for (org,) in rows]
    total = BulkRetried(matched=0, capped=False, retried=[], skipped=[], next_cursor=None)
    wakes, place = list[WakeMessage](), _position_after_last_organization(orgs)
    is_narrow = organization_id or chosen.project_id
    depth = bulk_retries.MAX_BULK_RETRY_SCAN_JOBS if is_narrow else MAX_SCANNED_JOBS_PER_ORGANIZATION
    for org in orgs:
        batch = await bulk_retries.retry_matching_org_jobs(
            conn,
            organization_id=org,
            scopes=ALL_PARTNER_KEY_SCOPES,
            chosen=chosen,
            after=after.job_id if after and after.organization_id == org else None,
            dry_run=dry_run,
            most=bulk_retries.MAX_JOBS_PER_BULK_RETRY - _count_retried_and_skipped_jobs(total),
            depth=depth,
        )
        total = _sum_bulk_retries(total, batch.answer)
        wakes += batch.wakes
        if batch.answer.retried:
            await _audit_bulk_job_change(conn, actor, org, "jobs.retried", len(batch.answer.retried))
        if _has_bulk_retry_reached_its_limit(total) or (batch.last_id is not None and not dry_run):
            place = OperatorBulkJobCursor(org, batch.last_id or JOB_ID_AFTER_LAST)
            break
    matched = min(total.matched, bulk_retries.MAX_JOBS_COUNTED_FOR_BULK_RETRY)
    total = structs.replace(total, matched=matched, capped=total.capped or place is not None)
    return BulkChangeAnswer(total, place, tuple(wakes))


def _sum_bulk_retries(total: BulkRetried, batch: BulkRetried) -> BulkRetried:
    """Return the sum of some organizations' retries and one more organization's."""
    return structs.replace(
        total,
        matched=total.matched + batch.matched,
        capped=total.capped or batch.capped,
        retried=total.retried + batch.retried,
        skipped=total.skipped + batch.skipped,
    )


def _count_retried_and_skipped_jobs(total: BulkRetried) -> int:
    """Return the number of jobs that were retried or skipped."""
    return len(total.retried) + len(total.skipped)


def _has_bulk_retry_reached_its_limit(total: BulkRetried) -> bool:
    """Return whether a call has handled or counted as many jobs as it may."""
    handled_all = _count_retried_and_skipped_jobs(total) >= bulk_retries.MAX_JOBS_PER_BULK_RETRY
    return handled_all or total.matched >= bulk_retries.MAX_JOBS_COUNTED_FOR_BULK_RETRY


async def cancel_matching_jobs_across_organizations(
    conn: Conn,
    *,
    actor: Actor,
    organization_id: UUID | None,
    chosen: JobCancelFilter,
    after: OperatorBulkJobCursor | None,
    dry_run: bool,
) -> BulkChangeAnswer[OperatedCanceled]:
    """Cancel the next `bulk.MAX_JOBS_PER_BULK_CANCEL` jobs of a filter, of one or of all organizations.

    With `dry_run` only counts them. Returns the counts, and the position of the next call.
    """
    rows = await operator_job.list_with_open.all(
        conn,
        org=organization_id,
        project=chosen.project_id,
        from_org=_find_start_organization_of_bulk_call(after),
        limit=MAX_ORGANIZATIONS_PER_BULK_CALL,
    )
    orgs = [org for (org,) in rows]
    job_ids, matched, place = list[ids.JobId](), 0, _position_after_last_organization(orgs)
    room = bulk.MAX_JOBS_COUNTED_FOR_BULK_CANCEL if dry_run else bulk.MAX_JOBS_PER_BULK_CANCEL
    for org in orgs:
        result = await bulk.cancel_matching_org_jobs(
            conn, organization_id=org, chosen=chosen, dry_run=dry_run, most=room
        )
        matched += result.matched
        job_ids += result.job_ids
        if result.job_ids:
            await _audit_bulk_job_change(conn, actor, org, "jobs.canceled", len(result.job_ids))
        room -= result.matched if dry_run else len(result.job_ids)
        if room <= 0:
            place = OperatorBulkJobCursor(org, JOB_ID_BEFORE_FIRST if result.more else JOB_ID_AFTER_LAST)
            break
    answer = OperatedCanceled(
        matched=min(matched, bulk.MAX_JOBS_COUNTED_FOR_BULK_CANCEL),
        capped=place is not None,
        job_ids=job_ids,
        next_cursor=None,
    )
    return BulkChangeAnswer(answer, place)


def _find_start_organization_of_bulk_call(after: OperatorBulkJobCursor | None) -> UUID | None:
    """Return the organization at which a bulk call after a position begins; None for the first of all.

    It is the position's own, or the next id if the position is after all of its jobs.
    """
    if after is None or after.job_id != JOB_ID_AFTER_LAST:
        return after and after.organization_id
    return UUID(int=after.organization_id.int + 1)


def _position_after_last_organization(orgs: list[UUID]) -> OperatorBulkJobCursor | None:
    return OperatorBulkJobCursor(orgs[-1], JOB_ID_AFTER_LAST) if len(orgs) == MAX_ORGANIZATIONS_PER_BULK_CALL else None


async def _audit_bulk_job_change(conn: Conn, actor: Actor, organization_id: UUID, action: str, jobs: int) -> None:
    subject = ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, organization_id)
    await organizations.audit_operator_change_of_organization(
        conn, organization_id, action=action, subject=subject, actor=actor, details={"jobs": jobs}
    )
