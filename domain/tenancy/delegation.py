"""Delegation: the scopes of a key, and those of the keys that it creates."""

from collections.abc import Collection, Iterable

from schemas.errors import ApiKeyScopeMissing


def is_scope_granted(scopes: Collection[str], scope: str) -> bool:
    """Return whether a key's scopes include `scope`; `*` is every scope but `ops:*`, which is for operators."""
    return scope in scopes or ("*" in scopes and not scope.startswith("ops:"))


def check_delegated_scopes(scopes: Collection[str], wanted: Iterable[str]) -> None:
    """Raise `ApiKeyScopeMissing` for the first `wanted` scope that a key with `scopes` can't give to another key."""
    for scope in wanted:
        if not (scope in scopes if scope == "*" else is_scope_granted(scopes, scope)):
            raise ApiKeyScopeMissing(scope)
