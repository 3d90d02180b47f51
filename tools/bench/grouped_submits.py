"""Group commit of submits: jobs of one process that arrive during a statement share the next statement and commit."""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID
from weakref import WeakValueDictionary

from db.coalescing import LookupCoalescer
from db.pool import Conn, Pool, acquire_pg_connection, run_autocommitted
from jobs import ledger
from jobs.ledger import NewJob, SubmittedJob
from telemetry import log_context, logs

_log = logs.get_logger("submits")


class GroupedJobSubmitter:
    """Submits jobs that are their callers' only write.

    A tenant submits to a worker pool one job at a time. So a batch has at most one, which sees the tenant's whole
    queue, and a tenant with many submits delays no other. A job without a row after the statement, for any reason, is
    submitted alone: its caller gets its own result or error. The second submit has the id of the first. So a lost
    answer neither loses nor doubles a job.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = LookupCoalescer(self._submit_batch, largest=ledger.MAX_JOBS_PER_GROUPED_SUBMIT)
        # A lock exists as long as a caller uses it.
        self._tenant_locks: WeakValueDictionary[tuple[UUID, str], asyncio.Lock] = WeakValueDictionary()

    async def submit_job(self, job: NewJob) -> SubmittedJob:
        """Submit a job, in the next statement, and return it once it is committed.

        Raise as `ledger.submit_job`, and the errors of a failed statement. A canceled call may have submitted.
        """
        lock = self._tenant_locks.setdefault((job.organization_id, job.kind.pool), asyncio.Lock())
        async with lock:
            submitted = await self._statements.queue_lookup(job)
            if submitted is None:
                return await run_autocommitted(self._pool, partial(_submit_alone, job))
        # The shared statement belongs to no request, so it traces no job.
        log_context.trace_submitted_job(kind=job.kind.name, project_id=job.project_id, job_id=job.job_id)
        return submitted

    async def _submit_batch(self, jobs: Sequence[NewJob]) -> list[SubmittedJob | None]:
        """Submit these jobs in one statement; return None for each without a row, so for all after an error."""
        try:
            async with acquire_pg_connection(self._pool) as conn:
                return await ledger.submit_jobs_of_tenants(conn, jobs)
        except Exception as error:  # noqa: BLE001  each caller gets the error of its own submit
            _log.warning("grouped submit failed, submitting each job alone", jobs=len(jobs), error=repr(error))
            return [None] * len(jobs)


async def _submit_alone(job: NewJob, conn: Conn) -> SubmittedJob:
    return await ledger.submit_job(conn, **job._asdict())
