"""Reachability of Postgres: one error, `Unavailable`, for a server that is down, full, cut off or locked."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from schemas.errors import Unavailable

AWAY = (
    OSError,
    asyncpg.InterfaceError,
    # asyncpg's error for a connection that is cut off between two messages.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.LockNotAvailableError,
)

#: Errors that a loop may pass over, since it asks again anyway.
PASSING = (Unavailable, asyncpg.DeadlockDetectedError, asyncpg.QueryCanceledError)


@contextmanager
def reaching() -> Iterator[None]:
    """Turn each of `AWAY` into `Unavailable`. Whether a commit under way went through is then unknown."""
    try:
        yield
    except ValueError:
        # A value that asyncpg can't encode raises an InterfaceError too, which is a ValueError and our bug.
        raise
    except AWAY as error:
        raise Unavailable from error
