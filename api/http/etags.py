"""Conditional requests: an ETag is a version number in quotes (RFC 9110 8.8.3, 13.1)."""

import re

from api.http.requests import ApiRequest

_TAG = re.compile(rb'(?P<weak>W/)?"(?P<version>\d{1,18})"')


def format_etag(version: int) -> str:
    return f'"{version}"'


def allowed_versions(request: ApiRequest) -> frozenset[int] | None:
    """Return the versions that `If-Match` allows, by strong comparison.

    Returns None if any version is allowed: the header is absent or `*`.
    """
    header = request.request_state.headers.get(b"if-match", b"*").strip()
    if header == b"*":
        return None
    return frozenset(int(tag["version"]) for tag in _TAG.finditer(header) if not tag["weak"])


def has_current(request: ApiRequest, version: int) -> bool:
    """Return whether `If-None-Match` has this version, by weak comparison."""
    header = request.request_state.headers.get(b"if-none-match", b"").strip()
    return header == b"*" or any(int(tag["version"]) == version for tag in _TAG.finditer(header))
