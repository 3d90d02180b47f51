"""Progress writer: writes the progress of running jobs, at most once a second."""

import asyncio
from typing import NamedTuple

from db.pool import Pool, acquire_pg_connection
from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors
from jobs import ledger
from jobs.outcomes import Canceled
from schemas.errors import AttemptFenced, JobCancelRequested
from workers.runtime.slots import JobAttempt, JobLostStopCause

PROGRESS_WRITE_INTERVAL_S = 1.0


class QueuedProgress(NamedTuple):
    """Progress of a job: a ratio from 0 to 1, and its stage."""

    ratio: float
    stage: str | None


class JobProgressWriter:
    """The latest unwritten progress of each attempt. A stage stays until the next one."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._latest: dict[JobAttempt, QueuedProgress] = {}
        self._arrived = asyncio.Event()

    def queue_progress(self, attempt: JobAttempt, ratio: float, stage: str | None) -> None:
        earlier = self._latest.get(attempt)
        self._latest[attempt] = QueuedProgress(ratio, stage or (earlier.stage if earlier else None))
        self._arrived.set()

    def drop_progress(self, attempt: JobAttempt) -> None:
        self._latest.pop(attempt, None)

    async def run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            for attempt in [*self._latest]:
                await self.write_latest_progress(attempt)
            await asyncio.sleep(PROGRESS_WRITE_INTERVAL_S)

    async def write_latest_progress(self, attempt: JobAttempt) -> None:
        """Write an attempt's latest unwritten progress to its job, if there is any.

        Stop the attempt if another owns the job or a cancel was accepted. An outage of Postgres drops the value.
        """
        progress = self._latest.pop(attempt, None)
        if progress is None:
            return
        try:
            with convert_postgres_away_errors():
                async with acquire_pg_connection(self._pool) as conn:
                    await ledger.store_job_progress(conn, attempt.claim, progress=progress.ratio, stage=progress.stage)
        except AttemptFenced:
            attempt.stop_with_cause(JobLostStopCause())
        except JobCancelRequested:
            attempt.stop_with_cause(Canceled())
        except TRANSIENT_POSTGRES_ERRORS:
            pass  # The next value replaces this one anyway.
