"""Chore of the dispatcher: work that it does again and again, a batch at a time."""

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from db.pool import Conn
from jobs.maintenance import BATCH


class Chore(NamedTuple):
    """A name, seconds between two runs, and `run`, which returns how many rows it moved.

    A full batch means that there may be more.
    """

    name: str
    every_s: float
    run: Callable[[Conn], Awaitable[int]]
    batch: int = BATCH


class Agenda:
    """Times at which chores are due, in seconds of a clock that only goes forward. At first all are."""

    def __init__(self, chores: Iterable[Chore]) -> None:
        self._next = dict.fromkeys(chores, float("-inf"))

    def due(self, now: float) -> list[Chore]:
        return [chore for chore, at in self._next.items() if at <= now]

    def done(self, chore: Chore, moved: int, now: float) -> None:
        """Set when the chore is due again: at once after a full batch."""
        self._next[chore] = now if moved >= chore.batch else now + chore.every_s
