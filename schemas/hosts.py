"""Host check against DNS rebinding: the allowed names of this process.

A page of `evil.example` may point its name to 127.0.0.1 or to an address of our network. Then its script
could read answers as its own origin. But its browser still sends `Host: evil.example`.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

_HOST_HEADER_PATTERN = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:]*)(?::\d*)?")


class AllowedHostHeaders:
    """Allowed names: `localhost` and its subdomains, the names given (`.x`: all subdomains of x), any IP address.

    IP addresses are safe: a page can't redirect them, and probes and scrapes use them.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        configured = {name for name in names if name}
        self._names = frozenset(configured | {"localhost"})
        self._endings = (*sorted(name for name in configured if name.startswith(".")), ".localhost")

    def allows(self, host: str) -> bool:
        """Return whether the value of a `Host` header is a configured name, `localhost` or any IP address.

        An empty value is allowed, too: an HTTP/1.0 request may have no such header.
        """
        if host in self._names or not host:
            return True
        match = _HOST_HEADER_PATTERN.fullmatch(host.strip().lower())
        if not match:
            return False
        name = match["name"].removesuffix(".")
        return name in self._names or name.endswith(self._endings) or _is_ip_address(name)


def build_allowed_hosts(names: str, public_url: str) -> AllowedHostHeaders:
    """Return the allowed `Host` names of a process: those of the setting ALLOWED_HOSTS and the host of PUBLIC_URL."""
    return AllowedHostHeaders([*names.split(","), urlsplit(public_url).hostname or ""])


@lru_cache(maxsize=1_024)
def _is_ip_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
