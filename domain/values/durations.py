"""Durations in requests: a whole number and a unit, such as 90m or 7d."""

import re
from datetime import timedelta

from schemas.errors import Invalid

_DURATION = re.compile(r"([1-9]\d{0,8})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def read(text: str, *, path: str) -> timedelta:
    """Parse a duration; raises `Invalid`."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise Invalid(path, "must be a whole number of s, m, h or d, such as 90m or 7d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
