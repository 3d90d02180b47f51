"""Collected errors: runs several checks of one request and raises all their issues together."""

from collections.abc import Callable
from typing import Any

from schemas.errors import InvalidValue


def run_checks_merging_errors(*checks: Callable[[], Any]) -> list[Any]:
    """Run every check, and return the results in order. Raises one `InvalidValue` with the issues of all."""
    results: list[Any] = []
    issues: list[tuple[str, str]] = []
    for check in checks:
        try:
            results.append(check())
        except InvalidValue as error:
            issues += [(issue["path"], issue["message"]) for issue in error.details["issues"]]
    if issues:
        raise InvalidValue(*issues[0], *issues[1:])
    return results
