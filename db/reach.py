"""Reachability of Postgres: the client errors of an unreachable or unusable server.

A server counts as away if it is down, disconnected, full, locked, starting, ending, or read-only after a
failover. Callers wrap their queries in a context manager that raises `ServiceUnavailable` for all of these.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from schemas.errors import ServiceUnavailable

POSTGRES_AWAY_ERRORS = (
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

#: Seconds before the first retry to reach Postgres; doubled up to the most.
FIRST_POSTGRES_RETRY_WAIT_S, MAX_POSTGRES_RETRY_WAIT_S = 0.1, 0.5

#: Start of uvloop's RuntimeError for a write to a connection that was reset a moment ago.
UVLOOP_CONNECTION_RESET_MESSAGE_START = "unable to perform operation on <"

#: Errors of a statement that waited too long for a lock, or exceeded `statement_timeout`.
SLOW_STATEMENT_ERRORS = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError)

#: Errors of one caller's rows, or of its locks, in a statement of many: it has written nothing.
ERRORS_OF_ONE_CALLER_IN_GROUPED_STATEMENT = (
    *SLOW_STATEMENT_ERRORS,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DeadlockDetectedError,
)

#: Errors that a polling loop may skip, since it tries again anyway.
TRANSIENT_POSTGRES_ERRORS = (ServiceUnavailable, asyncpg.DeadlockDetectedError, asyncpg.QueryCanceledError)


def means_postgres_away(error: BaseException) -> bool:
    """Return whether an error means that Postgres is away or unusable for now, so that a retry may succeed.

    A statement under way may have been committed nevertheless.
    """
    # A value that asyncpg can't encode is an InterfaceError too, but a ValueError as well: our bug.
    return (isinstance(error, POSTGRES_AWAY_ERRORS) and not isinstance(error, ValueError)) or is_uvloop_reset_error(
        error
    )


@contextmanager
def convert_postgres_away_errors() -> Iterator[None]:
    """Convert each error of the block that means that Postgres is away or unusable into `ServiceUnavailable`.

    Other errors pass unchanged. A commit under way may have succeeded nevertheless.
    """
    try:
        yield
    except Exception as error:
        if means_postgres_away(error):
            raise ServiceUnavailable from error
        raise


def is_uvloop_reset_error(error: BaseException) -> bool:
    """Return whether an error is uvloop's for a write to a connection that was just reset, by any kind of server."""
    return isinstance(error, RuntimeError) and str(error).startswith(UVLOOP_CONNECTION_RESET_MESSAGE_START)
