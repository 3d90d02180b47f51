"""Ingests of a test's site."""

from typing import Any

import httpx

from schemas.brand import CrawlState, Extraction
from tests.workers.web.web import Answers, Site, allowed_client, serve
from workers.ingest.parser.parser import Parser
from workers.ingest.website.ingest import ingest
from workers.ingest.website.session import Web, open_web


async def ingest_fresh_site(
    parser: Parser, answers: Answers, path: str = "/", **args: Any
) -> tuple[Extraction, Site]:
    """Run one ingest of a fresh site."""
    async with serve(answers) as site, allowed_client(site) as client:
        return await ingest_site(parser, client, site, path, **args), site


async def ingest_site(
    parser: Parser,
    client: httpx.AsyncClient | Web,
    site: Site,
    path: str = "/",
    *,
    last: CrawlState | None = None,
    **args: Any,
) -> Extraction:
    web = client if isinstance(client, Web) else open_web(client)
    return await ingest(web, parser, args={"url": site.url(path), **args}, progress=ignored, visit=last)


async def ignored(_stage: str, _progress: float) -> None:
    """Ignore the progress."""


def warning_codes(extraction: Extraction) -> list[str]:
    """Return the code of each warning."""
    return [warning.partition(":")[0] for warning in extraction.warnings]
