"""Return URLs: the addresses that a person may be sent back to, and what is added to them."""

from collections.abc import Collection
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from domain.values.urls import DEFAULT_PORTS, UNREADABLE
from schemas.errors import Invalid, NotReturnable

#: The parameters that we add ourselves.
ADDED = frozenset({"status", "state"})


def check(url: str, *, origins: Collection[str]) -> str:
    """A `returnUrl` as it came. Raises `Invalid`, `NotReturnable` for an origin that is not one of `origins`.

    Browsers read what URL parsers disagree on their own way, so none of that passes.
    """
    parts = _split(url)
    if parts.fragment or url.endswith("#"):
        raise _invalid("must have no fragment")
    if ADDED & {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}:
        raise _invalid("must not carry `status` or `state`: they are what we add")
    origin = _origin(parts)
    if origin not in {_origin(urlsplit(allowed)) for allowed in origins}:
        raise NotReturnable(origin)
    return url


def with_outcome(url: str, *, status: str, state: str) -> str:
    """The address, with the outcome of the flow and its state."""
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
    """The origin as the key's list has it: lower case, and the scheme's own port left out."""
    port = parts.port if parts.port != DEFAULT_PORTS.get(parts.scheme) else None
    return f"{parts.scheme}://{parts.hostname}{f':{port}' if port else ''}"


def _invalid(message: str) -> Invalid:
    return Invalid("returnUrl", message)
