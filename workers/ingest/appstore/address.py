"""Addresses in store listings: they are shown, and those of pictures are opened, as anybody's."""

from urllib.parse import SplitResult, urlsplit

from domain.values.urls import MAX_URL, UNREADABLE


def secure(address: str) -> str:
    """The address with https, which sites of old http listings serve by now; empty for an unusable one."""
    parts = split(address.strip())
    url = parts._replace(scheme="https").geturl()
    usable = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    clean = len(url) <= MAX_URL and not UNREADABLE.search(url) and not set(url) & set('"<>')
    return url if usable and clean else ""


def bare(address: str) -> str:
    """The address without query and fragment, by which stores count visits."""
    return split(secure(address))._replace(query="", fragment="").geturl()


def host(address: str) -> str:
    return split(address).hostname or ""


def split(address: str) -> SplitResult:
    """The parts of an address; all empty for what is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
