"""Cleaned drawings in Chromium, in a page and as documents: they cause no request."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from generation.drawings import clean_drawing
from schemas.errors import PictureRefused
from tests.generation.svg import svg
from tests.generation.test_drawing_styles import FORMS, OUT, SHEETS, VALUES, escaped
from tests.peers.chromium import browsing

pytestmark = pytest.mark.peers


class DrawingSite(ThreadingHTTPServer):
    """Serves a list of drawings, and a page with all of them; `strange` are other requested paths."""

    daemon_threads = True
    drawings: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class DrawingHandler(BaseHTTPRequestHandler):
    server: DrawingSite

    def do_GET(self) -> None:
        self.send_response(200)
        name = self.path.strip("/").removesuffix(".svg")
        self.send_header("Content-Type", "image/svg+xml" if name.isdecimal() else "text/html")
        self.end_headers()
        if name.isdecimal():
            self.wfile.write(self.server.drawings[int(name)].encode())
        elif name == "page":
            frames = (f'<iframe src="/{number}.svg"></iframe>' for number in range(len(self.server.drawings)))
            page = f"<!doctype html><body>{''.join(self.server.drawings)}{''.join(frames)}"
            self.wfile.write(page.encode())
        else:
            self.server.strange += (self.path,)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[DrawingSite]:
    with DrawingSite(("127.0.0.1", 0), DrawingHandler) as site:
        thread = Thread(target=site.serve_forever)
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()


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
        return [clean_drawing(data).text]
    except PictureRefused:
        return []


def requested_paths(site: DrawingSite, drawings: list[str]) -> set[str]:
    """Return the other paths that a browser requests until the page and all frames are loaded."""
    site.drawings, site.strange = tuple(drawings), ()
    with browsing() as page:
        page.open(f"{site.url}/page", "document.readyState === 'complete'")
    return {*site.strange} - {"/favicon.ico"}


def test_cleaned_drawing_sends_no_request() -> None:
    with serving() as site:
        drawings = attacks(site.url)
        assert requested_paths(site, [text for one in drawings for text in left(one)]) == set()


def test_uncleaned_drawing_sends_requests() -> None:
    """Proves that the other test would see a request."""
    with serving() as site:
        drawings = [one.decode() for one in attacks(site.url)]
        assert {"/stolen", "/image"} <= requested_paths(site, drawings)
