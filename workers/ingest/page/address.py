"""What an address says of its page."""

import re
from urllib.parse import urlsplit

#: `/`, `/index.html`, `/en`, `/pt-br/`.
HOME = re.compile(r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?(?:(?:index|home|default)\.\w{3,5})?", re.IGNORECASE)


def is_home(url: str) -> bool:
    """A site's first page, or one of its languages' first pages."""
    parts = urlsplit(url)
    return HOME.fullmatch(parts.path) is not None and not parts.query


def root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def same_site(one: str, other: str) -> bool:
    """The same host, with or without its `www.`."""
    hosts = [(urlsplit(url).hostname or "").removeprefix("www.") for url in (one, other)]
    return hosts[0] == hosts[1]
