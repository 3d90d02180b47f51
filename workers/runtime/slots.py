"""The slots of a worker process: its attempts, and how many more it may take. Its loops share them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias
from uuid import UUID

from jobs.ledger import Claim
from jobs.outcomes import Outcome
from telemetry import metrics


@dataclass(frozen=True, slots=True)
class Lost:
    """The job is another attempt's by now: there is nothing to write down."""

    word: ClassVar[str] = "lost"


#: With a backlog, a pull for a slot or two costs Postgres nearly what one for many does.
WORTH_A_PULL = 2

Verdict: TypeAlias = Outcome | Lost
Key: TypeAlias = tuple[UUID, int]


def key(claim: Claim) -> Key:
    """Names an attempt: the same job may be claimed again before its lost attempt has stopped."""
    return claim.id, claim.fence


class Attempt:
    """A claimed job and, once it runs, the task that works on it.

    `verdict` is why it was stopped from outside; `committed` is set from its own commit on, to the word of
    the outcome that this wrote. `ends_at` is when its kind's time is up, by the loop's clock.
    """

    __slots__ = ("claim", "committed", "ends_at", "task", "verdict")

    def __init__(self, claim: Claim, ends_at: float) -> None:
        self.claim, self.ends_at = claim, ends_at
        self.task: asyncio.Task[Any] | None = None
        self.verdict: Verdict | None = None
        self.committed: str | None = None

    def stop(self, verdict: Verdict) -> None:
        """Cancel the handler; the first reason stands, and each call cancels again."""
        self.verdict = self.verdict or verdict
        if self.task is not None:
            self.task.cancel()


class Slots:
    """At most `size` attempts.

    `wake` is set while a pull is asked for; `backlog` says that the last one left some behind.
    `has_free_slots` and `empty` are set while they are true; `on_change` is told the number of free slots.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.attempts: dict[Key, Attempt] = {}
        self.wake, self.has_free_slots, self.empty = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.backlog = self.closed = False
        self.on_change: Callable[[int], None] = ignore
        metrics.SLOTS_FREE.set_function(lambda: self.free)
        self._changed()

    @property
    def free(self) -> int:
        return self.size - len(self.attempts)

    def add(self, attempt: Attempt) -> None:
        self.attempts[key(attempt.claim)] = attempt
        self._changed()

    def remove(self, attempt: Attempt) -> None:
        del self.attempts[key(attempt.claim)]
        if self.backlog:
            self.notify()
        self._changed()

    def notify(self) -> None:
        """A pull could find something. With a backlog it surely would: not for a few slots then."""
        if not self.backlog or self.free >= self.size / WORTH_A_PULL:
            self.wake.set()

    def close(self) -> None:
        """No more pulls: wake whoever waits for a reason to."""
        self.closed = True
        self.wake.set()
        self.has_free_slots.set()

    def stop_all(self, verdict: Verdict) -> None:
        for attempt in [*self.attempts.values()]:
            attempt.stop(verdict)

    def _changed(self) -> None:
        _show(self.has_free_slots, self.free > 0)
        _show(self.empty, not self.attempts)
        self.on_change(self.free)


def ignore(_: int) -> None:
    """What `on_change` is until somebody listens."""


def _show(event: asyncio.Event, true: bool) -> None:
    if true:
        event.set()
    else:
        event.clear()
