"""Failures of commands: a line on stderr with the remedy, and an exit code by the kind of failure.

With --json the line is the API's error envelope, without a request id.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import asyncpg
import click
import msgspec

from cli.shared.exit_codes import (
    EXIT_FAILED,
    EXIT_NOT_FOUND,
    EXIT_REFUSED,
    EXIT_SETTINGS_OR_SERVER_UNUSABLE,
    EXIT_USAGE,
)
from cli.shared.session import SETTINGS_ADVICE, describe_database_address
from db.reach import POSTGRES_AWAY_ERRORS
from schemas.errors import (
    AttackRunImpossible,
    BodyOversized,
    DomainError,
    GenerationError,
    InvalidValue,
    LocalServerUnavailable,
    NoGenerateExtra,
    ObjectNotFound,
    ServiceUnavailable,
    SettingsInvalid,
    SourceError,
    TenantryError,
)

EXPECTED_COMMAND_ERRORS = (
    TenantryError,
    msgspec.ValidationError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
)

UNUSABLE_DATABASE_ERRORS = (
    *POSTGRES_AWAY_ERRORS,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
UNMIGRATED_DATABASE_ERRORS = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)

#: Exit code, error code and message of each expected error; the first matching line counts.
EXIT_CODE_AND_MESSAGE_BY_ERROR = (
    (SettingsInvalid, EXIT_SETTINGS_OR_SERVER_UNUSABLE, "SETTINGS", f"{{error}}: {SETTINGS_ADVICE}"),
    ((LocalServerUnavailable, AttackRunImpossible), EXIT_SETTINGS_OR_SERVER_UNUSABLE, "UNAVAILABLE", "{error}"),
    (msgspec.ValidationError, EXIT_USAGE, "VALIDATION", "{error}"),
    (TenantryError, EXIT_FAILED, "INTERNAL", "{error}"),
    (
        UNUSABLE_DATABASE_ERRORS,
        EXIT_SETTINGS_OR_SERVER_UNUSABLE,
        "UNAVAILABLE",
        "PostgreSQL {where} can't be used: {error}",
    ),
    (UNMIGRATED_DATABASE_ERRORS, EXIT_SETTINGS_OR_SERVER_UNUSABLE, "UNAVAILABLE", "{error}: run `tenantry migrate`"),
    (EXPECTED_COMMAND_ERRORS, EXIT_FAILED, "INTERNAL", "PostgreSQL {where} refused: {error}"),
)


class CommandFailure(NamedTuple):
    """Failure of a command: `message` for a person; `code` and `details` of the error envelope."""

    exit_code: int
    code: str
    message: str
    details: dict[str, Any] | None = None

    def encode_envelope(self) -> bytes:
        """Return the failure of a command as JSON bytes, in the API's error envelope."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        return msgspec.json.encode({"error": {**error, "details": self.details} if self.details else error})


@contextmanager
def exit_on_expected_command_error(*, as_json: bool) -> Iterator[None]:
    """Report an expected error of the block on stderr, with `as_json` as envelope; exit with the error's code."""
    try:
        yield
    except EXPECTED_COMMAND_ERRORS as error:
        failure = explain_command_failure(error)
        click.echo(failure.encode_envelope() if as_json else f"Error: {failure.message}", err=True)
        raise click.exceptions.Exit(failure.exit_code) from None


def explain_command_failure(error: Exception) -> CommandFailure:
    """Return exit code, error code and message of an expected error: its own, or by a table of error classes."""
    if isinstance(error, DomainError):
        return CommandFailure(_domain_error_exit_code(error), error.code, error.message, error.details)
    if isinstance(error, SourceError | GenerationError):
        missing = isinstance(error, NoGenerateExtra)
        return CommandFailure(EXIT_SETTINGS_OR_SERVER_UNUSABLE if missing else EXIT_FAILED, error.code, error.message)
    _, exit_code, code, template = next(line for line in EXIT_CODE_AND_MESSAGE_BY_ERROR if isinstance(error, line[0]))
    place = describe_database_address() if "{where}" in template else ""
    return CommandFailure(exit_code, code, template.format(error=_format_cli_error_reason(error), where=place))


def _domain_error_exit_code(error: DomainError) -> int:
    """Return the exit code of a domain function's refusal.

    It is 2 for invalid or oversized input, 3 for an absent object, 5 for an unavailable service. It is 4 for all
    others, such as a conflict or a full queue: a retry may succeed.
    """
    codes = {
        InvalidValue: EXIT_USAGE,
        BodyOversized: EXIT_USAGE,
        ObjectNotFound: EXIT_NOT_FOUND,
        ServiceUnavailable: EXIT_SETTINGS_OR_SERVER_UNUSABLE,
    }
    return codes.get(type(error), EXIT_REFUSED)


def _format_cli_error_reason(error: Exception) -> str:
    return "no response in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
