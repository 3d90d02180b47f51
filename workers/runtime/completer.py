"""Completer: settles attempts in the ledger, in batches.

One statement runs at a time. The next one settles all attempts that ended meanwhile.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from logging import DEBUG

import asyncpg

from db.pool import Pool
from db.reach import is_transient_postgres_error, means_postgres_away
from domain.jobs import jobs
from jobs.ledger import AttemptSettlement, ChangedJob
from jobs.outcomes import TASK_FAILED_RETRY, Done, Failed, Snooze, TaskOutcome
from telemetry import logs, metrics, tracing
from workers.runtime import spans
from workers.runtime.progress import JobProgressWriter
from workers.runtime.slots import AttemptKey, JobAttempt, WorkerSlots, build_job_id_and_fence_key

#: Seconds before a failed statement is repeated, without end: the fence keeps a late one from counting.
SETTLEMENT_RETRY_S = 0.2

#: Errors for an outcome that isn't JSON, or that Postgres can't store (a NUL).
UNSTORABLE_OUTCOME_ERRORS = (TypeError, ValueError, asyncpg.DataError)

#: Errors of a write that waits for another transaction, or takes too long.
SLOW_WRITE_ERRORS = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError, asyncpg.QueryCanceledError)

JOB_OUTCOME_NOT_STORED_FAILURE = Failed("INTERNAL", "the job's outcome can't be stored: contact support")

#: Outcome of an attempt with a write that takes too long: it costs no attempt.
SLOW_WRITE_SNOOZE = Snooze(5.0)

_log = logs.get_logger("completer")


class OutcomeCompleter:
    """Outcomes to settle: `queue_outcome` queues an outcome, `run` writes the queue.

    `unsettled` has the keys of attempts with an unwritten outcome; `settled` is set while it is empty.
    """

    def __init__(self, pool: Pool, slots: WorkerSlots, progress_writer: JobProgressWriter) -> None:
        self._pool, self._slots, self._progress_writer = pool, slots, progress_writer
        self._inbox: list[tuple[JobAttempt, TaskOutcome]] = []
        self._arrived, self.settled = asyncio.Event(), asyncio.Event()
        self.unsettled: set[AttemptKey] = set()
        self.settled.set()

    def queue_outcome(self, attempt: JobAttempt, outcome: TaskOutcome) -> None:
        self._inbox.append((attempt, outcome))
        self._slots.change_unsettled_count(1)
        self.unsettled.add(build_job_id_and_fence_key(attempt.claim))
        self._arrived.set()
        self.settled.clear()

    async def run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            outcomes, self._inbox = self._inbox, []
            await self._flush_progress(outcomes)
            batch = [AttemptSettlement(attempt.claim, outcome) for attempt, outcome in outcomes]
            began = tracing.current_unix_time_ns()
            count_and_log_settlements(batch, await self._settle_until_stored(batch))
            spans.record_settlement_spans([attempt for attempt, _ in outcomes], began)
            self._slots.change_unsettled_count(-len(batch))
            self._slots.note_ended_jobs(claim for claim, _ in batch)
            self.unsettled.difference_update(build_job_id_and_fence_key(attempt.claim) for attempt, _ in outcomes)
            if not self.unsettled:
                self.settled.set()

    async def _flush_progress(self, outcomes: Sequence[tuple[JobAttempt, TaskOutcome]]) -> None:
        """Write the last progress of attempts that ended otherwise than done; a done job's progress is 1 anyway."""
        for attempt, outcome in outcomes:
            if isinstance(outcome, Done):
                self._progress_writer.drop_progress(attempt)
            else:
                await self._progress_writer.write_latest_progress(attempt)

    async def _settle_until_stored(self, batch: Sequence[AttemptSettlement]) -> list[ChangedJob]:
        """Store the outcomes of a batch of job attempts in Postgres; return the rows of jobs not lost meanwhile.

        Repeat the statement while Postgres is away. If one outcome makes it fail, settle each attempt alone.
        """
        while True:
            try:
                with metrics.JOB_SETTLE_HISTOGRAM.time():
                    return await jobs.settle_jobs_and_subjects(self._pool, batch)
            except Exception as error:
                if is_error_of_one_outcome(error, batch):
                    return await self._settle_one_by_one(batch, error)
                if not is_transient_postgres_error(error):
                    raise
            await asyncio.sleep(SETTLEMENT_RETRY_S)

    async def _settle_one_by_one(self, batch: Sequence[AttemptSettlement], error: Exception) -> list[ChangedJob]:
        """Settle each attempt of a batch by its own statement; return the rows of their jobs.

        Of a batch of one, `error` shows that the outcome can't be stored: store `replace_unstorable_outcome` instead.
        """
        if len(batch) > 1:
            return [moved for settlement in batch for moved in await self._settle_until_stored([settlement])]
        claim, outcome = batch[0]
        _log.exception("outcome can't be stored", **logs.job_log_fields(claim, attempt=claim.attempt))
        return await self._settle_until_stored([AttemptSettlement(claim, replace_unstorable_outcome(outcome, error))])


def is_error_of_one_outcome(error: Exception, batch: Sequence[AttemptSettlement]) -> bool:
    """Return whether one outcome of a batch may be the cause of its error, and not the state of Postgres."""
    if isinstance(error, UNSTORABLE_OUTCOME_ERRORS):
        return True
    if not any(has_writes(outcome) for _, outcome in batch):
        return False
    return isinstance(error, SLOW_WRITE_ERRORS) or (
        isinstance(error, asyncpg.PostgresError) and not means_postgres_away(error)
    )


def has_writes(outcome: TaskOutcome) -> bool:
    return isinstance(outcome, Done) and bool(outcome.writes)


def replace_unstorable_outcome(outcome: TaskOutcome, error: Exception) -> TaskOutcome:
    """Return what to store for an attempt in place of `outcome`, which failed with `error` when settled alone.

    A task with a failed write has failed at its last step, so its job is repeated.
    """
    if not has_writes(outcome):
        return JOB_OUTCOME_NOT_STORED_FAILURE
    return SLOW_WRITE_SNOOZE if isinstance(error, SLOW_WRITE_ERRORS) else TASK_FAILED_RETRY


def count_and_log_settlements(batch: Sequence[AttemptSettlement], moved: Sequence[ChangedJob]) -> None:
    """Count the outcomes of settled job attempts in the metrics, and log them.

    A `Done` of a job that this worker still owned is logged at `debug`, any other outcome at `info`.
    """
    rows = {(row.id, row.fence): row for row in moved}
    counts: Counter[tuple[str, str]] = Counter()
    logs_all = _log.is_enabled_for(DEBUG)
    for claim, outcome in batch:
        row = rows.get((claim.id, claim.fence))
        counts[claim.kind, outcome.word if row else "lost"] += 1
        is_fine = row is not None and isinstance(outcome, Done)
        if logs_all or not is_fine:
            log = _log.debug if is_fine else _log.info
            fields = logs.job_log_fields(claim, attempt=claim.attempt)
            log("attempt ended", outcome=outcome.word, now=row and row.state, **fields)
    for (kind, word), count in counts.items():
        metrics.SETTLED_JOB_ATTEMPT_COUNTER.labels(kind, word).inc(count)
