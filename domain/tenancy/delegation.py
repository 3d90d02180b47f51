"""Delegation: the rights of a key, and limits of the keys that it creates."""

from collections.abc import Collection, Iterable
from datetime import datetime

from schemas.errors import ScopeMissing


def scopes_grant(scopes: Collection[str], scope: str) -> bool:
    """Return whether scopes include one; `*` is every scope but `ops:*`, which is for operators."""
    return scope in scopes or ("*" in scopes and not scope.startswith("ops:"))


def check_delegated_scopes(scopes: Collection[str], wanted: Iterable[str]) -> None:
    """Raise `ScopeMissing` for the first scope that a holder of `scopes` can't delegate."""
    for scope in wanted:
        if not (scope in scopes if scope == "*" else scopes_grant(scopes, scope)):
            raise ScopeMissing(scope)


def find_excess_key_rights(
    own_origins: Collection[str] | None,
    own_end: datetime | None,
    *,
    return_origins: Collection[str],
    expires_at: datetime | None,
) -> tuple[str, str] | None:
    """Return the field and the fault of a key with a longer life or other origins than its creator's.

    Returns None for a key within these limits.
    """
    if own_origins is not None and (
        more := [return_origin for return_origin in return_origins if return_origin not in own_origins]
    ):
        return "returnOrigins", f"{more[0]} is none of your key's"
    if own_end is not None and (expires_at is None or expires_at > own_end):
        return "expiresAt", "is after your key's expiry"
    return None
