"""No connection to an address that isn't public, in any place of a site.

Every vector of `tests/workers/net.py` in every place; the `net` itself fails the test of a forbidden
connect.
"""

import html
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
import pytest
import pytest_asyncio

from schemas.brand import BrandExtraction
from schemas.errors import SourceError
from tests.workers.ingest.website.visits import ignored, warning_codes
from tests.workers.net import GOOD, VECTORS, SimulatedNetwork
from tests.workers.web.web import raw_response
from workers.ingest.parser import child
from workers.ingest.parser import parser as parsing
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.shapes import PARSING_STARTED_BYTE, ParseInput, ParseReply
from workers.ingest.website.ingest import ingest_website_source
from workers.ingest.website.session import WebCrawlResources, build_crawl_resources
from workers.web.fetch import open_ssrf_guarded_client

HOST = "good.example"
PROSE = f"<title>Zap</title><p>{'Zap draws what you say. ' * 20}</p>"
EVERYWHERE = """<meta http-equiv=refresh content="0;url={0}"><link rel=manifest href="{0}">
<link rel=icon href="{0}"><link rel=apple-touch-icon href="{0}">
<link rel=stylesheet href="{0}"><link rel=preload href="{0}"><link rel=alternate hreflang=de href="{0}">
<meta property=og:image content="{0}"><meta property=og:url content="{0}"><link rel=canonical href="{0}">
<script type="application/ld+json">{{"@type":"Organization","name":"Zap","logo":"{0}","url":"{0}"}}</script>
<nav><a href="{0}">About</a></nav><img class=logo src="{0}" alt="Zap logo"><iframe src="{0}"></iframe>
<script src="{0}"></script><a href="{0}">Pricing</a>"""
#: Addresses with a host that no name can have.
INVALID = ["http://xn--a/m.json", "http://xn--a.test/a.png"]
OWN = """<meta http-equiv=refresh content="0;url=/soon"><link rel=manifest href="/m.json">
<nav><a href="/about">About</a></nav>"""


@pytest.fixture(autouse=True)
def _read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse in this process: a process for each of some thousand documents is slow, and never connects."""

    async def exchange(_: DocumentParser, message: bytes, _cpu_s: int) -> bytes:
        question: ParseInput = msgspec.msgpack.decode(message, type=ParseInput)
        return PARSING_STARTED_BYTE + msgspec.msgpack.encode(
            ParseReply(output=child.parse_within_memory_limit(question), cpu_s=0.0)
        )

    monkeypatch.setattr(parsing, "exchange_with_parsing_process", exchange)


@pytest_asyncio.fixture
async def web(net: SimulatedNetwork) -> AsyncIterator[WebCrawlResources]:
    async with open_ssrf_guarded_client(allowed={}, contact="", resolver=net.resolve) as client:
        yield build_crawl_resources(client)


async def visit(web: WebCrawlResources, parser: DocumentParser, path: str = "/x") -> BrandExtraction:
    args = {"url": f"http://{HOST}{path}", "follow_links": True, "max_pages": 25}
    return await ingest_website_source(web, parser, args=args, progress=ignored)


async def test_forbidden_addresses_on_a_page_are_not_connected(
    net: SimulatedNetwork, web: WebCrawlResources, parser: DocumentParser
) -> None:
    """The address is in a refresh, a manifest, links and images, and fails alone."""
    for url in [*VECTORS, *INVALID]:
        net.connects.clear()
        net.pages[f"{HOST}/x"] = net.pages[f"{HOST}/"] = raw_response(body=EVERYWHERE.format(html.escape(url)) + PROSE)
        extraction = await visit(build_crawl_resources(web.client), parser)
        assert extraction.title == "Zap", url
        assert {address for address, _ in net.connects} == {GOOD}, url


async def test_redirects_to_forbidden_addresses_are_not_connected(
    net: SimulatedNetwork, web: WebCrawlResources, parser: DocumentParser
) -> None:
    net.pages[f"{HOST}/x"] = raw_response(body=OWN + PROSE)
    for url in VECTORS:
        net.connects.clear()
        for path in ("/", "/soon", "/m.json", "/llms.txt", "/about"):
            net.pages[HOST + path] = raw_response(302, location=url)
        extraction = await visit(build_crawl_resources(web.client), parser)
        assert extraction.title == "Zap", url
        assert sorted(warning_codes(extraction)) == ["page_unread", "refresh_unread", "root_unread"], url
        assert {address for address, _ in net.connects} == {GOOD}, url


NAMED = {
    "a refresh": "<meta http-equiv=refresh content='0;url=http://rebind.good.example/about'>",
    "a manifest": "<link rel=manifest href='http://rebind.good.example/about'>",
    "a link": "<a href='http://rebind.good.example/about'>About</a>",
}


@pytest.mark.parametrize("how", NAMED)
async def test_a_rebinding_name_is_connected_as_checked(
    how: str, net: SimulatedNetwork, web: WebCrawlResources, parser: DocumentParser
) -> None:
    net.answers["rebind.good.example"] = iter([[GOOD], [GOOD], *[["127.0.0.1"]] * 100])
    net.pages["rebind.good.example/about"] = raw_response(body=PROSE)
    net.pages[f"{HOST}/"] = raw_response(body=NAMED[how] + PROSE)
    with suppress(SourceError):
        await visit(web, parser, "/")
    # robots.txt and the document: a lookup and a connection each. Later lookups were refused.
    looked_up = net.lookups.count("rebind.good.example")
    assert looked_up >= 2
    assert len(net.connects) == len(net.lookups) - (looked_up - 2)


@pytest.mark.parametrize("how", NAMED)
async def test_a_name_that_rebinds_after_robots_txt_is_blocked(
    how: str, net: SimulatedNetwork, web: WebCrawlResources, parser: DocumentParser
) -> None:
    net.answers["rebind.good.example"] = iter([[GOOD], *[["169.254.169.254"]] * 100])
    net.pages["rebind.good.example/about"] = raw_response(body="<title>Forbidden</title>")
    net.pages[f"{HOST}/"] = raw_response(body=NAMED[how] + PROSE)
    extraction = await visit(web, parser, "/")
    assert extraction.fields["appName"].value == "Zap"
    assert len(net.connects) == len(net.lookups) - 1
