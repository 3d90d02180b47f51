"""Extras of a site in addition to the named page: root, manifest, style sheets, /llms.txt. Each may fail."""

import asyncio

from workers.ingest.page.address import root_url, site_of_url
from workers.ingest.parser.parser import DocumentParser, parse_non_page_document
from workers.ingest.shapes import (
    FetchedLlmsTxt,
    FetchedPageStyles,
    FetchedStyleSheet,
    FetchedWebManifest,
    ParsedNonPageDoc,
    ParsedPage,
)
from workers.ingest.website.pages import read_meta_refreshed_page
from workers.ingest.website.session import CrawlSession

#: Delay between two requests to a site, in seconds, up to which its style sheets are fetched.
MAX_STYLE_CRAWL_DELAY_S = 1.0


async def read_home_manifest_llms_and_styles(
    session: CrawlSession, parser: DocumentParser, page: ParsedPage
) -> tuple[ParsedPage | None, list[ParsedNonPageDoc]]:
    """Return the root's page, None if it is the named page or wasn't read, and the other extras that were read."""

    async def home_and_manifest() -> tuple[ParsedPage | None, ParsedNonPageDoc | None]:
        home = await session.await_or_none(read_site_root(session, parser, page), otherwise="root_unread")
        address = page.manifest or (home.manifest if home else None)
        return home, await session.await_or_none(fetch_web_manifest(session, parser, address)) if address else None

    (home, manifest_reading), llms_reading, styles_reading = await asyncio.gather(
        home_and_manifest(),
        session.await_or_none(fetch_llms_txt(session, parser, page)),
        session.await_or_none(fetch_page_styles(session, parser, page)),
    )
    return home, [reading for reading in (manifest_reading, llms_reading, styles_reading) if reading is not None]


async def read_site_root(session: CrawlSession, parser: DocumentParser, page: ParsedPage) -> ParsedPage | None:
    address = root_url(page.url)
    if page.url == address:
        return None
    home = await read_meta_refreshed_page(session, parser, address, within=site_of_url(address))
    return home if home.url != page.url else None


async def fetch_web_manifest(session: CrawlSession, parser: DocumentParser, url: str) -> ParsedNonPageDoc:
    fetched = await session.fetch_crawl_url(url, "manifest")
    return await parse_non_page_document(parser, FetchedWebManifest(url=fetched.url, body=fetched.body))


async def fetch_llms_txt(session: CrawlSession, parser: DocumentParser, page: ParsedPage) -> ParsedNonPageDoc:
    fetched = await session.fetch_crawl_url(f"{root_url(page.url)}llms.txt", "llms", within=site_of_url(page.url))
    return await parse_non_page_document(parser, FetchedLlmsTxt(url=fetched.url, body=fetched.body))


async def fetch_page_styles(session: CrawlSession, parser: DocumentParser, page: ParsedPage) -> ParsedNonPageDoc | None:
    """Fetch and parse a page's style sheets together, its `<style>` last; return their colors, None without styles.

    A failed sheet is left out. With a long Crawl-delay only the `<style>` texts are read.
    """
    urls = page.styles if await is_crawl_delay_short_enough_for_styles(session, page.url) else []
    linked_sheets = await asyncio.gather(
        *(session.await_or_none(fetch_style_sheet(session, url, within=site_of_url(page.url))) for url in urls)
    )
    inline = [FetchedStyleSheet(url=page.url, body=page.inline_style.encode())] if page.inline_style else []
    sheets = [*filter(None, linked_sheets), *inline]
    return await parse_non_page_document(parser, FetchedPageStyles(sheets=sheets)) if sheets else None


async def is_crawl_delay_short_enough_for_styles(session: CrawlSession, url: str) -> bool:
    """Return whether a site's Crawl-delay is at most `MAX_STYLE_CRAWL_DELAY_S`. Raises `SourceError` if denied."""
    return (await session.web.robots.load_rules_that_allow_url(url)).crawl_delay_s <= MAX_STYLE_CRAWL_DELAY_S


async def fetch_style_sheet(session: CrawlSession, url: str, *, within: str) -> FetchedStyleSheet:
    fetched = await session.fetch_crawl_url(url, "style", within=within)
    return FetchedStyleSheet(url=fetched.url, body=fetched.body, content_type=fetched.content_type)
