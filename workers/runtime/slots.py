"""Slots of a worker process: its running attempts, and how many more it may take. Its loops share them."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias
from uuid import UUID

from jobs.ledger import JobClaim
from jobs.outcomes import TaskOutcome
from schemas import ids
from telemetry import logs, metrics, tracing
from telemetry.tracing import SubmittedJobToTrace, TraceSpan


@dataclass(frozen=True, slots=True)
class JobLostStopCause:
    """Verdict on an attempt that has lost its job to another attempt: nothing to settle."""

    word: ClassVar[str] = "lost"


#: With a backlog, a pull waits until one in this many slots is free: a small pull costs nearly as much as a
#: large one.
MIN_FREE_SLOTS_DIVISOR_WITH_BACKLOG = 2

#: Back-pressure: a worker takes no more jobs while this many times its slots wait for settlement. Such jobs
#: run nowhere but count as running, and other workers could have run them. A busy worker has the work of two
#: statements in its pipe.
MAX_UNSETTLED_JOBS_PER_SLOT = 2

#: Seconds of a slot that make a tenant's turn, and the most jobs in a turn: short jobs take turns of several.
TENANT_TURN_S = 0.01
MAX_JOBS_PER_TENANT_TURN = 16

#: Part of the newest attempt in the mean time of a kind's attempts.
NEWEST_RUN_TIME_WEIGHT = 1 / 16

AttemptVerdict: TypeAlias = TaskOutcome | JobLostStopCause
AttemptKey: TypeAlias = tuple[UUID, int]


def build_job_id_and_fence_key(claim: JobClaim) -> AttemptKey:
    """Return the key of a claimed job's attempt: the job's id and the claim's fence.

    The id alone won't do: a lost attempt may still run when the worker claims the same job again.
    """
    return claim.id, claim.fence


class JobAttempt:
    """A claimed job and, once it runs, its asyncio task.

    `verdict` is the cause of a stop from outside. `committed` is the word of the outcome that its own commit
    writes, from the commit's start on. `ends_at` is the end of its kind's timeout, by the loop's clock.
    """

    __slots__ = ("claim", "committed", "ends_at", "span", "submits", "task", "verdict")

    def __init__(self, claim: JobClaim, ends_at: float) -> None:
        self.claim, self.ends_at = claim, ends_at
        self.span: TraceSpan | None = None
        #: Jobs that the current transaction has submitted.
        self.submits: list[SubmittedJobToTrace] = []
        self.task: asyncio.Task[Any] | None = None
        self.verdict: AttemptVerdict | None = None
        self.committed: str | None = None

    def stop_with_cause(self, verdict: AttemptVerdict) -> None:
        """Cancel the attempt's asyncio task, with a verdict as the cause of the stop.

        The first verdict stands. Each call cancels the task again.
        """
        self.verdict = self.verdict or verdict
        if self.task is not None:
            self.task.cancel()

    def log_fields(self) -> dict[str, Any]:
        """Return the log fields that identify the attempt's job, for all log lines of its task."""
        return logs.job_log_fields(self.claim, attempt=self.claim.attempt)

    def new_job_id(self) -> UUID:
        """Return a new id for a job that this attempt submits. The new job has its own trace."""
        return ids.new_uuid7()

    def record_submitted_job(self, *, kind: str, project_id: UUID | None, job_id: UUID) -> None:
        self.submits.append(SubmittedJobToTrace(kind, project_id, job_id, tracing.current_unix_time_ns()))

    def pop_submitted_jobs(self) -> list[SubmittedJobToTrace]:
        submits, self.submits = self.submits, []
        return submits


