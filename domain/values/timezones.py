"""Time zones: names of this machine's time zone database, and their local times."""

import re
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from schemas.errors import InvalidValue
from schemas.posts import LocalTimeRule

_UTC_TIME_PATTERN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?Z", re.ASCII)
_LOCAL_TIME_PATTERN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)


#: Entries of the database that are no place: an unset zone, and this machine's own.
EXCLUDED_TIMEZONE_NAMES = {"Factory", "localtime"}


@cache
def known_timezone_names() -> frozenset[str]:
    """Return every name of a zone; reading the database takes 70 ms, so it is cached."""
    return frozenset(available_timezones() - EXCLUDED_TIMEZONE_NAMES)


def check_timezone(name: str, *, path: str = "timezone") -> str:
    """Return `name` unchanged. Raises `InvalidValue` for a name that the database lacks."""
    if name not in known_timezone_names():
        raise InvalidValue(path, "unknown time zone: send a name of the IANA database, such as Europe/Berlin")
    return name


def parse_utc_time(text: str, *, path: str) -> datetime:
    """Parse a UTC time of a request, such as "2026-11-01T05:30:00Z". Raises `InvalidValue`."""
    if _UTC_TIME_PATTERN.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise InvalidValue(path, "is not a valid date and time") from None
    raise InvalidValue(path, "must be a time in UTC with its Z, such as 2026-11-01T05:30:00Z")


class ResolvedLocalTime(NamedTuple):
    """Instant of a local time, and the rule that found it around a clock change."""

    at: datetime
    rule: LocalTimeRule


def resolve_local_time(local: str, *, zone: str, path: str) -> ResolvedLocalTime:
    """Return the instant of a local time in a known `zone`, such as "2026-11-01T01:30", and the rule that found it.

    A skipped time is moved forward by the length of the gap; of a repeated time it is the first (PEP 495,
    `fold=0`). No other code converts local times. Raises `InvalidValue` for a malformed time.
    """
    if not _LOCAL_TIME_PATTERN.fullmatch(local):
        raise InvalidValue(path, "must be a time without a zone, such as 2026-11-01T01:30")
    try:
        naive = datetime.fromisoformat(local)
        by_old_offset, by_new_offset = (
            naive.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)
        )
    except (ValueError, OverflowError):
        raise InvalidValue(path, "is not a valid date and time") from None
    # `fold` matters only at a clock change: a repeated time has the earlier instant by the old offset.
    return ResolvedLocalTime(
        by_old_offset,
        "exact" if by_old_offset == by_new_offset else "fold_first" if by_old_offset < by_new_offset else "gap_shifted",
    )
