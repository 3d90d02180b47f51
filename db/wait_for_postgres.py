"""Start of a process while Postgres is away: retries with backoff, logs why, and ends on a stop."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from db.reach import (
    FIRST_POSTGRES_RETRY_WAIT_S,
    MAX_POSTGRES_RETRY_WAIT_S,
    TRANSIENT_POSTGRES_ERRORS,
    means_postgres_away,
)
from telemetry import logs

T = TypeVar("T")

#: Seconds between two log lines of one wait.
POSTGRES_WAIT_LOG_INTERVAL_S = 15.0

_log = logs.get_logger("postgres")


async def retry_until_postgres_answers(ask: Callable[[], Awaitable[T]], stopped: asyncio.Event) -> T | None:
    """Call `ask` until Postgres answers, and return its result; None if `stopped` is set before.

    Retry temporary failures of Postgres only, also in exception groups. Raise all other errors.
    """
    pause_s, began, next_log = FIRST_POSTGRES_RETRY_WAIT_S, time.monotonic(), 0.0
    while not stopped.is_set():
        try:
            return await ask()
        except Exception as error:
            reason = find_postgres_away_error(error)
            if reason is None:
                raise
        if time.monotonic() >= next_log:
            waited_s = round(time.monotonic() - began, 1)
            _log.warning("Postgres is away, waiting for it", error=repr(reason), waited_s=waited_s)
            next_log = time.monotonic() + POSTGRES_WAIT_LOG_INTERVAL_S
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), pause_s)
        pause_s = min(MAX_POSTGRES_RETRY_WAIT_S, pause_s * 2)
    return None


def find_postgres_away_error(error: BaseException) -> BaseException | None:
    """Return the first error of an exception or group if all of its errors are temporary failures of Postgres.

    Return that error's cause instead if it has one. Return None if any error is another failure.
    """
    errors = list(iter_leaf_errors(error))
    if all(isinstance(leaf, TRANSIENT_POSTGRES_ERRORS) or means_postgres_away(leaf) for leaf in errors):
        return errors[0].__cause__ or errors[0]
    return None


def iter_leaf_errors(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors of an exception group, at any depth. Yield any other error itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from iter_leaf_errors(inner)
    else:
        yield error
