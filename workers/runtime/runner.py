"""From a claim to a settlement: perform what the kind's task says, in a task of our own.

Neither Redis nor arq has a hold on running work.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from db.pool import Pool
from jobs.kinds import Kind
from jobs.ledger import Claim
from jobs.outcomes import Canceled, Interrupted, Outcome, Retry
from schemas.errors import CancelRequested, Fenced, Unavailable
from telemetry import logs, metrics
from workers.runtime.completer import Completer
from workers.runtime.context import Context
from workers.runtime.progress import ProgressWriter
from workers.runtime.slots import Attempt, Lost, Slots, Verdict

Task: TypeAlias = Callable[[Context], Awaitable[Outcome]]
Tasks: TypeAlias = Mapping[Kind, Task]

BROKEN = Retry("INTERNAL", "the job met an error on our side and is tried again")

_log = logs.get("runner")


@dataclass(frozen=True, slots=True)
class Runner:
    """What it takes to work on a job; `group` owns the handlers.

    `limits` are the seconds that an attempt of each kind may take, `lease_left` those that the lease lasts.
    """

    tasks: Mapping[str, Task]
    limits: Mapping[str, float]
    lease_left: Callable[[], float]
    slots: Slots
    pool: Pool
    progress_writer: ProgressWriter
    completer: Completer
    group: asyncio.TaskGroup

    def start(self, claim: Claim) -> None:
        attempt = Attempt(claim, asyncio.get_running_loop().time() + self.limits[claim.kind])
        self.slots.add(attempt)
        self.group.create_task(self._work(attempt))

    async def _work(self, attempt: Attempt) -> None:
        """Nothing is awaited after the handler, so no late cancel comes before the settlement.

        Nor before the handler: a task that is canceled before it runs would end without a settlement.
        """
        started, kind = time.monotonic(), attempt.claim.kind
        attempt.task = asyncio.current_task()
        try:
            context = Context(attempt, self.pool, self.progress_writer, self.lease_left)
            self._end(attempt, attempt.verdict or await judge(self.tasks[kind], context, attempt))
        finally:
            self.slots.remove(attempt)
            metrics.JOB_RUN.labels(kind).observe(time.monotonic() - started)

    def _end(self, attempt: Attempt, verdict: Verdict) -> None:
        if attempt.committed:
            self._close(attempt, attempt.committed)
        elif isinstance(verdict, Lost):
            self._close(attempt, verdict.word)
        else:
            self.completer.put(attempt, verdict)

    def _close(self, attempt: Attempt, word: str) -> None:
        """There is nothing left to settle."""
        self.progress_writer.forget(attempt)
        self.slots.notify()
        metrics.JOBS_SETTLED.labels(attempt.claim.kind, word).inc()


async def judge(task: Task, context: Context, attempt: Attempt) -> Verdict:
    """What the attempt came to. Only what ends the process gets out."""
    try:
        return await task(context)
    except asyncio.CancelledError:
        return attempt.verdict or Interrupted()
    except Fenced:
        return Lost()
    except CancelRequested:
        return Canceled()
    except Unavailable:
        return Interrupted()
    except Exception:  # noqa: BLE001  whatever a task raises is one attempt's failure
        claim = attempt.claim
        _log.exception("task broke", **logs.job(claim.id, claim.kind, claim.attempt))
        return BROKEN
