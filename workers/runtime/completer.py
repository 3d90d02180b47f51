"""Completer: settles attempts in the ledger, in batches.

One settlement runs at a time. The next one settles all attempts that ended meanwhile.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from logging import DEBUG
from uuid import UUID

import asyncpg

from db.pool import Pool
from db.reach import TRANSIENT_POSTGRES_ERRORS, convert_postgres_away_errors
from domain.jobs import jobs
from jobs.ledger import AttemptSettlement, ChangedJob, JobClaim
from jobs.outcomes import RETRY_OUTCOME_OF_FAILED_TASK, Done, Failed, Snooze, TaskOutcome
from schemas.errors import GroupedWriteFailed
from telemetry import logs, metrics, tracing
from workers.runtime import spans
from workers.runtime.progress import JobProgressWriter
from workers.runtime.slots import AttemptKey, JobAttempt, WorkerSlots, build_job_id_and_fence_key

#: Seconds before a failed statement is repeated, without end: the fence keeps a late one from counting.
SETTLEMENT_RETRY_S = 0.2

#: Errors for an outcome that isn't JSON, or that Postgres can't store (a NUL).
UNSTORABLE_OUTCOME_ERRORS = (TypeError, ValueError, asyncpg.DataError)

JOB_OUTCOME_NOT_STORED_FAILURE = Failed("INTERNAL", "the job's outcome can't be stored: contact support")

#: Outcome of an attempt after a slow write: it repeats the job, at no cost of an attempt.
SLOW_WRITE_SNOOZE = Snooze(5.0)

_log = logs.get_logger("completer")


class JobOutcomeWriter:
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
            await self._settle_until_stored(batch)
            spans.record_settlement_spans([attempt for attempt, _ in outcomes], began)
            self._slots.change_unsettled_count(-len(batch))
            self._slots.note_ended_jobs_and_request_pull(claim for claim, _ in batch)
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

    async def _settle_until_stored(self, batch: Sequence[AttemptSettlement]) -> TaskOutcome | None:
        """Store the outcomes of a batch of job attempts in Postgres; return the stored one of a lone attempt.

        Repeat it while Postgres is away. If an outcome or its writes can't be stored, settle the attempts apart.
        """
        while True:
            try:
                with convert_postgres_away_errors(), metrics.JOB_SETTLE_HISTOGRAM.time():
                    changed = await jobs.settle_jobs_and_subjects(self._pool, batch)
            except TRANSIENT_POSTGRES_ERRORS:
                await asyncio.sleep(SETTLEMENT_RETRY_S)
            except (GroupedWriteFailed, *UNSTORABLE_OUTCOME_ERRORS) as error:
                if len(batch) > 1:
                    await self._settle_writes_alone(batch)
                    return None
                batch = [AttemptSettlement(batch[0].claim, substitute_outcome(batch[0].claim, error))]
            else:
                count_and_log_settlements(batch, changed)
                return batch[0].outcome if len(batch) == 1 else None

    async def _settle_writes_alone(self, batch: Sequence[AttemptSettlement]) -> None:
        """Settle the attempts without writes together, then each other one alone; each alone if none has writes.

        After one slow write of a tenant, snooze the tenant's other attempts with writes: they may wait for the same
        lock, and other tenants wait for them.
        """
        plain = [settlement for settlement in batch if not has_writes(settlement.outcome)]
        alone = [settlement for settlement in batch if has_writes(settlement.outcome)] or plain
        if plain and alone is not plain:
            await self._settle_until_stored(plain)
        slow_tenants = set[UUID]()
        for claim, outcome in alone:
            asked = SLOW_WRITE_SNOOZE if claim.organization_id in slow_tenants else outcome
            if await self._settle_until_stored([AttemptSettlement(claim, asked)]) is SLOW_WRITE_SNOOZE:
                slow_tenants.add(claim.organization_id)


def substitute_outcome(claim: JobClaim, error: Exception) -> TaskOutcome:
    """Return another outcome for an attempt with an outcome that failed with `error` in a settlement of its own.

    A slow write snoozes the job, and another failed write retries it. Any other outcome can't be stored: the job fails.
    """
    fields = logs.job_log_fields(claim, attempt=claim.attempt)
    if isinstance(error, GroupedWriteFailed) and error.is_slow:
        _log.warning("write of the outcome took too long", **fields)
        return SLOW_WRITE_SNOOZE
    _log.exception("outcome not stored", **fields)
    is_write = isinstance(error, GroupedWriteFailed)
    return RETRY_OUTCOME_OF_FAILED_TASK if is_write else JOB_OUTCOME_NOT_STORED_FAILURE


def has_writes(outcome: TaskOutcome) -> bool:
    return isinstance(outcome, Done) and bool(outcome.writes)


def count_and_log_settlements(settlements: Sequence[AttemptSettlement], changed: Sequence[ChangedJob]) -> None:
    """Count the outcomes of settled job attempts in the metrics, and log them.

    A `Done` of a job that this worker still owned is logged at `debug`, any other outcome at `info`.
    """
    rows = {(row.id, row.fence): row for row in changed}
    counts: Counter[tuple[str, str]] = Counter()
    logs_all = _log.is_enabled_for(DEBUG)
    for claim, outcome in settlements:
        row = rows.get((claim.id, claim.fence))
        counts[claim.kind, outcome.word if row else "lost"] += 1
        is_fine = row is not None and isinstance(outcome, Done)
        if logs_all or not is_fine:
            log = _log.debug if is_fine else _log.info
            fields = logs.job_log_fields(claim, attempt=claim.attempt)
            log("attempt ended", outcome=outcome.word, now=row and row.state, **fields)
    for (kind, word), count in counts.items():
        metrics.SETTLED_JOB_ATTEMPT_COUNTER.labels(kind, word).inc(count)
