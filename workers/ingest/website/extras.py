"""Extras of a site in addition to the named page: root, manifest, style sheets, /llms.txt. Each may fail."""

import asyncio
from typing import NamedTuple

from workers.ingest.page.address import root_url, site_of_url
from workers.ingest.parser.parser import Parser, read
from workers.ingest.shapes import Llms, Manifest, ParsedDocument, ParsedPage, Styles, StyleSheet
from workers.ingest.website.pages import read_landing
from workers.ingest.website.session import CrawlSession

#: Delay between two requests to a site, in seconds, up to which its style sheets are fetched.
MAX_DELAY_S = 1.0


class Extras(NamedTuple):
    """Extras that were read. `home` is None if the named page is the root itself."""

    home: ParsedPage | None
    readings: list[ParsedDocument]


async def read_extras(session: CrawlSession, parser: Parser, page: ParsedPage) -> Extras:
    async def home_and_manifest() -> tuple[ParsedPage | None, ParsedDocument | None]:
        home = await session.optional(read_root(session, parser, page), otherwise="root_unread")
        address = page.manifest or (home.manifest if home else None)
        return home, await session.optional(read_manifest(session, parser, address)) if address else None

    (home, manifest_reading), llms_reading, styles_reading = await asyncio.gather(
        home_and_manifest(),
        session.optional(read_llms(session, parser, page)),
        session.optional(read_styles(session, parser, page)),
    )
    return Extras(
        home, [reading for reading in (manifest_reading, llms_reading, styles_reading) if reading is not None]
    )


async def read_root(session: CrawlSession, parser: Parser, page: ParsedPage) -> ParsedPage | None:
    address = root_url(page.url)
    if page.url == address:
        return None
    home = await read_landing(session, parser, address, within=site_of_url(address))
    return home if home.url != page.url else None


async def read_manifest(session: CrawlSession, parser: Parser, url: str) -> ParsedDocument:
    fetched = await session.get(url, "manifest")
    return await read(parser, Manifest(url=fetched.url, body=fetched.body))


async def read_llms(session: CrawlSession, parser: Parser, page: ParsedPage) -> ParsedDocument:
    fetched = await session.get(f"{root_url(page.url)}llms.txt", "llms", within=site_of_url(page.url))
    return await read(parser, Llms(url=fetched.url, body=fetched.body))


async def read_styles(session: CrawlSession, parser: Parser, page: ParsedPage) -> ParsedDocument | None:
    """Read the page's style sheets together, its `<style>` last. None if it has no styles."""
    urls = page.styles if await has_short_delay(session, page.url) else []
    linked_sheets = await asyncio.gather(
        *(session.optional(read_style_sheet(session, url, within=site_of_url(page.url))) for url in urls)
    )
    inline = [StyleSheet(url=page.url, body=page.inline_style.encode())] if page.inline_style else []
    sheets = [*filter(None, linked_sheets), *inline]
    return await read(parser, Styles(sheets=sheets)) if sheets else None


async def has_short_delay(session: CrawlSession, url: str) -> bool:
    """Return whether the site's Crawl-delay is short. With a long one, sheets would take its pages' time."""
    return (await session.web.robots.admit(url)).delay_s <= MAX_DELAY_S


async def read_style_sheet(session: CrawlSession, url: str, *, within: str) -> StyleSheet:
    fetched = await session.get(url, "style", within=within)
    return StyleSheet(url=fetched.url, body=fetched.body, content_type=fetched.content_type)
