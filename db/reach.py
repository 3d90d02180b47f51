"""Reachability of Postgres: a list of what its client raises while the server is away.

A server is away that is down, cut off, full, locked, starting or ending; a Postgres too that only reads, as
after a failover. Whoever asks it does so in `reaching`, and hears one error.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from schemas.errors import Unavailable

POSTGRES_AWAY = (
    # The network; TimeoutError is one of these.
    OSError,
    asyncpg.InterfaceError,
    # asyncpg's error for a connection that is cut off between two messages.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    # No room on the disk, no memory, no connection left.
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresIOError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.LockNotAvailableError,
)

#: Seconds before the first new try to reach Postgres; doubled up to the most.
FIRST_S, MOST_S = 0.1, 2.0

#: How uvloop's RuntimeError begins for a write to a connection that was reset a moment ago.
RESET = "unable to perform operation on <"

#: Errors that a loop may pass over, since it asks again anyway.
PASSING = (Unavailable, asyncpg.DeadlockDetectedError, asyncpg.QueryCanceledError)


def is_postgres_away(error: BaseException) -> bool:
    """True if a repeat may fare better; a statement under way may have been committed all the same."""
    # A value that asyncpg can't encode is an InterfaceError too, but a ValueError as well: our bug.
    return (isinstance(error, POSTGRES_AWAY) and not isinstance(error, ValueError)) or is_reset(error)


@contextmanager
def reaching() -> Iterator[None]:
    """Raises `Unavailable` while Postgres is away. A commit under way may have gone through all the same."""
    try:
        yield
    except Exception as error:
        if is_postgres_away(error):
            raise Unavailable from error
        raise


def is_reset(error: BaseException) -> bool:
    """True for a write to a connection that was reset a moment ago, which is of whichever server."""
    return isinstance(error, RuntimeError) and str(error).startswith(RESET)
