"""Attempts by hand: a job runs in the test's own process, by a worker that may die."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple, TypeAlias, TypeVar

from db.pool import Conn, Pool
from domain.jobs import jobs
from domain.operations import maintenance
from jobs.kinds import JobKindSpec
from jobs.ledger import AttemptSettlement, JobClaim
from workers.runtime.context import TaskContext
from workers.runtime.progress import JobProgressWriter
from workers.runtime.runner import JobTask, run_attempt_task
from workers.runtime.server_slots import RemoteServerSlots
from workers.runtime.slots import JobAttempt, JobLostStopCause, WorkerSlots

T = TypeVar("T")
Verb: TypeAlias = Callable[..., Awaitable[object]]

FUTURE = datetime.max.replace(tzinfo=UTC)


class Died(BaseException):
    """Simulates the end of the process."""


class Death(NamedTuple):
    """A death before or after the `nth` of an attempt's transactions, or of those with this `verb`."""

    verb: Verb | None = None
    nth: int = 1
    after: bool = False


class MortalContext(TaskContext):
    """Context that dies at its `death`. `verbs` are the functions of its transactions."""

    def __init__(
        self,
        death: Death | None,
        attempt: JobAttempt,
        pool: Pool,
        progress_writer: JobProgressWriter,
        lease_left: Callable[[], float],
    ) -> None:
        super().__init__(attempt, pool, progress_writer, lease_left, RemoteServerSlots(WorkerSlots(2)))
        self.death, self.verbs = death, list[Verb]()
        self._decides: Verb | None = None

    async def run_step_and_settle_outcome(self, body: Callable[[Conn], Awaitable[T]], **given: bool) -> T:
        self._decides = body
        return await super().run_step_and_settle_outcome(body, **given)

    async def step(self, body: Callable[[Conn], Awaitable[T]], **given: Any) -> T:
        """Run a step. Its own body is wrapped in a step's body, so `run_step_and_settle_outcome` has the verb."""
        decides, self._decides = self._decides, None
        return await self._mortal(decides or body, partial(super().step, body, **given))

    async def run_self_fenced_statements(self, body: Callable[[Conn], Awaitable[T]]) -> T:
        return await self._mortal(body, partial(super().run_self_fenced_statements, body))

    async def commit(self, body: Any, **given: Any) -> Any:
        return await self._mortal(body, partial(super().commit, body, **given))

    async def end(self, body: Any, **given: Any) -> Any:
        return await self._mortal(body, partial(super().end, body, **given))

    async def _mortal(self, body: Verb, way: Callable[[], Awaitable[T]]) -> T:
        self.verbs.append(verb_of(body))
        ends = self.death if self._has_come() else None
        if ends and not ends.after:
            raise Died
        done = await way()
        if ends:
            raise Died
        return done

    def _has_come(self) -> bool:
        if self.death is None:
            return False
        met = [verb for verb in self.verbs if self.death.verb in {None, verb}]
        return len(met) == self.death.nth and self.verbs[-1] is met[-1]


def verb_of(body: Verb) -> Verb:
    """Return the function that a step's body calls, without its bound arguments."""
    while isinstance(body, partial):
        body = body.func
    return body


def attempt_of(claim: JobClaim, kind: JobKindSpec) -> JobAttempt:
    return JobAttempt(claim, asyncio.get_running_loop().time() + kind.timeout_s)


async def run(pool: Pool, claim: JobClaim, kind: JobKindSpec, task: JobTask, death: Death | None = None) -> str:
    """Run and settle an attempt of the claim, by a worker that may die; return its outcome."""
    attempt = attempt_of(claim, kind)
    context = MortalContext(death, attempt, pool, JobProgressWriter(pool), lambda: 15.0)
    return await perform(pool, task, context, attempt)


async def perform(pool: Pool, task: JobTask, context: TaskContext, attempt: JobAttempt) -> str:
    """Run and settle an attempt; return its outcome. After `died`, the worker's jobs are rescued."""
    try:
        verdict = await run_attempt_task(task, context, attempt)
    except Died:
        await rescue(pool)
        return "died"
    if attempt.committed:
        return attempt.committed
    if isinstance(verdict, JobLostStopCause):
        return verdict.word
    [moved] = await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(attempt.claim, verdict)])
    return "canceled" if moved.state == "canceled" else verdict.word


async def rescue(pool: Pool) -> None:
    """Rescue the jobs as if all workers were dead."""
    async with pool.acquire() as conn:
        await conn.execute("update worker set lease_expires_at = now() - interval '1 second'")
        await maintenance.requeue_or_end_lost_jobs(conn, before=FUTURE)
