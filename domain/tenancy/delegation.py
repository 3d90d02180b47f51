"""Delegation: the rights of a key, and limits of the keys that it creates."""

from collections.abc import Collection, Iterable

from schemas.errors import ScopeMissing


def scopes_grant(scopes: Collection[str], scope: str) -> bool:
    """Return whether scopes include one; `*` is every scope but `ops:*`, which is for operators."""
    return scope in scopes or ("*" in scopes and not scope.startswith("ops:"))


def check_delegated_scopes(scopes: Collection[str], wanted: Iterable[str]) -> None:
    """Raise `ScopeMissing` for the first scope that a holder of `scopes` can't delegate."""
    for scope in wanted:
        if not (scope in scopes if scope == "*" else scopes_grant(scopes, scope)):
            raise ScopeMissing(scope)
