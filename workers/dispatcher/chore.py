"""A chore: what the dispatcher does again and again, a batch at a time."""

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from db.pool import Conn
from jobs.maintenance import BATCH


class Chore(NamedTuple):
    """`run` answers how many rows it moved; a full batch means that there may be more."""

    name: str
    every_s: float
    run: Callable[[Conn], Awaitable[int]]


class Agenda:
    """When each chore is next due, in seconds of a clock that only goes forward. At first all are."""

    def __init__(self, chores: Iterable[Chore]) -> None:
        self._next = dict.fromkeys(chores, float("-inf"))

    def due(self, now: float) -> list[Chore]:
        return [chore for chore, at in self._next.items() if at <= now]

    def done(self, chore: Chore, moved: int, now: float) -> None:
        """After a full batch it is due again at once."""
        self._next[chore] = now if moved >= BATCH else now + chore.every_s
