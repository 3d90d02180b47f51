"""Ingest of a website, from its first request to its extraction."""

from collections.abc import Iterator
from typing import Any

from schemas.brand import CrawlState, Extraction
from workers.ingest.assemble import assemble
from workers.ingest.llm.suggest import version
from workers.ingest.parser.parser import Parser
from workers.ingest.perform import Progress
from workers.ingest.pictures.fetch_images import fetch_images
from workers.ingest.shapes import ParsedDocument, ParsedPage
from workers.ingest.website import revisit
from workers.ingest.website.extras import read_extras
from workers.ingest.website.pages import follow, read_named, weigh
from workers.ingest.website.session import FETCHING_S, CrawlSession, Web
from workers.llm.endpoint import Model

#: Progress of an ingest after the named page.
NAMED_PROGRESS = 0.3
#: Progress after the extras.
EXTRAS_PROGRESS = 0.4
#: Progress after the linked pages.
FOLLOWED_PROGRESS = 0.7


async def ingest(
    web: Web,
    parser: Parser,
    *,
    args: dict[str, Any],
    progress: Progress,
    visit: CrawlState | None = None,
    model: Model | None = None,
) -> Extraction:
    """Return the extraction. `args` has `url`; with `follow_links`, `max_pages` limits all pages.

    The root is read too, for the brand's name, and doesn't count. Raises a `SourceError` for the named
    page; any other failure is a warning.
    """
    session, rules = CrawlSession(web), version(revisit.RULES, model)
    await progress("fetching", 0.1)
    if visit and visit.rules == rules and await revisit.is_unchanged(session, visit):
        return unchanged(args["url"], visit)
    documents = await read_site(session, parser, args, progress)
    pages = [document for document in documents if isinstance(document, ParsedPage)]
    await progress("analyzing", 0.75)
    return await assemble(
        parser,
        url=pages[0].url,
        title=pages[0].title,
        candidates=[candidate for document in documents for candidate in document.candidates],
        passages=[passage for document in documents for passage in document.passages],
        warnings=[*session.warnings, *remarks(session, pages)],
        visit=session.visit(args, rules=rules, url=pages[0].url),
        model=model,
        pictures=fetch_images(
            web, parser, [picture for document in documents for picture in document.pictures]
        ),
    )


async def read_site(
    session: CrawlSession, parser: Parser, args: dict[str, Any], progress: Progress
) -> list[ParsedPage | ParsedDocument]:
    """Return all documents: the named page first, then the extras, then linked pages."""

    async def report_followed(part: float) -> None:
        await progress("fetching", EXTRAS_PROGRESS + part * (FOLLOWED_PROGRESS - EXTRAS_PROGRESS))

    page = await read_named(session, parser, args["url"])
    await progress("fetching", NAMED_PROGRESS)
    extras = await read_extras(session, parser, page)
    await progress("fetching", EXTRAS_PROGRESS)
    first_pages = [page, extras.home] if extras.home else [page]
    limit = args.get("max_pages", 1) - 1 if args.get("follow_links") else 0
    linked_pages = await follow(session, parser, read_already=first_pages, limit=limit, done=report_followed)
    return [*first_pages, *extras.readings, *map(weigh, linked_pages)]


def remarks(session: CrawlSession, pages: list[ParsedPage]) -> Iterator[str]:
    shells = sum(page.scripted for page in pages)
    if shells:
        yield (
            f"js_rendered: {shells} of {len(pages)} pages have next to no text without JavaScript;"
            " only their heads were read"
        )
    if session.truncated:
        yield f"truncated: the site was too slow for {FETCHING_S:g} s; {len(pages)} of its pages were read"


def unchanged(url: str, visit: CrawlState) -> Extraction:
    """Return the extraction of an unchanged site: it leaves the brand as it is."""
    return Extraction(
        url=visit.url or url,
        title=None,
        fields={},
        warnings=["unchanged: the site has not changed since it was last read"],
        unchanged=True,
    )