class WorkerSlots:
    """At most `size` attempts. `yielded` attempts don't count: they wait, and have yielded their slots.

    `unsettled` attempts have ended but aren't settled in the ledger; too many of them take slots
    (`MAX_UNSETTLED_JOBS_PER_SLOT`). `wake` is set while a pull is requested. `backlog` means that the last
    pull filled half of the free slots or more, so it may have left due jobs behind. `has_free_slots` and `empty` are
    set while they are true. `on_change` is called with the number of free slots.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.attempts: dict[AttemptKey, JobAttempt] = {}
        self.wake, self.has_free_slots, self.empty = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.backlog = self.closed = False
        self.yielded = self.unsettled = self._late = 0
        self._freed: set[UUID] = set()
        #: By kind: mean seconds that an attempt holds its slot.
        self._mean_run_s: dict[str, float] = {}
        self.on_change: Callable[[int], None] = ignore_slot_change
        metrics.WORKER_FREE_SLOT_GAUGE.set_function(lambda: self.free_slot_count)
        self._update_slot_events()

    @property
    def free_slot_count(self) -> int:
        return self.size - len(self.attempts) + self.yielded - self._late

    def add_attempt(self, attempt: JobAttempt) -> None:
        self.attempts[build_job_id_and_fence_key(attempt.claim)] = attempt
        self._update_slot_events()

    def remove_attempt(self, attempt: JobAttempt, *, run_s: float) -> None:
        """Free the slot of an attempt that held it for `run_s` seconds."""
        del self.attempts[build_job_id_and_fence_key(attempt.claim)]
        kind, mean_s = attempt.claim.kind, self._mean_run_s.get(attempt.claim.kind, TENANT_TURN_S)
        self._mean_run_s[kind] = mean_s + NEWEST_RUN_TIME_WEIGHT * (run_s - mean_s)
        if self.backlog:
            self.request_pull()
        self._update_slot_events()

    def count_jobs_per_tenant_turn(self, kind: str) -> int:
        """Return how many jobs of a kind fill a tenant's turn, by the mean time of this worker's last attempts."""
        mean_s = max(self._mean_run_s.get(kind, TENANT_TURN_S), TENANT_TURN_S / MAX_JOBS_PER_TENANT_TURN)
        return max(1, round(TENANT_TURN_S / mean_s))

    def request_pull(self) -> None:
        """Have the worker pull further jobs for its free slots.

        With a backlog, do so only once a part of the slots is free (`MIN_FREE_SLOTS_DIVISOR_WITH_BACKLOG`).
        """
        if not self.backlog or self.free_slot_count >= self.size / MIN_FREE_SLOTS_DIVISOR_WITH_BACKLOG:
            self.wake.set()

    @contextmanager
    def yield_worker_slot(self) -> Iterator[None]:
        """Free the slot of an attempt that waits during the block, so that another job can start.

        After the block the attempt takes a slot again, even if none is free.
        """
        self._change_yielded_count(1)
        self.request_pull()
        try:
            yield
        finally:
            self._change_yielded_count(-1)

    def _change_yielded_count(self, change: int) -> None:
        self.yielded += change
        self._update_slot_events()

    def change_unsettled_count(self, change: int) -> None:
        """Add `change` to the count of ended attempts with an unsettled outcome; it is negative after a settlement.

        Attempts beyond `MAX_UNSETTLED_JOBS_PER_SLOT` for each slot take slots, so that fewer jobs are pulled.
        """
        self.unsettled += change
        late = max(0, self.unsettled - MAX_UNSETTLED_JOBS_PER_SLOT * self.size)
        if late != self._late:
            self._late = late
            self._update_slot_events()

    def note_ended_jobs_and_request_pull(self, claims: Iterable[JobClaim]) -> None:
        """Note the tenants of ended jobs after the commit of their end, and request a pull.

        A tenant at its cap of running jobs may start another job now.
        """
        self._freed.update(claim.organization_id for claim in claims)
        self.request_pull()

    def pop_tenants_of_ended_jobs(self) -> list[UUID]:
        """Return the organizations with a job that ended since the last call, and forget them."""
        freed, self._freed = [*self._freed], set()
        return freed

    def stop_pulling(self) -> None:
        """Close the worker's slots: the puller wakes, and ends its loop. Running attempts go on."""
        self.closed = True
        self.wake.set()
        self.has_free_slots.set()

    def stop_all_attempts(self, verdict: AttemptVerdict) -> None:
        for attempt in [*self.attempts.values()]:
            attempt.stop_with_cause(verdict)

    def _update_slot_events(self) -> None:
        free = self.free_slot_count
        _set_or_clear_event(self.has_free_slots, free > 0)
        _set_or_clear_event(self.empty, not self.attempts)
        self.on_change(free)


def ignore_slot_change(_: int) -> None:
    """Do nothing: the default `on_change` of a worker's slots without a listener."""


def _set_or_clear_event(event: asyncio.Event, is_set: bool) -> None:
    if is_set:
        event.set()
    else:
        event.clear()
