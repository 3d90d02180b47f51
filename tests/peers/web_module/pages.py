"""Web pages that send events, and their event server with test-defined responses."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from api.routes.web_module import MINIFIED_WEB_SDK, WEB_SDK_PATH
from tests.http_server import serve_in_thread
from tests.peers.chromium import BrowserTab

APP = "app_01a4f3c2-0000-7000-8000-000000000001"
KEY = f"lpa_{APP}_{'k' * 43}"
#: The number of events waiting in storage.
KEPT = "Object.keys(localStorage).filter((name) => /[.][^.]+[.]/.test(name)).length"
STILL = "void (globalThis.setTimeout = () => 0);"
READY = "globalThis.tenantry?.init"

Json = dict[str, Any]


class PlannedResponse(NamedTuple):
    """A response of the API; None instead of one closes the connection."""

    status: int = 202
    headers: tuple[tuple[str, str], ...] = ()


class ReceivedBatch(NamedTuple):
    """A request with events."""

    key: str
    size: int
    headers: dict[str, str]
    events: list[Json]

    @property
    def ids(self) -> list[str]:
        return [event["eventId"] for event in self.events]


class EventServer:
    """The API's event route and the site. `came` are all requests, `taken` the ids with a 202."""

    def __init__(self) -> None:
        self.url = ""
        self.came: list[ReceivedBatch] = []
        self.taken: list[str] = []
        self.answer: Callable[[ReceivedBatch], PlannedResponse | None] = lambda _: PlannedResponse()
        #: Headers of the site's pages.
        self.headers: dict[str, str] = {}
        self.script = ""

    @property
    def site(self) -> str:
        """Return an origin different from the API's."""
        return self.url.replace("127.0.0.1", "localhost")

    @property
    def events(self) -> list[Json]:
        return [event for one in self.came for event in one.events]

    @property
    def names(self) -> list[str]:
        return [event["name"] for event in self.events]

    def page(self) -> bytes:
        source = f"<title>Shop</title><script>{self.script}</script><script src='{self.url}{WEB_SDK_PATH}'></script>"
        return source.encode()

    def take(self, came: ReceivedBatch) -> PlannedResponse | None:
        self.came.append(came)
        response = self.answer(came)
        if response and response.status == 202:
            self.taken += came.ids
        return response

    def init(self, **options: Any) -> str:
        """Return a script that starts the module."""
        given = {"endpoint": f"{self.url}/v1/apps/{APP}/events", "key": KEY, **options}
        return f"tenantry.init({json.dumps(given)})"

    def open(self, page: BrowserTab, path: str = "/", **options: Any) -> None:
        page.open(f"{self.site}{path}", f"{READY} && location.pathname === '{path}'")
        page.run(self.init(**options))


class WebPageHandler(BaseHTTPRequestHandler):
    def __init__(self, server: EventServer, *rest: Any) -> None:
        self.events = server
        super().__init__(*rest)

    def do_GET(self) -> None:
        if urlsplit(self.path).path == WEB_SDK_PATH:
            self._send(200, MINIFIED_WEB_SDK, {"Content-Type": "text/javascript"})
        else:
            self._send(200, self.events.page(), {"Content-Type": "text/html"} | self.events.headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        key = parse_qs(urlsplit(self.path).query)["key"][0]
        response = self.events.take(ReceivedBatch(key, len(body), headers, json.loads(body)["events"]))
        if response:
            self._send(
                response.status, b"{}", {"Access-Control-Expose-Headers": "Retry-After", **dict(response.headers)}
            )

    def _send(self, status: int, body: bytes, headers: Json) -> None:
        self.send_response(status)
        for name, value in {"Access-Control-Allow-Origin": "*", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[EventServer]:
    events = EventServer()
    with serve_in_thread(partial(WebPageHandler, events)) as port:
        events.url = f"http://127.0.0.1:{port}"
        yield events


def leave(page: BrowserTab) -> None:
    page.open("about:blank", "location.href === 'about:blank'")


def still(*pages: BrowserTab) -> None:
    """Stop the pages' timers: the module then sends only on request, however slow the machine is."""
    for page in pages:
        page.run(STILL)


@contextmanager
def blank(page: BrowserTab) -> Iterator[BrowserTab]:
    """Open another tab, without events of earlier pages."""
    other = BrowserTab(page.browser)
    try:
        yield other
    finally:
        other.close()


@contextmanager
def tab(page: BrowserTab, server: EventServer) -> Iterator[BrowserTab]:
    """Open another tab of the same site."""
    with blank(page) as other:
        server.open(other)
        yield other


def track(page: BrowserTab, *names: str, **properties: object) -> list[str]:
    said = f"{json.dumps(names)}.map((name) => tenantry.track(name, {json.dumps(properties)}))"
    return list(page.run(said))
