"""Ingest of a website, from its first request to its extraction.

A revisit repeats each request of the last visit as a conditional one. If the server answers all with 304, or
with the same bytes as before, the site is unchanged. At the first other answer the whole site is read again.
Full responses are kept until then, so that they aren't requested twice. A site with a page that needs its scripts
is always read again: the page's text comes from other requests.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from schemas.brand import BrandExtraction, HttpValidators, LastCrawlRecord
from schemas.errors import SourceError
from workers.ingest.assemble import assemble_brand_extraction
from workers.ingest.llm.suggest import BrandModel, compute_extraction_version
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.perform import ReportProgress
from workers.ingest.pictures.fetch_images import build_web_image_fetcher, fetch_useful_images
from workers.ingest.shapes import ParsedNonPageDoc, ParsedPage
from workers.ingest.website.extras import read_home_manifest_llms_and_styles
from workers.ingest.website.pages import (
    crawl_requested_page,
    drop_other_names_of_root,
    lower_linked_page_confidence,
    read_linked_pages,
)
from workers.ingest.website.session import MAX_CRAWL_TIME_S, CrawlSession, WebCrawlResources
from workers.web.fetch import FetchedResponse

#: Version of our rules. Raise it whenever the rules read other data from a site, so that unchanged sites are
#: read again.
WEBSITE_EXTRACTION_RULES_VERSION = 9
#: Seconds of the ingest that a revisit may take, so that there is time left to read the site.
UNCHANGED_SITE_CHECK_TIMEOUT_S = 20.0
#: Bytes of responses that are kept: responses beyond it are requested again.
MAX_KEPT_REVISIT_RESPONSES_BYTES = 4 << 20


async def ingest_website_source(
    web: WebCrawlResources,
    parser: DocumentParser,
    *,
    args: dict[str, Any],
    progress: ReportProgress,
    visit: LastCrawlRecord | None = None,
    model: BrandModel | None = None,
) -> BrandExtraction:
    """Read a website; return its brand extraction, or an empty one marked `unchanged` if it is as at `visit`.

    Raises a `SourceError` for the page at `url` of `args`; another page's failure is a warning. With
    `follow_links`, at most `max_pages` pages are read. The site's root, for the brand's name, doesn't count. The page
    about the brand is always read: it is the first of the followed pages, or else an extra page.
    """
    session, rules = CrawlSession(web), compute_extraction_version(WEBSITE_EXTRACTION_RULES_VERSION, model)
    await progress("fetching", 0.1)
    if visit and visit.rules == rules and await is_site_unchanged(session, visit):
        return build_empty_extraction_of_unchanged_site(args["url"], visit)
    documents = await read_site_documents(session, parser, args, progress)
    pages = [document for document in documents if isinstance(document, ParsedPage)]
    images = [picture for document in documents for picture in document.pictures]
    logos = [page.logo for page in pages if page.logo]
    await progress("analyzing", 0.75)
    return await assemble_brand_extraction(
        parser,
        url=pages[0].url,
        title=pages[0].title,
        candidates=[candidate for document in documents for candidate in document.candidates],
        passages=[passage for document in documents for passage in document.passages],
        facts=[fact for document in documents for fact in document.facts],
        warnings=[*session.warnings, *build_site_crawl_warnings(session, pages)],
        visit=session.build_last_crawl_record(args, rules=rules, url=pages[0].url),
        model=model,
        pictures=fetch_useful_images(build_web_image_fetcher(web), parser, images),
        drawn=[*logos[:1], *filter(None, [session.screenshot])],
    )


async def read_site_documents(
    session: CrawlSession, parser: DocumentParser, args: dict[str, Any], progress: ReportProgress
) -> list[ParsedPage | ParsedNonPageDoc]:
    """Read a site's pages and other files; return the parsed documents.

    The page in `args` is first, linked pages (with less confidence) are last. Raises the first page's `SourceError`.
    """

    async def report_followed(part: float) -> None:
        await progress("fetching", 0.4 + 0.3 * part)

    page = await crawl_requested_page(session, parser, args["url"])
    await progress("fetching", 0.3)
    home, readings = await read_home_manifest_llms_and_styles(session, parser, page)
    await progress("fetching", 0.4)
    first_pages = [page, home] if home else [page]
    limit = args.get("max_pages", 1) - 1 if args.get("follow_links") else 0
    linked_pages = await read_linked_pages(session, parser, read_already=first_pages, limit=limit, done=report_followed)
    named_pages = [page, drop_other_names_of_root(home, page)] if home else [page]
    return [*named_pages, *readings, *map(lower_linked_page_confidence, linked_pages)]


def build_site_crawl_warnings(session: CrawlSession, pages: list[ParsedPage]) -> Iterator[str]:
    shells = sum(page.scripted for page in pages)
    if shells or session.undrawn:
        reasons = "; ".join(dict.fromkeys(session.undrawn)) or "they have no more text in a browser"
        yield (
            f"js_rendered: {session.scripted} of {len(pages)} pages have next to no text without JavaScript;"
            f" {shells} were read by their heads only: {reasons}"
        )
    if session.truncated:
        yield (f"truncated: the site was too slow for {MAX_CRAWL_TIME_S:g} s; {len(pages)} of its pages were read")


def build_empty_extraction_of_unchanged_site(url: str, visit: LastCrawlRecord) -> BrandExtraction:
    """Return the extraction of an unchanged site: it has no fields, and a warning, so that the brand stays as it is."""
    return BrandExtraction(
        url=visit.url or url,
        title=None,
        fields={},
        warnings=["unchanged: the site has not changed since it was last read"],
        unchanged=True,
    )


async def is_site_unchanged(session: CrawlSession, visit: LastCrawlRecord) -> bool:
    """Return whether the server answers each request of the visit as before.

    Return False after the check's timeout, or without validators. Full responses are added to `session.fetched`.
    """
    try:
        async with asyncio.timeout(UNCHANGED_SITE_CHECK_TIMEOUT_S):
            for url, validators in visit.answers.items():
                if not await is_response_unchanged(session, url, validators):
                    return False
    except TimeoutError:
        return False
    return bool(visit.answers)


async def is_response_unchanged(session: CrawlSession, url: str, validators: HttpValidators) -> bool:
    """Request a URL of the last visit again; return whether the response is as before.

    That is a 304, the same bytes and address, or an error after an error. Adds a full response to `session.fetched`.
    """
    final_url = validators.url or url
    try:
        fetched = await session.request_url(url, validators.kind or "page", validators_by_url={final_url: validators})
    except SourceError:
        return validators.digest is None
    if fetched.unchanged:
        return fetched.url == final_url
    keep_revisit_response_in_session(session, url, fetched)
    return (fetched.url, fetched.digest) == (final_url, validators.digest)


def keep_revisit_response_in_session(session: CrawlSession, url: str, fetched: FetchedResponse) -> None:
    """Add the response to `session.fetched`, so that the site's reading doesn't request it again.

    Drop it if all kept responses together would exceed `MAX_KEPT_REVISIT_RESPONSES_BYTES`.
    """
    if sum(len(answer.body) for answer in (*session.fetched.values(), fetched)) <= MAX_KEPT_REVISIT_RESPONSES_BYTES:
        session.fetched[url] = fetched
