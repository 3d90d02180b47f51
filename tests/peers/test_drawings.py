"""Cleaned drawings in Chromium, in a page and as documents: they cause no request."""

import pytest

from generation.drawings import clean_svg_drawing
from schemas.errors import PictureRefused
from tests.generation.svg import svg
from tests.generation.test_drawing_styles import FORMS, OUT, SHEETS, VALUES, escaped
from tests.peers.chromium import BrowserTab, stranger
from tests.peers.site import SitePage, answering

pytestmark = pytest.mark.peers


def requested_paths(browser: BrowserTab, *, cleaned: bool) -> set[str]:
    """Return the other paths that a browser requests until a page with all attacks is loaded."""
    drawings, strange = list[str](), set[str]()

    def answer(path: str) -> SitePage:
        name = path.strip("/").removesuffix(".svg")
        if name.isdecimal():
            return SitePage(drawings[int(name)].encode(), "image/svg+xml")
        if name != "page":
            strange.add(path)
            return SitePage(b"", "text/html")
        frames = (f'<iframe src="/{number}.svg"></iframe>' for number in range(len(drawings)))
        page = f"<!doctype html><body>{''.join(drawings)}{''.join(frames)}"
        return SitePage(page.encode(), "text/html")

    with answering(answer) as port, stranger(browser.browser) as page:
        url = f"http://127.0.0.1:{port}"
        for one in attacks(url):
            drawings += left(one) if cleaned else [one.decode()]
        page.open(f"{url}/page", "document.readyState === 'complete'")
    return strange - {"/favicon.ico"}


def attacks(url: str) -> list[bytes]:
    values = [escaped(one.replace(OUT, f"{url}/stolen")) for one in VALUES]
    sheets = [one.replace(OUT, f"{url}/stolen") for one in SHEETS]
    more = [
        f'<image href="{url}/image"/>',
        f'<script href="{url}/script"/><script>fetch("{url}/fetched")</script>',
        f'<foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="{url}/img"/></foreignObject>',
        f'<filter id="f"><feImage href="{url}/filter"/></filter><g filter="url(#f)"><path d="M0 0h9"/></g>',
        f"<rect width='9' height='9' style='background:url({url}/ground);cursor:url({url}/cursor),auto'/>",
        f'<animate href="#x" onbegin="fetch(&quot;{url}/begin&quot;)" dur="1s"/>',
    ]
    bodies = [form.format(one) for form in FORMS for one in values]
    bodies += [f"<style><title/>{one}</style><rect width='9' height='9'/>" for one in sheets]
    return [svg(one) for one in [*bodies, *more]]


def left(data: bytes) -> list[str]:
    try:
        return [clean_svg_drawing(data).text]
    except PictureRefused:
        return []


def test_cleaned_drawing_sends_no_request(browser: BrowserTab) -> None:
    assert requested_paths(browser, cleaned=True) == set()


def test_uncleaned_drawing_sends_requests(browser: BrowserTab) -> None:
    """Proves that the other test would see a request."""
    assert {"/stolen", "/image"} <= requested_paths(browser, cleaned=False)
