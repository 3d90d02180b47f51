"""Bulk changes of jobs of all live organizations, for operators: one organization after the other.

Each organization's part is its own bulk change, with an entry in its audit log.
"""

from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import operator_job
from domain.jobs import bulk, bulk_retries
from domain.jobs.bulk import JobCancelFilter
from domain.jobs.bulk_retries import BulkRetryResult, JobRetryFilter
from domain.tenancy import organizations
from domain.tenancy.api_keys import Actor
from jobs.ledger import WakeMessage
from schemas import ids
from schemas.jobs import BulkRetried, NotRetried, Retried
from schemas.operator_jobs import OperatedCanceled

#: Organizations that a call visits, and failed jobs of each, unless one is named.
MAX_ORGANIZATIONS_PER_CALL, SCAN_DEPTH_PER_ORGANIZATION = 200, 2_000

#: Scopes for all actions of partners.
ALL_KEY_SCOPES = ("*",)

#: Before and after all jobs of an organization.
BEFORE_FIRST_JOB, AFTER_LAST_JOB = UUID(int=0), UUID(int=(1 << 128) - 1)


class BulkJobPosition(NamedTuple):
    """Start of a call: after this job of this organization."""

    organization_id: UUID
    job_id: UUID


class BulkRetryPage(NamedTuple):
    """Answer of a retry but for its cursor, the next call's start, and the wakes to send."""

    answer: BulkRetried
    place: BulkJobPosition | None
    wakes: tuple[WakeMessage, ...]


class BulkCancelPage(NamedTuple):
    """Answer of a cancel but for its cursor, and the next call's start."""

    answer: OperatedCanceled
    place: BulkJobPosition | None


async def retry_jobs_of_organizations(
    conn: Conn,
    *,
    actor: Actor,
    organization_id: UUID | None,
    chosen: JobRetryFilter,
    after: BulkJobPosition | None,
    dry_run: bool,
) -> BulkRetryPage:
    """Retry the next `bulk_retries.MAX_RETRIED` jobs of a filter, of one or of all organizations.

    With `dry_run` only counts them. Returns the counts, the position of the next call, and the wakes to send.
    """
    rows = await operator_job.list_with_unsuccessful.all(
        conn,
        org=organization_id,
        project=chosen.project_id,
        from_org=_find_first_organization(after),
        states=bulk_retries.filtered_job_states(chosen),
        limit=MAX_ORGANIZATIONS_PER_CALL,
    )
    orgs = [org for (org,) in rows]
    total, place = _BulkRetryTotals(), _position_after_last(orgs)
    depth = bulk_retries.SCAN_DEPTH if organization_id or chosen.project_id else SCAN_DEPTH_PER_ORGANIZATION
    for org in orgs:
        batch = await bulk_retries.retry_matching_jobs(
            conn,
            organization_id=org,
            scopes=ALL_KEY_SCOPES,
            chosen=chosen,
            after=after.job_id if after and after.organization_id == org else None,
            dry_run=dry_run,
            most=bulk_retries.MAX_RETRIED - total.handled_job_count,
            depth=depth,
        )
        total.add(batch)
        if batch.answer.retried:
            await _record_bulk_change(conn, actor, org, "jobs.retried", len(batch.answer.retried))
        if total.is_full or (batch.last_id is not None and not dry_run):
            place = BulkJobPosition(org, batch.last_id or AFTER_LAST_JOB)
            break
    return BulkRetryPage(total.build_answer(place), place, tuple(total.wakes))


class _BulkRetryTotals:
    """Sum of the results of several organizations' retries."""

    def __init__(self) -> None:
        self.wakes: list[WakeMessage] = []
        self._matched = 0
        self._capped = False
        self._retried: list[Retried] = []
        self._skipped: list[NotRetried] = []

    def add(self, batch: BulkRetryResult) -> None:
        self.wakes += batch.wakes
        self._matched += batch.answer.matched
        self._capped |= batch.answer.capped
        self._retried += batch.answer.retried
        self._skipped += batch.answer.skipped

    @property
    def handled_job_count(self) -> int:
        """Return the number of jobs that were retried or skipped."""
        return len(self._retried) + len(self._skipped)

    @property
    def is_full(self) -> bool:
        return self.handled_job_count >= bulk_retries.MAX_RETRIED or self._matched >= bulk_retries.MAX_COUNTED

    def build_answer(self, place: BulkJobPosition | None) -> BulkRetried:
        return BulkRetried(
            matched=min(self._matched, bulk_retries.MAX_COUNTED),
            capped=self._capped or place is not None,
            retried=self._retried,
            skipped=self._skipped,
            next_cursor=None,
        )


async def cancel_jobs_of_organizations(
    conn: Conn,
    *,
    actor: Actor,
    organization_id: UUID | None,
    chosen: JobCancelFilter,
    after: BulkJobPosition | None,
    dry_run: bool,
) -> BulkCancelPage:
    """Cancel the next `bulk.MAX_CANCELED` jobs of a filter, of one or of all organizations.

    With `dry_run` only counts them. Returns the counts, and the position of the next call.
    """
    rows = await operator_job.list_with_open.all(
        conn,
        org=organization_id,
        project=chosen.project_id,
        from_org=_find_first_organization(after),
        limit=MAX_ORGANIZATIONS_PER_CALL,
    )
    orgs = [org for (org,) in rows]
    job_ids, matched, place = list[ids.JobId](), 0, _position_after_last(orgs)
    room = bulk.MAX_COUNTED if dry_run else bulk.MAX_CANCELED
    for org in orgs:
        result = await bulk.cancel_matching_jobs(conn, organization_id=org, chosen=chosen, dry_run=dry_run, most=room)
        matched += result.matched
        job_ids += result.job_ids
        if result.job_ids:
            await _record_bulk_change(conn, actor, org, "jobs.canceled", len(result.job_ids))
        room -= result.matched if dry_run else len(result.job_ids)
        if room <= 0:
            place = BulkJobPosition(org, BEFORE_FIRST_JOB if result.more else AFTER_LAST_JOB)
            break
    answer = OperatedCanceled(
        matched=min(matched, bulk.MAX_COUNTED), capped=place is not None, job_ids=job_ids, next_cursor=None
    )
    return BulkCancelPage(answer, place)


def _find_first_organization(after: BulkJobPosition | None) -> UUID | None:
    """Return the organization at which a bulk call after a position begins; None for the first of all.

    It is the position's own, or the next id if the position is after all of its jobs.
    """
    if after is None or after.job_id != AFTER_LAST_JOB:
        return after and after.organization_id
    return UUID(int=after.organization_id.int + 1)


def _position_after_last(orgs: list[UUID]) -> BulkJobPosition | None:
    return BulkJobPosition(orgs[-1], AFTER_LAST_JOB) if len(orgs) == MAX_ORGANIZATIONS_PER_CALL else None


async def _record_bulk_change(conn: Conn, actor: Actor, organization_id: UUID, action: str, jobs: int) -> None:
    subject = ids.format_prefixed_id(ids.ORGANIZATION, organization_id)
    await organizations.audit_operator_change(
        conn, organization_id, action=action, subject=subject, actor=actor, details={"jobs": jobs}
    )
