"""Addresses in store listings: shown as links, or fetched as images. They are untrusted like any address."""

from urllib.parse import SplitResult, urlsplit

from domain.values.ssrf_guard import MAX_URL, UNREADABLE


def to_https(address: str) -> str:
    """Return an http or https address as https, which old http sites support by now.

    Return "" for another scheme, no host, a user name, unsafe characters, or too many characters.
    """
    parts = split_address(address.strip())
    url = parts._replace(scheme="https").geturl()
    is_usable = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    is_clean = len(url) <= MAX_URL and not UNREADABLE.search(url) and not set(url) & set('"<>')
    return url if is_usable and is_clean else ""


def without_query(address: str) -> str:
    """Return the address without query and fragment, since stores count visits by them."""
    return split_address(to_https(address))._replace(query="", fragment="").geturl()


def host(address: str) -> str:
    return split_address(address).hostname or ""


def split_address(address: str) -> SplitResult:
    """Split an address into its parts; all empty for an invalid one."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
