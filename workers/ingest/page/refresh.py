"""Refresh of a page: a redirect of its visitors by `<meta http-equiv="refresh" content="0; url=/en/">`."""

import re
from itertools import islice

from workers.ingest.page.address import bare
from workers.ingest.page.document import Document, attribute

#: Seconds of the longest refresh that counts: a page with a longer one is meant to be read.
SOON_S = 5
#: Refreshes that are checked: a page has one.
FIRST = 10
#: WHATWG HTML 4.2.5.3, with the tolerance of browsers: no `url=`, quotes around the address.
REFRESH = re.compile(r"\s*(?=[\d.])(\d{0,9})[\d.]*[\s;,]+(?:url\s*=)?\s*[\"']?\s*([^\"']*)", re.IGNORECASE)


def target(page: Document) -> str | None:
    """Return the address. A refresh in a `<noscript>` doesn't count: it means that scripts are needed."""
    refreshes = (tag for tag in page.tags["meta"] if attribute(tag, "http-equiv").lower() == "refresh")
    for tag in islice(refreshes, FIRST):
        if not tag.find_parent("noscript"):
            return address(page, attribute(tag, "content"))
    return None


def address(page: Document, content: str) -> str | None:
    found = REFRESH.match(content[:3000])
    if not found or not found[2] or int(found[1] or 0) > SOON_S:
        return None
    url = page.link(found[2])
    return url if url and bare(url) != bare(page.url) else None
