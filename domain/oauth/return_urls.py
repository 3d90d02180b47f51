"""Return URLs: the allowed addresses for the end of a flow, and the parameters that we append."""

from collections.abc import Collection
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from domain.values.ssrf_guard import DEFAULT_PORTS, UNREADABLE
from schemas.errors import Invalid, ReturnUrlRefused

#: Parameters that we append.
ADDED_PARAMETERS = frozenset({"status", "state"})


def check(url: str, *, origins: Collection[str]) -> str:
    """Return a `returnUrl` unchanged. Raises `Invalid`, `ReturnUrlRefused` for an origin outside `origins`.

    Refuses all URLs that browsers and URL parsers read differently.
    """
    parts = _split(url)
    if parts.fragment or url.endswith("#"):
        raise _invalid("must have no fragment")
    if ADDED_PARAMETERS & {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}:
        raise _invalid("must not contain `status` or `state`: we append these")
    origin = _origin(parts)
    if origin not in {_origin(urlsplit(allowed)) for allowed in origins}:
        raise ReturnUrlRefused(origin)
    return url


def with_outcome(url: str, *, status: str, state: str) -> str:
    """Return the address with the outcome of the flow and its state."""
    parts = urlsplit(url)
    added = urlencode({"status": status, "state": state})
    return parts._replace(query=f"{parts.query}&{added}" if parts.query else added).geturl()


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        readable = parts.port != 0 and url.isascii() and not UNREADABLE.search(url)
    except ValueError:
        raise _invalid("is not a URL") from None
    if not (readable and parts.scheme in DEFAULT_PORTS and parts.hostname) or "@" in parts.netloc:
        raise _invalid("must be a plain http or https URL")
    return parts


def _origin(parts: SplitResult) -> str:
    """Return the origin in the form of the key's list: lower case, without the scheme's default port."""
    port = parts.port if parts.port != DEFAULT_PORTS.get(parts.scheme) else None
    return f"{parts.scheme}://{parts.hostname}{f':{port}' if port else ''}"


def _invalid(message: str) -> Invalid:
    return Invalid("returnUrl", message)
