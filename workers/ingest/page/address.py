"""Addresses of pages: their site, their root, and a comparison of two addresses."""

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from publicsuffixlist import PublicSuffixList

PUBLIC_SUFFIXES = PublicSuffixList()
#: A possible domain: labels with a dot between two.
DOMAIN_AS_NAME_PATTERN = re.compile(r"[^\W_][\w-]*(?:\.[^\W_][\w-]*)+")
#: `/`, `/index.html`, `/en`, `/pt-br/`.
HOME_PAGE_PATH_PATTERN = re.compile(
    r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?(?:(?:index|home|default)\.\w{3,5})?", re.IGNORECASE
)


#: Folders of articles and posts, a folder by date, a number, a name of five words or more.
ARTICLE_PATH_PATTERN = re.compile(
    r"/(?:blogs?|forums?|news|articles?|artikel|story|stories|magazine?|posts?|wiki)(?:/|$)"
    r"|/(?:19|20)\d\d/|\d{5}|/[^/\W]+(?:[-_][^/\W]+){4}",
    re.IGNORECASE,
)


def is_article_like_url(url: str) -> bool:
    """Return whether a URL's path looks like that of an article, post or other story, which has its own subject."""
    return ARTICLE_PATH_PATTERN.search(unquote(urlsplit(url).path)) is not None


def is_home_page_url(url: str) -> bool:
    """Return whether the address is a site's home page, or the home page of one of its languages."""
    parts = urlsplit(url)
    return HOME_PAGE_PATH_PATTERN.fullmatch(parts.path) is not None and not parts.query


def root_url(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def url_registered_domain(url: str) -> str | None:
    """Return the registered domain of a URL; None without one, as for an IP address.

    It is `acme.co.uk` of `www.acme.co.uk`, and `acme.github.io` of a public host.
    """
    return registered_domain_of_host(urlsplit(url).hostname or "")


@lru_cache(1_000)
def registered_domain_of_host(host: str) -> str | None:
    return PUBLIC_SUFFIXES.privatesuffix(host) if "." in host and not host[-1].isdigit() else None


def site_of_url(url: str) -> str:
    """Return the site of an address: its registered domain, or its host and port if it has none."""
    return url_registered_domain(url) or urlsplit(url).netloc.lower()


def page_url_comparison_key(url: str) -> str:
    """Return the address without scheme, fragment and last slash, its host in lower case, to compare pages by it."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}{query}"


def strip_domain_ending(name: str) -> str:
    """Return the name without a domain's ending, such as `Acme` for `Acme.com`; any other name unchanged."""
    if "." not in name or not DOMAIN_AS_NAME_PATTERN.fullmatch(name):
        return name
    suffix = PUBLIC_SUFFIXES.publicsuffix(name.lower(), accept_unknown=False)
    if suffix == name.lower():
        return name.partition(".")[0]
    return name[: -len(suffix) - 1] if suffix else name
