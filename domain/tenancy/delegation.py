"""Delegation: what a key may do, and that it passes on no more, to nobody for longer."""

from collections.abc import Collection, Iterable
from datetime import datetime

from schemas.errors import Forbidden


def grants(scopes: Collection[str], scope: str) -> bool:
    """`*` is every scope but `ops:*`, which belongs to the platform's operators."""
    return scope in scopes or ("*" in scopes and not scope.startswith("ops:"))


def check_scopes(scopes: Collection[str], wanted: Iterable[str]) -> None:
    """Raises `Forbidden` for the first scope that whoever holds `scopes` can't pass on."""
    for scope in wanted:
        if not (scope in scopes if scope == "*" else grants(scopes, scope)):
            raise Forbidden(scope)


def beyond(
    own_origins: Collection[str] | None,
    own_end: datetime | None,
    *,
    return_origins: Collection[str],
    expires_at: datetime | None,
) -> tuple[str, str] | None:
    """The field, and what is wrong, of a key that lives longer or sends people elsewhere than its maker."""
    if own_origins is not None and (more := [one for one in return_origins if one not in own_origins]):
        return "returnOrigins", f"{more[0]} is none of your key's"
    if own_end is not None and (expires_at is None or expires_at > own_end):
        return "expiresAt", "is after the end of your key"
    return None
