"""Time zones: the names that this machine's time zone database knows, and what their clocks show."""

import re
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from schemas.errors import Invalid
from schemas.posts import TimeRule

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?Z", re.ASCII)
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)


#: Entries of the database that are no place: one says that no zone is set, the other is this machine's own.
NO_PLACE = {"Factory", "localtime"}


@cache
def known() -> frozenset[str]:
    """Every name of a zone; reading the database takes 70 ms, so once a process."""
    return frozenset(available_timezones() - NO_PLACE)


def check(name: str, *, path: str = "timezone") -> str:
    """`name` as it was sent. Raises `Invalid` for a name that the database lacks."""
    if name not in known():
        raise Invalid(path, "unknown time zone: send a name of the IANA database, such as Europe/Berlin")
    return name


def read(text: str, *, path: str) -> datetime:
    """An instant that a request names in UTC, such as "2026-11-01T05:30:00Z". Raises `Invalid`."""
    if _INSTANT.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise Invalid(path, "is no day or time that the calendar has") from None
    raise Invalid(path, "must be a time in UTC with its Z, such as 2026-11-01T05:30:00Z")


class Resolved(NamedTuple):
    """The instant of a wall clock's time, and how it was found where the clock is put."""

    at: datetime
    rule: TimeRule


def resolve(local: str, *, zone: str, path: str) -> Resolved:
    """The instant at which the clocks of `zone` show `local`, such as "2026-11-01T01:30".

    A time that the clocks pass over is as much later as they jump; of one that they show twice it is the
    first (PEP 495, `fold=0`). Nowhere else does a local time become an instant. Raises `Invalid`.
    """
    if not _LOCAL.fullmatch(local):
        raise Invalid(path, "must be a time without a zone, such as 2026-11-01T01:30")
    try:
        naive = datetime.fromisoformat(local)
        first, second = (naive.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    except (ValueError, OverflowError):
        raise Invalid(path, "is no day or time that the calendar has") from None
    # `fold` makes a difference only where the clocks are put: back if the first is earlier, else forward.
    return Resolved(first, "exact" if first == second else "fold_first" if first < second else "gap_shifted")
