"""Runner: runs the task of a claim's kind, and hands its outcome to the completer.

Each attempt is an asyncio task of this process: neither Redis nor arq can end it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from db.pool import Pool
from jobs import backoff
from jobs.kinds import JobKindSpec
from jobs.ledger import JobClaim
from jobs.outcomes import (
    RETRY_OUTCOME_OF_FAILED_TASK,
    RETRY_OUTCOME_OF_TIMED_OUT_ATTEMPT,
    Canceled,
    Interrupted,
    Snooze,
    TaskOutcome,
)
from schemas.errors import AttemptFenced, JobCancelRequested, NoFreeServerSlot, ServiceUnavailable
from telemetry import log_context, logs, metrics
from workers.runtime import spans
from workers.runtime.completer import JobOutcomeWriter
from workers.runtime.context import TaskContext
from workers.runtime.progress import JobProgressWriter
from workers.runtime.server_slots import RemoteServerSlots
from workers.runtime.slots import AttemptVerdict, JobAttempt, JobLostStopCause, WorkerSlots

JobTask: TypeAlias = Callable[[TaskContext], Awaitable[TaskOutcome]]
TasksByKind: TypeAlias = Mapping[JobKindSpec, JobTask]

#: Cached by kind, since `labels()` costs more than `observe()`.
_find_attempt_seconds_metric = cache(metrics.JOB_ATTEMPT_SECONDS_HISTOGRAM.labels)

_log = logs.get_logger("runner")


@dataclass(frozen=True, slots=True)
class AttemptRunner:
    """The dependencies of all attempts; `group` owns the asyncio tasks.

    `limits` has the time limit of an attempt by kind, in seconds; `lease_left` returns the lease's remaining
    seconds.
    """

    tasks: Mapping[str, JobTask]
    limits: Mapping[str, float]
    lease_left: Callable[[], float]
    slots: WorkerSlots
    servers: RemoteServerSlots
    pool: Pool
    progress_writer: JobProgressWriter
    completer: JobOutcomeWriter
    group: asyncio.TaskGroup

    def start_attempt(self, claim: JobClaim, began_at: float) -> None:
        """Start the attempt of a claimed job as an asyncio task, in a slot of the worker.

        `began_at` is the attempt's start by the loop's clock, no later than the ledger's.
        """
        attempt = JobAttempt(claim, began_at + self.limits[claim.kind])
        self.slots.add_attempt(attempt)
        self.group.create_task(self._run_attempt(attempt))

    async def _run_attempt(self, attempt: JobAttempt) -> None:
        """Run the job's task in this attempt, and queue its outcome for settlement.

        Await nothing but the task here: a cancel anywhere else would end the attempt without an outcome.
        """
        started, kind = time.monotonic(), attempt.claim.kind
        attempt.task = asyncio.current_task()
        log_context.set_current_cause(attempt)
        spans.begin_attempt_span(attempt)
        limit = asyncio.get_running_loop().call_at(attempt.ends_at, stop_attempt_at_limit, attempt)
        try:
            context = TaskContext(attempt, self.pool, self.progress_writer, self.lease_left, self.servers)
            verdict = attempt.verdict or await run_attempt_task(self.tasks[kind], context, attempt)
            spans.end_attempt_span(attempt, verdict)
            self._end_attempt(attempt, verdict)
        finally:
            limit.cancel()
            run_s = time.monotonic() - started
            self.slots.remove_attempt(attempt, run_s=run_s)
            _find_attempt_seconds_metric(kind).observe(run_s)

    def _end_attempt(self, attempt: JobAttempt, verdict: AttemptVerdict) -> None:
        if attempt.committed:
            self._close_attempt_without_settling(attempt, attempt.committed)
        elif isinstance(verdict, JobLostStopCause):
            self._close_attempt_without_settling(attempt, verdict.word)
        else:
            self.completer.queue_outcome(attempt, verdict)

    def _close_attempt_without_settling(self, attempt: JobAttempt, word: str) -> None:
        """Drop the progress of an attempt that needs no settlement, request a pull, and count it under `word`.

        It is settled already, or another attempt owns its job by now.
        """
        self.progress_writer.drop_progress(attempt)
        self.slots.note_ended_jobs_and_request_pull([attempt.claim])
        metrics.SETTLED_JOB_ATTEMPT_COUNTER.labels(attempt.claim.kind, word).inc()
        _log.debug("attempt closed", outcome=word)


def stop_attempt_at_limit(attempt: JobAttempt) -> None:
    """Stop a job's attempt at its time limit, with a retry as its outcome, unless its last step has begun to commit.

    Soon after the limit the ledger takes the job away anyway.
    """
    if not attempt.committed:
        attempt.stop_with_cause(RETRY_OUTCOME_OF_TIMED_OUT_ATTEMPT)


async def run_attempt_task(task: JobTask, context: TaskContext, attempt: JobAttempt) -> AttemptVerdict:
    """Run the task of a job's kind; return its outcome, or the verdict for an exception of the task.

    An unknown exception is logged and gives a retry. Only exceptions that end the process pass.
    """
    try:
        return await task(context)
    except asyncio.CancelledError:
        return attempt.verdict or Interrupted()
    except AttemptFenced:
        return JobLostStopCause()
    except JobCancelRequested:
        return Canceled()
    except (ServiceUnavailable, NoFreeServerSlot) as error:
        busy_s = backoff.busy_server_backoff_s(attempt.claim.fence, attempt.claim.attempt)
        return Snooze(busy_s) if isinstance(error, NoFreeServerSlot) else Interrupted()
    except Exception:  # noqa: BLE001  any exception of a task is one attempt's failure
        claim = attempt.claim
        _log.exception("task failed", **logs.job_log_fields(claim, attempt=claim.attempt))
        return RETRY_OUTCOME_OF_FAILED_TASK
