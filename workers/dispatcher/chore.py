"""Chore of the dispatcher: periodic work in batches."""

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from db.pool import Conn
from jobs.maintenance import BATCH


class Chore(NamedTuple):
    """A name, seconds between two runs, and `run`, which returns the number of rows that it moved.

    A full batch means that there may be more.
    """

    name: str
    every_s: float
    run: Callable[[Conn], Awaitable[int]]
    batch: int = BATCH


class Agenda:
    """The next due time of each chore, in seconds of a monotonic clock. At first all are due."""

    def __init__(self, chores: Iterable[Chore]) -> None:
        self._next = dict.fromkeys(chores, float("-inf"))

    def due(self, now: float) -> list[Chore]:
        return [chore for chore, at in self._next.items() if at <= now]

    def done(self, chore: Chore, moved: int, now: float) -> None:
        """Set the chore's next due time: now after a full batch."""
        self._next[chore] = now if moved >= chore.batch else now + chore.every_s
