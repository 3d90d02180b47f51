"""Context of a task: its job, and its transactions. The attempt's claim fences each write."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import partial
from typing import Any, TypeAlias, TypeVar

from db.pool import Conn, Pool, run_autocommitted, run_in_transaction
from db.reach import convert_postgres_away_errors
from domain.jobs import jobs
from domain.tenancy import project_locks
from jobs import ledger, steps
from jobs.outcomes import Done, TaskOutcome
from telemetry import tracing
from telemetry.tracing import SubmittedJobToTrace
from workers.runtime import spans
from workers.runtime.progress import JobProgressWriter
from workers.runtime.server_slots import RemoteServerSlots
from workers.runtime.slots import JobAttempt

T = TypeVar("T")
JobResult: TypeAlias = dict[str, Any]


class TaskContext:
    """One attempt's access to its job.

    Each step raises `AttemptFenced` once another attempt owns the job, `JobCancelRequested` once a cancel was
    accepted, and `ServiceUnavailable` while Postgres is away. A task must not catch them.
    """

    __slots__ = ("_attempt", "_lease_left", "_names", "_pool", "_progress_writer", "_servers", "job")

    def __init__(
        self,
        attempt: JobAttempt,
        pool: Pool,
        progress_writer: JobProgressWriter,
        lease_left: Callable[[], float],
        servers: RemoteServerSlots,
    ) -> None:
        self.job, self._attempt, self._servers = attempt.claim, attempt, servers
        self._pool, self._progress_writer, self._lease_left = pool, progress_writer, lease_left
        self._names: set[str] = set()

    async def step(
        self,
        body: Callable[[Conn], Awaitable[T]],
        *,
        name: str | None = None,
        project: bool = False,
        locks: bool = False,
    ) -> T:
        """Run `body` in one transaction that locks and fences the attempt's job; return its result.

        With `project`, lock its project first: `StateConflict` if it is archived, `ObjectNotFound` if deleted.
        A step with a `name` commits once for the job: a later attempt doesn't run it, and gets the stored result
        as JSON (`jobs/steps.py`). Without a name, a later attempt runs it again. With `locks`, the first
        statement of `body` locks the job itself. After a deadlock the transaction runs once more.
        """
        if name is not None:
            self._reserve_step_name(name)

        async def locked(conn: Conn) -> T:
            await self._lock_project(conn, project)
            if name is not None:
                return await steps.run_named_step(conn, self.job, name, body)
            if not locks:
                await ledger.lock_claimed_job(conn, self.job)
            return await body(conn)

        with convert_postgres_away_errors(), tracing.open_span(f"step {name}" if name else "step"):
            return await self._run_transaction_and_log_submits(locked)

    async def run_self_fenced_statements(self, body: Callable[[Conn], Awaitable[T]]) -> T:
        """Run `body` outside a transaction, and return its result. Each of its statements checks the fence and commits.

        After a deadlock it runs once more.
        """
        with convert_postgres_away_errors(), tracing.open_span("step"):
            return await run_autocommitted(self._pool, body)

    async def run_step_and_settle_outcome(
        self, body: Callable[[Conn], Awaitable[T]], *, project: bool = False, locks: bool = False
    ) -> T:
        """Run a step that may end the attempt, and return its result.

        A result that is an outcome is settled in the transaction of the step's writes. So the next
        transaction to lock the same rows finds the job ended or waiting, never about to end.
        """

        async def settling(conn: Conn) -> T:
            decided = await body(conn)
            if isinstance(decided, TaskOutcome):
                await jobs.settle_job_attempt(conn, claim=self.job, outcome=decided)
            return decided

        decided = await self.step(settling, project=project, locks=locks)
        if isinstance(decided, TaskOutcome):
            self._attempt.committed = decided.word
        return decided

    async def commit(
        self, body: Callable[[Conn], Awaitable[JobResult | None]], *, project: bool = False, alone: bool = False
    ) -> Done:
        """Run the job's last transaction, which also ends the job; return the outcome `Done` with its result.

        `body` writes, and returns the job's result. The job is ended first, which locks and fences it, too.
        With `project`, its project is locked before: `StateConflict` if it is archived, `ObjectNotFound` if
        deleted. With `alone` likewise, and no other write runs in the project meanwhile.
        """

        async def last(conn: Conn) -> JobResult:
            await self._lock_project(conn, project, alone=alone)
            await jobs.complete_job_and_subject(conn, claim=self.job)
            result = await body(conn)
            if result:
                await ledger.set_job_result(conn, self.job, result=result)
            return result or {}

        return Done(await self._run_last_step(partial(self._run_transaction_and_log_submits, last)))

    async def end(self, body: Callable[[Conn], Awaitable[Done]], *, at_once: bool) -> Done:
        """Run the job's last step, with a statement that locks, fences and ends the job itself; return the outcome.

        With `at_once` this statement commits by itself, else the step is a transaction.
        """
        run = partial(run_autocommitted, self._pool) if at_once else self._run_transaction_and_log_submits
        return await self._run_last_step(partial(run, body))

    async def _run_last_step(self, run: Callable[[], Awaitable[T]]) -> T:
        self._attempt.committed = Done.word
        try:
            with convert_postgres_away_errors(), tracing.open_span("settle"):
                return await run()
        except BaseException:
            self._attempt.committed = None
            raise

    def hold_server_slot(self, server: str) -> AbstractAsyncContextManager[None]:
        """Wait for one of the worker's slots for a remote server, and hold it during the block.

        Raise `NoFreeServerSlot` if no slot is free in time, or too many attempts wait. Never call it inside a step: the
        wait gives up the attempt's slot of the worker. The block may contain steps.
        """
        return self._servers.hold_server_slot(server, tenant=self.job.organization_id)

    def yield_worker_slot(self) -> AbstractContextManager[None]:
        """Free this attempt's slot of the worker during the block, which waits for a remote response.

        The attempt keeps its slot if too many attempts have yielded theirs.
        """
        return self._servers.yield_worker_slot()

    async def report_progress(self, ratio: float, *, stage: str | None = None) -> None:
        """Report the job's progress from 0 to 1, and its stage; written at most once a second, the latest wins."""
        self._progress_writer.queue_progress(self._attempt, ratio, stage)

    def attempt_seconds_left(self) -> float:
        """Return the seconds in which no other attempt of the job can begin.

        They end with the worker's lease, or with the timeout of the job's kind.
        """
        return min(self._lease_left(), self._attempt.ends_at - asyncio.get_running_loop().time())

    async def _run_transaction_and_log_submits(self, work: Callable[[Conn], Awaitable[T]]) -> T:
        """Run `work` in one transaction and return its result.

        After the commit, record and log the jobs that it submitted.
        """
        submits: list[SubmittedJobToTrace] = []

        async def tried(conn: Conn) -> T:
            try:
                return await work(conn)
            finally:
                submits[:] = self._attempt.pop_submitted_jobs()

        result = await run_in_transaction(self._pool, tried)
        spans.log_and_trace_attempt_submits(self._attempt, submits)
        return result

    def _reserve_step_name(self, name: str) -> None:
        """Note a step's name as used in this attempt.

        Raises ValueError for a repeated name, since it would get the other step's result, and for too many names.
        """
        if name in self._names or len(self._names) >= steps.MAX_NAMED_STEPS_PER_ATTEMPT:
            raise ValueError(f"step {name}: at most {steps.MAX_NAMED_STEPS_PER_ATTEMPT} names in an attempt, each once")
        self._names.add(name)

    async def _lock_project(self, conn: Conn, is_locked: bool, *, alone: bool = False) -> None:
        organization_id, project_id = self.job.organization_id, self.job.project_id
        if alone and project_id is not None:
            await project_locks.lock_project_exclusively(conn, organization_id=organization_id, project_id=project_id)
        elif is_locked and project_id is not None:
            await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
