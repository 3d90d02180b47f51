"""Ingests of a test's site."""

from typing import Any

import httpx

from schemas.brand import BrandExtraction, LastCrawlRecord
from tests.workers.web.web import Answers, Site, allowed_client, serve
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.website.ingest import ingest_website_source
from workers.ingest.website.session import WebCrawlResources, build_crawl_resources


async def ingest_fresh_site(
    parser: DocumentParser, answers: Answers, path: str = "/", **args: Any
) -> tuple[BrandExtraction, Site]:
    """Run one ingest of a fresh site."""
    async with serve(answers) as site, allowed_client(site) as client:
        return await ingest_site(parser, client, site, path, **args), site


async def ingest_site(
    parser: DocumentParser,
    client: httpx.AsyncClient | WebCrawlResources,
    site: Site,
    path: str = "/",
    *,
    last: LastCrawlRecord | None = None,
    **args: Any,
) -> BrandExtraction:
    web = client if isinstance(client, WebCrawlResources) else build_crawl_resources(client)
    return await ingest_website_source(web, parser, args={"url": site.url(path), **args}, progress=ignored, visit=last)


async def ignored(_stage: str, _progress: float) -> None:
    """Ignore the progress."""


def warning_codes(extraction: BrandExtraction) -> list[str]:
    """Return the code of each warning."""
    return [warning.partition(":")[0] for warning in extraction.warnings]
