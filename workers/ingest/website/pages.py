"""Pages of a site: the named page, and pages that it links to."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import msgspec

from schemas.brand import BrandFieldName, FieldCandidate
from schemas.errors import FetchedSourceUnusable, SourceError, SourceTimeout
from workers.ingest.choose import choose_brand_findings
from workers.ingest.page.address import is_home_page_url, page_url_comparison_key, site_of_url
from workers.ingest.page.text import fold_text
from workers.ingest.parser.parser import DocumentParser, parse_page
from workers.ingest.shapes import FetchedPage, ParsedPage, RankedLink
from workers.ingest.website.drawing import draw_page_that_needs_scripts
from workers.ingest.website.session import CrawlSession
from workers.web.fetch import FetchedResponse

#: Characters below which a page with a refresh has no content of its own.
MIN_REFRESHING_PAGE_CONTENT_CHARS = 200
#: Fields in which a linked page mainly describes itself.
FIELDS_LESS_CONFIDENT_ON_LINKED_PAGES: frozenset[BrandFieldName] = frozenset({"appDescription", "tagline", "keywords"})
#: Confidence factor of these fields of a linked page.
LINKED_PAGE_SELF_TEXT_CONFIDENCE_FACTOR = 0.7
#: Confidence factor of its other fields.
LINKED_PAGE_BRAND_FACT_CONFIDENCE_FACTOR = 0.9
#: Least confidence of a declared name.
MIN_DECLARED_NAME_CONFIDENCE = 0.75
#: Least confidence of a name in a home page's title or headline.
MIN_HOME_PAGE_NAME_CONFIDENCE = 0.4


async def crawl_requested_page(session: CrawlSession, parser: DocumentParser, url: str) -> ParsedPage:
    """Read the page that the partner named in the ingest's request.

    Raises a `SourceError`: `SourceTimeout` after the session's time, `FetchedSourceUnusable` for an empty page.
    """
    try:
        async with asyncio.timeout_at(session.ends):
            page = await read_meta_refreshed_page(session, parser, url)
    except TimeoutError as error:
        raise SourceTimeout("the page did not load in time; its site was too slow, or too busy") from error
    # The host alone is a candidate on any page.
    if page.text_length == 0 and all(candidate.rule == "host" for candidate in page.candidates):
        raise FetchedSourceUnusable("the page is empty; give a page that has text on it")
    return page


async def read_meta_refreshed_page(
    session: CrawlSession, parser: DocumentParser, url: str, *, within: str | None = None
) -> ParsedPage:
    """Read the page or, once, the target of its immediate refresh; if that fails, keep a page with text, or raise."""
    fetched = await session.fetch_crawl_url(url, within=within)
    page = await parse_fetched_page(parser, fetched)
    if page.refresh is None:
        return await draw_page_that_needs_scripts(session, parser, fetched, page)
    try:
        return await read_page(session, parser, page.refresh, within=within)
    except SourceError as error:
        if page.text_length < MIN_REFRESHING_PAGE_CONTENT_CHARS:
            raise
        session.warnings.append(f"refresh_unread: {error.message}")
        return page


async def read_page(session: CrawlSession, parser: DocumentParser, url: str, *, within: str | None) -> ParsedPage:
    """Fetch and parse a page; draw it if it needs its scripts. Raises a `SourceError`."""
    fetched = await session.fetch_crawl_url(url, within=within)
    page = await parse_fetched_page(parser, fetched)
    return await draw_page_that_needs_scripts(session, parser, fetched, page)


async def parse_fetched_page(parser: DocumentParser, fetched: FetchedResponse) -> ParsedPage:
    return await parse_page(
        parser,
        FetchedPage(url=fetched.url, body=fetched.body, content_type=fetched.content_type, language=fetched.language),
    )


async def read_linked_pages(
    session: CrawlSession,
    parser: DocumentParser,
    *,
    read_already: list[ParsedPage],
    limit: int,
    done: Callable[[float], Awaitable[None]],
) -> list[ParsedPage]:
    """Read at most `limit` pages that the pages in `read_already` link to, the best first; return the new ones.

    With a `limit` of 0, read the page about the brand, if there is a link to it. A failed page is left out, with
    a warning. `done` is called with the share of finished pages, from 0 to 1.
    """
    links = rank_linked_pages(read_already)
    chosen = links[:limit] if limit else [link for link in links[:1] if link.is_about]
    urls = [link.url for link in chosen]
    finished = 0

    async def read_linked(url: str) -> ParsedPage | None:
        nonlocal finished
        reading = read_page(session, parser, url, within=site_of_url(url))
        page = await session.await_or_none(reading, otherwise=f"page_unread: {url}")
        finished += 1
        await done(finished / len(urls))
        return page

    pages = await asyncio.gather(*map(read_linked, urls))
    return drop_same_url_pages(filter(None, pages), pages_to_skip=read_already)


def rank_linked_pages(pages: Iterable[ParsedPage]) -> list[RankedLink]:
    """Return the links of all pages, best first, each page once, without the given pages themselves."""
    by_key: dict[str, RankedLink] = {}
    for link in sorted((link for page in pages for link in page.links), key=lambda link: link.rank):
        by_key.setdefault(page_url_comparison_key(link.url), link)
    page_keys = {page_url_comparison_key(page.url) for page in pages}
    return [link for key, link in by_key.items() if key not in page_keys]


def drop_same_url_pages(pages: Iterable[ParsedPage], *, pages_to_skip: Iterable[ParsedPage]) -> list[ParsedPage]:
    """Return each of `pages` once, by its address after redirects, without those in `pages_to_skip`."""
    known_keys = {page_url_comparison_key(page.url) for page in pages_to_skip}
    by_key = {page_url_comparison_key(page.url): page for page in pages}
    return [page for key, page in by_key.items() if key not in known_keys]


def lower_linked_page_confidence(page: ParsedPage) -> ParsedPage:
    """Return a page reached by a link, with lower confidence in each candidate: it is less about the brand."""
    candidates = [
        msgspec.structs.replace(
            candidate,
            confidence=candidate.confidence
            * (
                LINKED_PAGE_SELF_TEXT_CONFIDENCE_FACTOR
                if candidate.field in FIELDS_LESS_CONFIDENT_ON_LINKED_PAGES
                else LINKED_PAGE_BRAND_FACT_CONFIDENCE_FACTOR
            ),
        )
        for candidate in page.candidates
    ]
    return msgspec.structs.replace(page, candidates=candidates)


def drop_other_names_of_root(home: ParsedPage, page: ParsedPage) -> ParsedPage:
    """Return the site's root without names of another brand than the one that the partner's page is named for.

    A name that contains the page's name, or is a part of it, stays. A page names its brand if it declares a name,
    or as the home page of a language such as `/de/`: the title of any other page may name its own subject.
    """
    min_confidence = MIN_HOME_PAGE_NAME_CONFIDENCE if is_home_page_url(page.url) else MIN_DECLARED_NAME_CONFIDENCE
    name = choose_brand_findings(page.candidates).get("appName")
    if name is None or name.confidence < min_confidence:
        return home
    page_name = fold_text(str(name.value))

    def is_of_same_brand(candidate: FieldCandidate) -> bool:
        root_name = fold_text(str(candidate.value))
        return candidate.field != "appName" or root_name in page_name or page_name in root_name

    return msgspec.structs.replace(home, candidates=[*filter(is_of_same_brand, home.candidates)])
