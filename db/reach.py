"""One error for every way in which Postgres is away: gone, going, coming, full, cut off, locked for long."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from schemas.errors import Unavailable

AWAY = (
    OSError,
    asyncpg.InterfaceError,
    # What asyncpg says of a connection that is cut off between two messages.
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

#: What a loop that asks again anyway may take for a bad moment.
PASSING = (Unavailable, asyncpg.DeadlockDetectedError, asyncpg.QueryCanceledError)


@contextmanager
def reaching() -> Iterator[None]:
    """Raises `Unavailable` in place of each. Whether a commit under way went through is then unknown."""
    try:
        yield
    except ValueError:
        # A value that asyncpg can't encode is an InterfaceError too, but our mistake.
        raise
    except AWAY as error:
        raise Unavailable from error
