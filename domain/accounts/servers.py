"""Addresses of account servers.

Strangers supply them, so `domain/values/ssrf_guard.py` checks each (SSRF guard).
"""

import re
from urllib.parse import urlsplit

from domain.values import ssrf_guard
from domain.values.ssrf_guard import Allowed
from schemas.errors import Invalid

_HOST = re.compile(r"[^/?#@\\\s]+")


def of_host(host: str, *, allowed: Allowed, path: str, example: str) -> str:
    """Return the address of a host name such as `example`. Raises `Invalid` at `path`.

    It is https, or http for a loopback host that TENANTRY_FETCH_ALLOW permits.
    """
    host_name = host.strip(" ")
    if not _HOST.fullmatch(host_name):
        raise Invalid(path, f"must be the name of a server, such as {example}")
    local = host_name.lower() in {f"{name}:{port}" for name, port in allowed}
    return of_url(f"{'http' if local else 'https'}://{host_name}", allowed=allowed, path=path)


def of_url(url: str, *, allowed: Allowed, path: str) -> str:
    """Return the address without a trailing slash. Raises `Invalid` at `path`."""
    try:
        parts = urlsplit(ssrf_guard.check_fetch_url(url, allowed=allowed))
    except Invalid as refused:
        raise Invalid(path, "must be a public server, such as https://bsky.social") from refused
    if parts.path != "/" or parts.query:
        raise Invalid(path, "must be a server's address alone, without a path")
    if parts.scheme != "https" and (parts.hostname, parts.port or 80) not in allowed:
        raise Invalid(path, "must be an https address")
    port = parts.port if parts.port != ssrf_guard.DEFAULT_PORTS[parts.scheme] else None
    name = (parts.hostname or "").rstrip(".")
    host = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"
