"""Pages of a site that need their scripts: each is drawn by a browser, and then read as any page."""

import asyncio
from collections.abc import Mapping

from schemas.errors import SourceError
from schemas.pictures import DrawnPicture, PictureFoundByIngest
from workers.ingest.parser.parser import DocumentParser, parse_page
from workers.ingest.pictures.measure import measure_image_type_and_size
from workers.ingest.render.drawer import MIN_DRAWING_S, PageDrawer
from workers.ingest.render.drawing import DrawnPage
from workers.ingest.render.limits import DrawingEnd
from workers.ingest.shapes import FetchedPage, ParsedPage
from workers.ingest.website.session import CrawlSession
from workers.web.fetch import FetchedResponse

#: Pages of an ingest that are drawn: the named one and the root first.
MAX_DRAWN_PAGES_PER_INGEST = 3
#: Seconds of a page: its wait for the browser, and its drawing.
MAX_PAGE_DRAWING_S = 25.0
#: Seconds of the session that are left for other requests.
SESSION_RESERVE_S = 5.0
#: Seconds between two requests to a site, by its robots.txt, up to which its pages are drawn.
MAX_DRAWING_CRAWL_DELAY_S = 1.0
#: The place of a screenshot, as the rule of a picture.
SCREENSHOT_RULE = "page.drawn"

NO_BROWSER_REASON = "no browser is installed here (operators: apt install chromium-headless-shell)"
REASON_BY_DRAWING_END: Mapping[DrawingEnd, str] = {
    "cpu": "a page uses too much CPU",
    "memory": "a page uses too much memory",
    "time": "a page takes too long",
    "requests": "a page sends too many requests",
    "crash": "a page breaks the browser",
    "busy": "the browser was busy with other pages",
}


async def draw_page_that_needs_scripts(
    session: CrawlSession, parser: DocumentParser, fetched: FetchedResponse, page: ParsedPage
) -> ParsedPage:
    """Return the page as a browser draws it if it needs its scripts; else, or if that fails, `page` as it is.

    Notes the reason for a page that was not drawn as a whole. Raises `TimeoutError` after the session's time.
    """
    if not page.scripted:
        if session.web.shows_pages:
            await draw_first_page_for_its_screenshot(session, parser, fetched)
        return page
    session.scripted += 1
    drawer, reason = session.web.drawer, await find_reason_against_drawing(session, page.url)
    if drawer is None or reason:
        session.undrawn.append(reason)
        return page
    drawn = await draw_fetched_page(session, drawer, parser, fetched)
    if drawn.ended_by:
        session.undrawn.append(REASON_BY_DRAWING_END[drawn.ended_by])
    if drawn.html is None:
        return page
    keep_first_screenshot(session, drawn)
    source = FetchedPage(
        url=drawn.url,
        body=drawn.html.encode(errors="replace"),
        content_type="text/html; charset=utf-8",
        language=fetched.language,
    )
    try:
        return await parse_page(parser, source)
    except SourceError as error:
        session.undrawn.append(error.message)
        return page


async def draw_first_page_for_its_screenshot(
    session: CrawlSession, parser: DocumentParser, fetched: FetchedResponse
) -> None:
    """Keep a screenshot of the session's first page. Without a browser, or time for it, there is none."""
    drawer = session.web.drawer
    if drawer and not session.screenshot and find_drawing_time_s(session) >= MIN_DRAWING_S:
        keep_first_screenshot(session, await draw_fetched_page(session, drawer, parser, fetched))


async def find_reason_against_drawing(session: CrawlSession, url: str) -> str:
    """Return the reason why a page that needs its scripts is not drawn; empty if it is. Raises `SourceError`."""
    if session.web.drawer is None:
        return NO_BROWSER_REASON
    if session.scripted > MAX_DRAWN_PAGES_PER_INGEST:
        return f"at most {MAX_DRAWN_PAGES_PER_INGEST} pages are drawn"
    if find_drawing_time_s(session) < MIN_DRAWING_S:
        return REASON_BY_DRAWING_END["time"]
    delay_s = (await session.web.robots.load_rules_that_allow_url(url)).crawl_delay_s
    return "robots.txt asks for a long Crawl-delay" if delay_s > MAX_DRAWING_CRAWL_DELAY_S else ""


def find_drawing_time_s(session: CrawlSession) -> float:
    """Return the seconds that the next drawing may take, with its wait."""
    left_s = session.ends - asyncio.get_running_loop().time()
    return min(MAX_PAGE_DRAWING_S, left_s - SESSION_RESERVE_S)


async def draw_fetched_page(
    session: CrawlSession, drawer: PageDrawer, parser: DocumentParser, fetched: FetchedResponse
) -> DrawnPage:
    """Draw a fetched page; each of its requests is one of the session: guarded, by robots.txt and the rate limit."""

    async def fetch(url: str, within: str | None, headers: Mapping[str, str]) -> FetchedResponse:
        return await session.request_url(url, "resource", within=within, headers=headers)

    tenant = parser.tenant or object()
    return await drawer.draw_page(fetched, fetch, tenant=tenant, within_s=find_drawing_time_s(session))


def keep_first_screenshot(session: CrawlSession, drawn: DrawnPage) -> None:
    """Keep the screenshot of a drawn page in the session, if it is the first one and an image."""
    measured = measure_image_type_and_size(drawn.screenshot) if drawn.screenshot else None
    if session.screenshot or not drawn.screenshot or not measured:
        return
    picture = PictureFoundByIngest(
        kind="screenshot",
        url=drawn.url,
        width=measured.width,
        height=measured.height,
        type=measured.type,
        rule=SCREENSHOT_RULE,
        page=drawn.url,
        bytes=len(drawn.screenshot),
    )
    session.screenshot = DrawnPicture(picture=picture, data=drawn.screenshot)
