"""Format of a presented key: `lp_<env>_<key id>_<secret>`."""

import re
from typing import NamedTuple

_FORM = re.compile(r"lp_(live|test)_([a-z0-9]{16})_([A-Za-z0-9_-]{43})", re.ASCII)


class KeyParts(NamedTuple):
    """Parts of a presented key."""

    env: str
    key_id: str
    secret: str


def parse(text: str) -> KeyParts | None:
    """Parse a key; None for a malformed one, which then costs no query."""
    match = _FORM.fullmatch(text)
    return KeyParts(*match.groups()) if match else None
