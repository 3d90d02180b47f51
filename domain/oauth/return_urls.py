"""Return URLs: the allowed addresses for the end of a flow, and the parameters that we append."""

from collections.abc import Collection
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from domain.values.ssrf_guard import AMBIGUOUS_URL_CHAR_PATTERN, DEFAULT_PORT_BY_SCHEME
from schemas.errors import InvalidValue, ReturnUrlRefused

#: Parameters that we append.
RETURN_URL_OUTCOME_PARAMETERS = frozenset({"status", "state"})


def check_return_url(url: str, *, origins: Collection[str]) -> str:
    """Return a flow's `returnUrl` unchanged if its origin is one of `origins`.

    Raises `ReturnUrlRefused` for another origin. Raises `InvalidValue` for a URL with a fragment, a login, or a
    parameter `status` or `state`. Raises it also for each URL that browsers and URL parsers read differently.
    """
    parts = _parse_valid_return_url(url)
    if parts.fragment or url.endswith("#"):
        raise _invalid_return_url_error("must have no fragment")
    if RETURN_URL_OUTCOME_PARAMETERS & {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}:
        raise _invalid_return_url_error("must not contain `status` or `state`: we append these")
    origin = _url_origin(parts)
    if origin not in {_url_origin(urlsplit(allowed)) for allowed in origins}:
        raise ReturnUrlRefused(origin)
    return url


def add_oauth_outcome_to_url(url: str, *, status: str, state: str) -> str:
    """Return a return URL with the OAuth flow's outcome appended as the query parameters `status` and `state`."""
    parts = urlsplit(url)
    added = urlencode({"status": status, "state": state})
    return parts._replace(query=f"{parts.query}&{added}" if parts.query else added).geturl()


def _parse_valid_return_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        readable = parts.port != 0 and url.isascii() and not AMBIGUOUS_URL_CHAR_PATTERN.search(url)
    except ValueError:
        raise _invalid_return_url_error("is not a URL") from None
    if not (readable and parts.scheme in DEFAULT_PORT_BY_SCHEME and parts.hostname) or "@" in parts.netloc:
        raise _invalid_return_url_error("must be a plain http or https URL")
    return parts


def _url_origin(parts: SplitResult) -> str:
    """Return a URL's origin as in an API key's list: lower case, without the scheme's default port."""
    port = parts.port if parts.port != DEFAULT_PORT_BY_SCHEME.get(parts.scheme) else None
    return f"{parts.scheme}://{parts.hostname}{f':{port}' if port else ''}"


def _invalid_return_url_error(message: str) -> InvalidValue:
    return InvalidValue("returnUrl", message)
