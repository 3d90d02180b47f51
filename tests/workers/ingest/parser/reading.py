"""`python -m tests.workers.ingest.parser.reading HOST URL...`: a worker's modules, and ingests all at once.

Prints a code for each URL, in their order, then waits for the end of its input.
"""

import asyncio
import sys

import workers.__main__  # noqa: F401  Its memory is a worker's.
from domain.values import ssrf_guard
from schemas.errors import SourceError
from tests.workers.ingest.website.visits import ignored
from workers.ingest.parser.parser import DocumentParser, open_document_parser
from workers.ingest.website.ingest import ingest_website_source
from workers.ingest.website.session import WebCrawlResources, build_crawl_resources
from workers.web.fetch import open_ssrf_guarded_client


async def main(host: str, pages: list[str]) -> None:
    allowed = ssrf_guard.parse_allowed_loopback_fetch_origins(host)
    async with (
        open_ssrf_guarded_client(allowed=allowed, contact="") as client,
        open_document_parser(at_once=2) as parser,
    ):
        web = build_crawl_resources(client)
        codes = await asyncio.gather(*(code(web, parser, url) for url in pages))
    print(*codes, flush=True)  # noqa: T201
    sys.stdin.read()


async def code(web: WebCrawlResources, parser: DocumentParser, url: str) -> str:
    try:
        await ingest_website_source(web, parser, args={"url": url}, progress=ignored)
    except SourceError as error:
        return error.code
    return "OK"


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
