"""What an address says of its page."""

import re
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

SUFFIXES = PublicSuffixList()
#: `/`, `/index.html`, `/en`, `/pt-br/`.
HOME = re.compile(r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?(?:(?:index|home|default)\.\w{3,5})?", re.IGNORECASE)


def is_home(url: str) -> bool:
    """A site's first page, or one of its languages' first pages."""
    parts = urlsplit(url)
    return HOME.fullmatch(parts.path) is not None and not parts.query


def root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def domain(url: str) -> str | None:
    """What somebody registered, `acme.co.uk` of `www.acme.co.uk`; a public host's `acme.github.io` too."""
    host = urlsplit(url).hostname or ""
    return SUFFIXES.privatesuffix(host) if "." in host and not host[-1].isdigit() else None


def site(url: str) -> str:
    """Equal for the addresses of one site: its domain, or its host and port where it has none."""
    return domain(url) or urlsplit(url).netloc.lower()


def bare(url: str) -> str:
    """Without what rarely makes another page: scheme, fragment, the slash at the end."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}{query}"
