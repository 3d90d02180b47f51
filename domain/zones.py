"""Time zones: the names that this machine's time zone database knows."""

from functools import cache
from zoneinfo import available_timezones

from schemas.errors import Invalid


@cache
def known() -> frozenset[str]:
    """Every name; reading the database takes 70 ms, so once a process."""
    return frozenset(available_timezones())


def check(name: str, *, path: str = "timezone") -> str:
    """`name` as it was sent. Raises `Invalid` for a name that the database lacks."""
    if name not in known():
        raise Invalid(path, "unknown time zone: send a name of the IANA database, such as Europe/Berlin")
    return name
