"""Pages of a site that need their scripts, with a drawer that runs no browser."""

import asyncio
from collections.abc import Hashable
from typing import Any

import httpx
import pytest

from schemas.brand import BrandExtraction
from schemas.errors import SourceError
from tests.workers.ingest.render.shell import SHELL_ANSWERS
from tests.workers.ingest.website.visits import ingest_site, warning_codes
from tests.workers.web.web import Answers, Site, allowed_client, raw_response, robots_txt, serve
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.render.drawer import NO_CHROMIUM, PageDrawer, find_page_drawer
from workers.ingest.render.drawing import DrawnPage
from workers.ingest.render.jail import can_open_jail
from workers.ingest.render.limits import DrawingEnd, ResourceUsage
from workers.ingest.render.requests import FetchResource
from workers.ingest.website import drawing
from workers.ingest.website.session import build_crawl_resources
from workers.web.fetch import FetchedResponse

DRAWN = f"<html lang=en><title>Zap</title><h1>Draw what you say</h1><p>{'Zap draws what you say, for teams. ' * 9}"
GIF = b"GIF89a" + bytes([0, 5, 132, 3]) + bytes(9)


class StubDrawer(PageDrawer):
    """Drawer that returns what the test says; `drawn` has the addresses of its pages."""

    def __init__(self, html: str | None = DRAWN, ended_by: DrawingEnd | None = None, asks: str = "") -> None:
        super().__init__("")
        self.html, self.ended_by, self.asks = html, ended_by, asks
        self.drawn: list[str] = []

    async def draw_page(
        self, page: FetchedResponse, fetch: FetchResource, *, tenant: Hashable, within_s: float
    ) -> DrawnPage:
        self.drawn.append(page.url)
        if self.asks:
            await fetch(str(httpx.URL(page.url).join(self.asks)), None, {})
        return DrawnPage(page.url, self.html, GIF if self.html else None, self.ended_by, ResourceUsage())


async def ingest(
    parser: DocumentParser, answers: Answers, drawer: PageDrawer | None, *, shows_pages: bool = False, **args: Any
) -> tuple[BrandExtraction, Site]:
    async with serve(answers) as site, allowed_client(site) as client:
        web = build_crawl_resources(client, drawer)._replace(shows_pages=shows_pages)
        return await ingest_site(parser, web, site, **args), site


async def test_a_drawn_page_is_read_as_any_page_and_has_a_screenshot(parser: DocumentParser) -> None:
    drawer = StubDrawer()
    extraction, site = await ingest(parser, SHELL_ANSWERS, drawer)
    assert extraction.warnings == []
    assert extraction.fields["tagline"].value == "Draw what you say"
    [screenshot] = extraction.drawn
    assert screenshot.data == GIF
    picture = screenshot.picture
    assert (picture.kind, picture.url, picture.width, picture.height) == ("screenshot", site.url(), 1280, 900)
    assert extraction.media == []
    assert drawer.drawn == [site.url()]


async def test_a_page_that_needs_scripts_is_read_again_each_time(parser: DocumentParser) -> None:
    async with serve(SHELL_ANSWERS) as site, allowed_client(site) as client:
        web = build_crawl_resources(client, StubDrawer())
        first = await ingest_site(parser, web, site)
        again = await ingest_site(parser, web, site, last=first.visit)
    assert not again.unchanged
    assert again.fields == first.fields


async def test_the_first_page_is_drawn_for_a_person_and_read_as_it_was_fetched(parser: DocumentParser) -> None:
    text = "<p>Acme rents boats to families and schools, with life vests and maps for all lakes of the region. " * 4
    about = raw_response(body=f"<title>About Acme</title>{text}")
    home = raw_response(body=f"<title>Acme</title><h1>Boats for all</h1><a href=/about>About us</a>{text}")
    drawer = StubDrawer()
    extraction, site = await ingest(parser, {"/": home, "/about": about}, drawer, shows_pages=True)
    assert drawer.drawn == [site.url()]
    assert [one.picture.kind for one in extraction.drawn] == ["screenshot"]
    assert extraction.title == "Acme"
    without_browser, _ = await ingest(parser, {"/": home, "/about": about}, None, shows_pages=True)
    assert (without_browser.drawn, without_browser.warnings) == ([], [])


async def test_a_page_with_text_is_not_drawn(parser: DocumentParser) -> None:
    drawer = StubDrawer()
    extraction, _ = await ingest(parser, {"/": raw_response(body=f"{DRAWN}<script src=/app.js></script>")}, drawer)
    assert drawer.drawn == []
    assert extraction.drawn == []


