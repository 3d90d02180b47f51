"""A website's word on a brand: the page that the partner names and, where that isn't it, the site's root."""

import httpx

from schemas.brand import Candidate, Extraction
from schemas.errors import ScrapeFailed, SourceError
from workers import robots
from workers.fetch import Admit, Fetched, fetch
from workers.ingest.conclude import conclude
from workers.ingest.model.endpoint import Model
from workers.ingest.page.address import root, same_site
from workers.ingest.perform import Report
from workers.ingest.shapes import Page, Source
from workers.parse import Parser, parse


async def ingest(
    client: httpx.AsyncClient, parser: Parser, *, url: str, report: Report, model: Model | None = None
) -> Extraction:
    """Reads at most two pages. Raises a `SourceError` for the page itself; a root that fails is a warning."""
    admit = robots.gate(client)
    await report("fetching", 0.1)
    fetched = await get(client, url, admit)
    await report("fetching", 0.4)
    home, warnings = await get_root(client, fetched.url, admit)
    await report("analyzing", 0.6)
    page = await read(parser, fetched)
    if is_empty(page):
        raise ScrapeFailed("the page is empty; give a page with text on it")
    said = [*page.candidates, *(await read_root(parser, home, warnings))]
    return await conclude(
        parser,
        url=page.url,
        title=page.title,
        candidates=said,
        passages=page.passages,
        warnings=warnings,
        model=model,
    )


async def get(client: httpx.AsyncClient, url: str, admit: Admit) -> Fetched:
    await admit(url)
    return await fetch(client, url, admit=admit)


async def get_root(client: httpx.AsyncClient, url: str, admit: Admit) -> tuple[Fetched | None, list[str]]:
    """The root of the page's site, where it is another page, and why not if it can't be had."""
    address = root(url)
    if url == address:
        return None, []
    try:
        home = await get(client, address, admit)
    except SourceError as error:
        return None, [f"root_unread: {error.message}"]
    if not same_site(home.url, url):
        return None, ["root_elsewhere: the site's root leads to another site"]
    return (home if home.url != url else None), []


async def read_root(parser: Parser, home: Fetched | None, warnings: list[str]) -> list[Candidate]:
    if home is None:
        return []
    try:
        return (await read(parser, home)).candidates
    except SourceError as error:
        warnings.append(f"root_unread: {error.message}")
        return []


async def read(parser: Parser, fetched: Fetched) -> Page:
    source = Source(
        url=fetched.url, body=fetched.body, content_type=fetched.content_type, language=fetched.language
    )
    return await parse(parser, source)


def is_empty(page: Page) -> bool:
    """Nothing to see on it, and nothing said but by its address."""
    return page.text_length == 0 and all(candidate.rule == "host" for candidate in page.candidates)
