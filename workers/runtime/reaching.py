"""Start of a process whose Postgres is away: it says so once, and waits."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from db.reach import FIRST_S, MOST_S, PASSING, reaching
from telemetry import logs
from workers.runtime.shutdown import Stop, first_of

T = TypeVar("T")

_log = logs.get("postgres")


async def until_reached(ask: Callable[[], Awaitable[T]], stop: Stop) -> T | None:
    """The answer of Postgres, once it can be reached; None if a stop was asked for before."""
    wait_s = FIRST_S
    while not stop.soon.is_set():
        try:
            with reaching():
                return await ask()
        except PASSING as error:
            if wait_s == FIRST_S:
                _log.warning("Postgres is away, waiting for it", error=repr(error.__cause__ or error))
            await first_of(stop.soon, within_s=wait_s)
            wait_s = min(MOST_S, wait_s * 2)
    return None
