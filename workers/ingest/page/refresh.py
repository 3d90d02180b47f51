"""Refresh of a page: a redirect of its visitors by `<meta http-equiv="refresh" content="0; url=/en/">`."""

import re
from itertools import islice

from workers.ingest.page.address import page_key
from workers.ingest.page.document import Document, attribute

#: Seconds of the longest refresh that counts: a page with a longer one is meant to be read.
MAX_DELAY_S = 5
#: Refreshes that are checked: a page has one.
MAX_REFRESHES = 10
#: WHATWG HTML 4.2.5.3, with the tolerance of browsers: no `url=`, quotes around the address.
REFRESH = re.compile(r"\s*(?=[\d.])(\d{0,9})[\d.]*[\s;,]+(?:url\s*=)?\s*[\"']?\s*([^\"']*)", re.IGNORECASE)


def refresh_target(page: Document) -> str | None:
    """Return the address. A refresh in a `<noscript>` doesn't count: it means that scripts are needed."""
    refreshes = (tag for tag in page.tags["meta"] if attribute(tag, "http-equiv").lower() == "refresh")
    for tag in islice(refreshes, MAX_REFRESHES):
        if not tag.find_parent("noscript"):
            return refresh_url(page, attribute(tag, "content"))
    return None


def refresh_url(page: Document, content: str) -> str | None:
    match = REFRESH.match(content[:3000])
    if not match or not match[2] or int(match[1] or 0) > MAX_DELAY_S:
        return None
    url = page.link(match[2])
    return url if url and page_key(url) != page_key(page.url) else None
