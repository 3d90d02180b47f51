"""Addresses as stores give them: to show, never to open."""

from urllib.parse import SplitResult, urlsplit

from domain.values.urls import MAX_URL, UNREADABLE


def secure(address: str) -> str:
    """As https, since what old listings give with http is long served by both; empty for no such address."""
    parts = split(address.strip())
    url = parts._replace(scheme="https").geturl()
    usable = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    clean = len(url) <= MAX_URL and not UNREADABLE.search(url) and not set(url) & set('"<>')
    return url if usable and clean else ""


def bare(address: str) -> str:
    """The same without query and fragment, which stores count visits by."""
    return split(secure(address))._replace(query="", fragment="").geturl()


def host(address: str) -> str:
    return split(address).hostname or ""


def split(address: str) -> SplitResult:
    """Nothing in it where it is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
