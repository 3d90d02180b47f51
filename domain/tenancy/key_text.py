"""Format of a presented key: `lp_<env>_<key id>_<secret>`."""

import re
from typing import NamedTuple

_API_KEY_PATTERN = re.compile(r"lp_(live|test)_([a-z0-9]{16})_([A-Za-z0-9_-]{43})", re.ASCII)


class ApiKeyParts(NamedTuple):
    """Parts of a presented API key: environment, key id and secret."""

    env: str
    key_id: str
    secret: str


def parse_api_key(text: str) -> ApiKeyParts | None:
    """Return the parts of an API key's text; None for a malformed one, which then costs no query."""
    match = _API_KEY_PATTERN.fullmatch(text)
    return ApiKeyParts(*match.groups()) if match else None