@pytest.mark.parametrize("ended_by", drawing.REASON_BY_DRAWING_END)
async def test_an_early_end_is_a_warning_and_what_was_drawn_is_read(
    parser: DocumentParser, ended_by: DrawingEnd
) -> None:
    reason = drawing.REASON_BY_DRAWING_END[ended_by]
    partly, _ = await ingest(parser, SHELL_ANSWERS, StubDrawer(ended_by=ended_by))
    assert partly.fields["tagline"].value == "Draw what you say"
    assert partly.warnings[0].endswith(f"0 were read by their heads only: {reason}")
    undrawn, _ = await ingest(parser, SHELL_ANSWERS, StubDrawer(None, ended_by))
    assert "tagline" not in undrawn.fields
    assert undrawn.warnings[0].endswith(f"1 were read by their heads only: {reason}")


async def test_without_a_browser_the_warning_says_how_to_install_one(parser: DocumentParser) -> None:
    extraction, _ = await ingest(parser, SHELL_ANSWERS, None)
    assert warning_codes(extraction) == ["js_rendered"]
    assert "apt install chromium-headless-shell" in extraction.warnings[0]
    assert extraction.fields["appName"].value == "Zap"


async def test_a_drawing_without_text_leaves_the_head(parser: DocumentParser) -> None:
    extraction, _ = await ingest(parser, SHELL_ANSWERS, StubDrawer("<title>Zap</title><script src=a></script>"))
    assert extraction.fields["appName"].value == "Zap"
    assert extraction.warnings[0].endswith("they have no more text in a browser")


async def test_few_pages_of_a_site_are_drawn(parser: DocumentParser) -> None:
    shell = "<script src=/app.js></script>"
    links = "".join(f"<a href=/about/{number}>About</a>" for number in range(6))
    pages = {f"/about/{number}": raw_response(body=f"<title>Zap {number}</title>{shell}") for number in range(6)}
    drawer = StubDrawer(f"{DRAWN}{links}")
    extraction, site = await ingest(parser, {**SHELL_ANSWERS, **pages}, drawer, follow_links=True, max_pages=7)
    assert drawer.drawn[0] == site.url()
    assert len(drawer.drawn) == drawing.MAX_DRAWN_PAGES_PER_INGEST
    assert "at most 3 pages are drawn" in extraction.warnings[0]


@pytest.mark.parametrize("delay_s", [0.1, 5])
async def test_a_long_crawl_delay_forbids_a_drawing(parser: DocumentParser, delay_s: float) -> None:
    drawer = StubDrawer()
    rules = robots_txt(f"Crawl-delay: {delay_s}", "Disallow: /llms.txt")
    extraction, _ = await ingest(parser, {"/robots.txt": rules, **SHELL_ANSWERS}, drawer)
    assert len(drawer.drawn) == (delay_s < drawing.MAX_DRAWING_CRAWL_DELAY_S)
    assert any("Crawl-delay" in warning for warning in extraction.warnings) == (delay_s > 1)


@pytest.mark.parametrize("address", ["/private", "http://169.254.169.254/latest/", "http://127.0.0.1:1/"])
async def test_the_requests_of_a_drawing_are_guarded_and_by_robots_txt(parser: DocumentParser, address: str) -> None:
    answers = {"/robots.txt": robots_txt("Disallow: /private"), **SHELL_ANSWERS, "/private": raw_response(body="x")}
    async with serve(answers) as site, allowed_client(site) as client:
        with pytest.raises(SourceError):
            await ingest_site(parser, build_crawl_resources(client, StubDrawer(asks=address)), site)
    assert "/private" not in site.paths


async def test_a_tenant_waits_for_the_browser_for_a_time_only() -> None:
    drawer = PageDrawer("/bin/false")
    page = FetchedResponse(url="http://zap.example/", status=200, headers=httpx.Headers(), body=b"")
    async with drawer.slots.hold_slot("other"):
        drawn = await drawer.draw_page(page, unreachable, tenant="own", within_s=5.05)
    assert (drawn.ended_by, drawn.html) == ("busy", None)
    assert drawer.slots.held.total() == 0


async def unreachable(*_: object) -> FetchedResponse:
    raise AssertionError


async def test_a_browser_that_ends_at_once_is_a_crash() -> None:
    page = FetchedResponse(url="http://zap.example/", status=200, headers=httpx.Headers(), body=b"")
    async with asyncio.timeout(60):
        drawn = await PageDrawer("/bin/false").draw_page(page, unreachable, tenant="own", within_s=20)
    assert (drawn.ended_by, drawn.html) == ("crash", None)


async def test_a_browser_that_cannot_be_started_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse)
    page = FetchedResponse(url="http://zap.example/", status=200, headers=httpx.Headers(), body=b"")
    drawn = await PageDrawer("/bin/false").draw_page(page, unreachable, tenant="own", within_s=20)
    assert (drawn.ended_by, drawn.html) == ("crash", None)
    assert not await can_open_jail()


@pytest.mark.parametrize("setting", [NO_CHROMIUM, "/no/such/chromium"])
async def test_no_drawer_without_a_program(setting: str) -> None:
    assert await find_page_drawer(setting) is None
