"""Failures of commands: a line on stderr with the remedy, and an exit code by the kind of failure.

With --json the line is the API's error envelope, without a request id.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import asyncpg
import click
import msgspec

from cli.shared.exit_codes import EXIT_ABSENT, EXIT_FAILED, EXIT_REFUSED, EXIT_UNUSABLE, EXIT_USAGE
from cli.shared.session import ADVICE, describe_database
from db.reach import POSTGRES_AWAY
from schemas.errors import (
    AttackImpossible,
    DomainError,
    GenerationError,
    Invalid,
    LibrariesMissing,
    LocalUnavailable,
    NotFound,
    Oversized,
    SettingsInvalid,
    SourceError,
    TenantryError,
    Unavailable,
)

EXPECTED_ERRORS = (
    TenantryError,
    msgspec.ValidationError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
)

UNREACHABLE = (
    *POSTGRES_AWAY,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
UNMIGRATED = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)

#: Exit code, error code and message of each expected error; the first matching line counts.
MEANINGS = (
    (SettingsInvalid, EXIT_UNUSABLE, "SETTINGS", f"{{error}}: {ADVICE}"),
    ((LocalUnavailable, AttackImpossible), EXIT_UNUSABLE, "UNAVAILABLE", "{error}"),
    (msgspec.ValidationError, EXIT_USAGE, "VALIDATION", "{error}"),
    (TenantryError, EXIT_FAILED, "INTERNAL", "{error}"),
    (UNREACHABLE, EXIT_UNUSABLE, "UNAVAILABLE", "PostgreSQL {where} can't be used: {error}"),
    (UNMIGRATED, EXIT_UNUSABLE, "UNAVAILABLE", "{error}: run `tenantry migrate`"),
    (EXPECTED_ERRORS, EXIT_FAILED, "INTERNAL", "PostgreSQL {where} refused: {error}"),
)


class Failure(NamedTuple):
    """Failure of a command: `message` for a person; `code` and `details` of the error envelope."""

    exit_code: int
    code: str
    message: str
    details: dict[str, Any] | None = None

    def envelope(self) -> bytes:
        """Return the API's error envelope for a program."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        return msgspec.json.encode({"error": {**error, "details": self.details} if self.details else error})


@contextmanager
def exit_on_failure(*, as_json: bool) -> Iterator[None]:
    """Report an expected error on stderr, and exit with its code."""
    try:
        yield
    except EXPECTED_ERRORS as error:
        failure = explain(error)
        click.echo(failure.envelope() if as_json else f"Error: {failure.message}", err=True)
        raise click.exceptions.Exit(failure.exit_code) from None


def explain(error: Exception) -> Failure:
    """Return the failure of an expected error: its own for domain and source errors, else by `MEANINGS`."""
    if isinstance(error, DomainError):
        return Failure(_exit_code(error), error.code, error.message, error.details)
    if isinstance(error, SourceError | GenerationError):
        missing = isinstance(error, LibrariesMissing)
        return Failure(EXIT_UNUSABLE if missing else EXIT_FAILED, error.code, error.message)
    _, exit_code, code, template = next(line for line in MEANINGS if isinstance(error, line[0]))
    place = describe_database() if "{where}" in template else ""
    return Failure(exit_code, code, template.format(error=_reason(error), where=place))


def _exit_code(error: DomainError) -> int:
    """Return the exit code: one for a forbidding state, a stale version and a full queue (retryable)."""
    codes = {Invalid: EXIT_USAGE, Oversized: EXIT_USAGE, NotFound: EXIT_ABSENT, Unavailable: EXIT_UNUSABLE}
    return codes.get(type(error), EXIT_REFUSED)


def _reason(error: Exception) -> str:
    return "no response in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
