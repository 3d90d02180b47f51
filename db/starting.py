"""Start of a process: an expected error becomes one line with advice, and an exit code."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import asyncpg

from db.wait_for_postgres import iter_leaf_errors
from schemas.errors import MigrationChanged, NoGenerateExtra, SettingsInvalid
from schemas.setting_names import find_misspelt_settings
from telemetry import logs

_log = logs.get_logger("settings")

#: Exit codes: a setting has to be changed; a server is not in the required state.
INVALID_SETTING_EXIT_CODE, UNUSABLE_SERVER_EXIT_CODE = 2, 1

_DATABASE_ACCESS_ERRORS = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)
_UNMIGRATED_DATABASE_ERRORS = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
)

UNUSABLE_DATABASE_MESSAGE = "the database of DATABASE_URL, or that of TELEMETRY_URL, can't be used"

SEE_SETTINGS_DOCS_ADVICE = "docs/reference/settings.md has each; `bin/up` writes its own into .local/env"


def warn_misspelt_settings(environ: Mapping[str, str]) -> None:
    """Log a warning for each environment variable that resembles a setting's name: it has no effect.

    The process starts nevertheless: a host may have such a variable for another program.
    """
    for name, meant in find_misspelt_settings(environ).items():
        _log.warning(f"{name} is not a setting and has no effect: did you mean {meant}?", setting=name)


@contextmanager
def exit_on_expected_start_errors() -> Iterator[None]:
    """End the process at an expected start error of the block, with a line on stderr; raise any other: it is a bug.

    The exit code is 2 if a setting has to be changed, 1 if a server isn't in the required state.
    """
    try:
        yield
    except Exception as error:
        explanations = [_explain_start_exception(leaf) for leaf in iter_leaf_errors(error)]
        if not explanations or None in explanations:
            raise
        code, line = next(explanation for explanation in explanations if explanation)
        print(line, file=sys.stderr)  # noqa: T201  for the person who started it
        sys.exit(code)


def _explain_start_exception(error: BaseException) -> tuple[int, str] | None:
    """Return exit code and a line of advice for an expected error at a process's start; None for any other error."""
    message = " ".join(str(error).split())
    if isinstance(error, SettingsInvalid):
        return INVALID_SETTING_EXIT_CODE, f"{message} ({SEE_SETTINGS_DOCS_ADVICE})"
    if isinstance(error, NoGenerateExtra):
        return INVALID_SETTING_EXIT_CODE, message
    if isinstance(error, MigrationChanged):
        return UNUSABLE_SERVER_EXIT_CODE, message
    if isinstance(error, _DATABASE_ACCESS_ERRORS):
        return UNUSABLE_SERVER_EXIT_CODE, f"{UNUSABLE_DATABASE_MESSAGE}: {message}: create it, or correct the address"
    if isinstance(error, _UNMIGRATED_DATABASE_ERRORS):
        return (
            UNUSABLE_SERVER_EXIT_CODE,
            f"the database lacks what this release needs ({message}): run `python -m db.migrate` first",
        )
    return None
