"""Addresses of account servers.

Strangers supply them, so `domain/values/ssrf_guard.py` checks each (SSRF guard).
"""

import re
from urllib.parse import urlsplit

from domain.values import ssrf_guard
from domain.values.ssrf_guard import AllowedOrigins
from schemas.errors import InvalidValue

_HOST_NAME_PATTERN = re.compile(r"[^/?#@\\\s]+")


def account_server_url(host: str, *, allowed: AllowedOrigins, path: str, example: str) -> str:
    """Return the address of an account's server from its host name.

    It is https, or http for a loopback host that TENANTRY_FETCH_ALLOW permits. Raises `InvalidValue` at `path`,
    with `example` in its message.
    """
    host_name = host.strip(" ")
    if not _HOST_NAME_PATTERN.fullmatch(host_name):
        raise InvalidValue(path, f"must be the name of a server, such as {example}")
    local = host_name.lower() in {f"{name}:{port}" for name, port in allowed}
    return normalize_account_server(f"{'http' if local else 'https'}://{host_name}", allowed=allowed, path=path)


def normalize_account_server(url: str, *, allowed: AllowedOrigins, path: str) -> str:
    """Return the address of an account's server without a trailing slash or a default port.

    Raises `InvalidValue` at `path` for an address that the SSRF guard refuses, or one with a path or a query.
    Refuses http, except for an `allowed` host.
    """
    try:
        parts = urlsplit(ssrf_guard.check_fetch_url(url, allowed=allowed))
    except InvalidValue as refused:
        raise InvalidValue(path, "must be a public server, such as https://bsky.social") from refused
    if parts.path != "/" or parts.query:
        raise InvalidValue(path, "must be a server's address alone, without a path")
    if parts.scheme != "https" and (parts.hostname, parts.port or 80) not in allowed:
        raise InvalidValue(path, "must be an https address")
    port = parts.port if parts.port != ssrf_guard.DEFAULT_PORT_BY_SCHEME[parts.scheme] else None
    name = (parts.hostname or "").rstrip(".")
    host = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"
