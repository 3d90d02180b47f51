"""Runner: runs the task of a claim's kind, and hands its outcome to the completer.

Each attempt is an asyncio task of this process: neither Redis nor arq can end it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from db.pool import Pool
from jobs import backoff
from jobs.kinds import Kind
from jobs.ledger import Claim
from jobs.outcomes import TIMED_OUT, Canceled, Interrupted, Outcome, Retry, Snooze
from schemas.errors import CancelRequested, Fenced, ServerBusy, Unavailable
from telemetry import log_context, logs, metrics
from workers.runtime import spans
from workers.runtime.completer import Completer
from workers.runtime.context import Context
from workers.runtime.progress import ProgressWriter
from workers.runtime.server_slots import ServerSlots
from workers.runtime.slots import Attempt, LeaseLost, Slots, Verdict

Task: TypeAlias = Callable[[Context], Awaitable[Outcome]]
Tasks: TypeAlias = Mapping[Kind, Task]

TASK_FAILED = Retry("INTERNAL", "the job failed because of an internal error and is repeated")

_log = logs.get_logger("runner")


@dataclass(frozen=True, slots=True)
class Runner:
    """The dependencies of all attempts; `group` owns the asyncio tasks.

    `limits` has the time limit of an attempt by kind, in seconds; `lease_left` returns the lease's remaining
    seconds.
    """

    tasks: Mapping[str, Task]
    limits: Mapping[str, float]
    lease_left: Callable[[], float]
    slots: Slots
    servers: ServerSlots
    pool: Pool
    progress_writer: ProgressWriter
    completer: Completer
    group: asyncio.TaskGroup

    def start(self, claim: Claim, began_at: float) -> None:
        """Run the claim's attempt. `began_at`, by the loop's clock, is no later than the ledger's."""
        attempt = Attempt(claim, began_at + self.limits[claim.kind])
        self.slots.add(attempt)
        self.group.create_task(self._run(attempt))

    async def _run(self, attempt: Attempt) -> None:
        """Run the task and settle its outcome.

        Await nothing but the task here: a cancel anywhere else would end the attempt unsettled.
        """
        started, kind = time.monotonic(), attempt.claim.kind
        attempt.task = asyncio.current_task()
        log_context.attach_cause(attempt)
        spans.begin_span(attempt)
        limit = asyncio.get_running_loop().call_at(attempt.ends_at, stop_at_limit, attempt)
        try:
            context = Context(attempt, self.pool, self.progress_writer, self.lease_left, self.servers)
            verdict = attempt.verdict or await run_task(self.tasks[kind], context, attempt)
            spans.end_span(attempt, verdict)
            self._end(attempt, verdict)
        finally:
            limit.cancel()
            self.slots.remove(attempt)
            metrics.JOB_RUN.labels(kind).observe(time.monotonic() - started)

    def _end(self, attempt: Attempt, verdict: Verdict) -> None:
        if attempt.committed:
            self._close(attempt, attempt.committed)
        elif isinstance(verdict, LeaseLost):
            self._close(attempt, verdict.word)
        else:
            self.completer.put(attempt, verdict)

    def _close(self, attempt: Attempt, word: str) -> None:
        """Close an attempt that is settled already, or that another worker owns by now."""
        self.progress_writer.forget(attempt)
        self.slots.ended([attempt.claim])
        metrics.JOBS_SETTLED.labels(attempt.claim.kind, word).inc()
        _log.debug("attempt closed", outcome=word)


def stop_at_limit(attempt: Attempt) -> None:
    """Stop an attempt at its limit, unless it commits. Soon after that the ledger takes the job away."""
    if not attempt.committed:
        attempt.stop(TIMED_OUT)


async def run_task(task: Task, context: Context, attempt: Attempt) -> Verdict:
    """Return the task's outcome, or the one for its exception. Only exceptions that end the process pass."""
    try:
        return await task(context)
    except asyncio.CancelledError:
        return attempt.verdict or Interrupted()
    except Fenced:
        return LeaseLost()
    except CancelRequested:
        return Canceled()
    except (Unavailable, ServerBusy) as error:
        return _snooze_busy(attempt.claim) if isinstance(error, ServerBusy) else Interrupted()
    except Exception:  # noqa: BLE001  any exception of a task is one attempt's failure
        claim = attempt.claim
        _log.exception("task failed", **logs.job_fields(claim, attempt=claim.attempt))
        return TASK_FAILED


def _snooze_busy(claim: Claim) -> Snooze:
    return Snooze(backoff.busy_backoff_s(claim.fence, claim.attempt))
