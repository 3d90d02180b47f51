"""Conditional requests: an ETag is a version number in quotes (RFC 9110 8.8.3, 13.1)."""

import re

from api.http.requests import ApiRequest

_ETAG_PATTERN = re.compile(rb'(?P<weak>W/)?"(?P<version>\d{1,18})"')


def quote_etag(version: int) -> str:
    return f'"{version}"'


def read_if_match_versions(request: ApiRequest) -> frozenset[int] | None:
    """Return the versions of an object that the request's `If-Match` allows, by strong comparison.

    Returns None if any version is allowed: the header is absent or `*`.
    """
    header = request.request_state.headers.get(b"if-match", b"*").strip()
    if header == b"*":
        return None
    return frozenset(int(tag["version"]) for tag in _ETAG_PATTERN.finditer(header) if not tag["weak"])


def matches_if_none_match(request: ApiRequest, version: int) -> bool:
    """Return whether the client has this version: `If-None-Match` names it, by weak comparison, or is `*`."""
    header = request.request_state.headers.get(b"if-none-match", b"").strip()
    return header == b"*" or any(int(tag["version"]) == version for tag in _ETAG_PATTERN.finditer(header))
