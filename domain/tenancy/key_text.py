"""The text of a key, `lp_<env>_<key id>_<secret>`, as somebody sends it."""

import re
from typing import NamedTuple

_FORM = re.compile(r"lp_(live|test)_([a-z0-9]{16})_([A-Za-z0-9_-]{43})", re.ASCII)


class Presented(NamedTuple):
    """The parts of a key that somebody sent."""

    env: str
    key_id: str
    secret: str


def parse(text: str) -> Presented | None:
    """None for what can't be a key, so that it costs no look-up."""
    found = _FORM.fullmatch(text)
    return Presented(*found.groups()) if found else None
