"""Addresses in store listings: shown as links, or fetched as images. They are untrusted like any address."""

from urllib.parse import SplitResult, urlsplit

from domain.values.ssrf_guard import AMBIGUOUS_URL_CHAR_PATTERN, MAX_URL_CHARACTERS


def convert_url_to_https(address: str) -> str:
    """Return an http or https address as https, which old http sites support by now.

    Return "" for another scheme, no host, a user name, unsafe characters, or too many characters.
    """
    parts = split_url_or_empty(address.strip())
    url = parts._replace(scheme="https").geturl()
    is_usable = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    is_clean = (
        len(url) <= MAX_URL_CHARACTERS and not AMBIGUOUS_URL_CHAR_PATTERN.search(url) and not set(url) & set('"<>')
    )
    return url if is_usable and is_clean else ""


def strip_app_store_url_query(address: str) -> str:
    """Return an http(s) address as https without query and fragment; "" for an unusable address.

    Stores use the query and fragment only to count visits.
    """
    return split_url_or_empty(convert_url_to_https(address))._replace(query="", fragment="").geturl()


def host_of_url(address: str) -> str:
    return split_url_or_empty(address).hostname or ""


def split_url_or_empty(address: str) -> SplitResult:
    """Split an address into its parts; all empty for an invalid one."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
