"""No connection to an address that isn't public, from any place of a drawn page."""

import html
from collections.abc import Mapping

import pytest

from tests.peers.chromium import command
from tests.workers.ingest.render.scene import WIDE_LIMITS
from tests.workers.net import GOOD, VECTORS, SimulatedNetwork
from tests.workers.web.web import raw_response
from workers.ingest.render.drawing import draw_page_in_jail
from workers.ingest.render.limits import DrawingLimits
from workers.ingest.website.session import CrawlSession, build_crawl_resources
from workers.web.fetch import FetchedResponse, open_ssrf_guarded_client

pytestmark = pytest.mark.peers

HOST = "good.example"
VECTOR = "<img src='{0}'><script>fetch('{0}').catch(() => 0)</script>"
METADATA = "http://169.254.169.254/latest/meta-data/"


async def draw_on(net: SimulatedNetwork, body: str, tried: list[str] | None = None) -> tuple[str, list[str]]:
    """Draw a page with this body; return its HTML, and the addresses that it got. Add those that it `tried`."""
    net.pages[f"{HOST}/x"] = raw_response(body=f"<title>Zap</title><p>Zap draws.</p>{body}")
    limits = DrawingLimits(cpu_s=20, memory_bytes=WIDE_LIMITS.memory_bytes, wall_s=60, requests=1000)
    async with open_ssrf_guarded_client(allowed={}, contact="", resolver=net.resolve) as client:
        session, got = CrawlSession(build_crawl_resources(client)), []

        async def fetch(url: str, within: str | None, headers: Mapping[str, str]) -> FetchedResponse:
            if tried is not None:
                tried.append(url)
            fetched = await session.request_url(url, "resource", within=within, headers=headers)
            got.append(url)
            return fetched

        page = await session.request_url(f"http://{HOST}/x", "page")
        drawn = await draw_page_in_jail(command(), page, fetch, limits)
    assert drawn.html is not None
    return drawn.html, got


async def test_forbidden_addresses_get_no_connection(net: SimulatedNetwork) -> None:
    net.pages[f"{HOST}/ok"] = raw_response(body="ok")
    bodies = [VECTOR.format(html.escape(url).replace("\\", "\\\\")) for url in [*VECTORS, METADATA]]
    tried = list[str]()
    drawn, got = await draw_on(net, "".join([*bodies, "<script>fetch('/ok')</script>"]), tried)
    assert len({*tried}) > 60, tried
    assert "Zap draws." in drawn
    # Of the vectors, some are spellings of the good host itself.
    assert f"http://{HOST}/ok" in got
    assert {address for address, _ in net.connects} == {GOOD}


async def test_redirects_to_forbidden_addresses_fail(net: SimulatedNetwork) -> None:
    vectors = [*(url for url in VECTORS if url.isascii()), METADATA]
    for number, url in enumerate(vectors):
        net.pages[f"{HOST}/{number}"] = raw_response(302, location=url)
    moves = "".join(f"<script>fetch('/{number}').catch(() => 0)</script>" for number in range(len(vectors)))
    _, got = await draw_on(net, f"{moves}<script>setTimeout(() => location = '/0', 200)</script>")
    assert got == []
    assert {address for address, _ in net.connects} == {GOOD}


async def test_a_rebinding_name_is_connected_as_checked(net: SimulatedNetwork) -> None:
    """The second answer is loopback: robots.txt is read from the first address, the page's request fails."""
    net.answers["rebind.good.example"] = iter([[GOOD], *[["127.0.0.1"]] * 100])
    net.pages["rebind.good.example/steal"] = raw_response(body="secret")
    script = "fetch('http://rebind.good.example/steal').then((got) => got.text()).then((text) => document.write(text))"
    drawn, got = await draw_on(net, f"<script>{script}</script>")
    assert "secret" not in drawn
    assert got == []
    assert net.lookups.count("rebind.good.example") >= 2


async def test_another_sites_document_is_not_opened(net: SimulatedNetwork) -> None:
    net.pages["also-good.example/"] = raw_response(body="<p>Elsewhere.")
    drawn, got = await draw_on(net, "<script>location = 'http://also-good.example/'</script>")
    assert "Zap draws." in drawn
    assert got == []


async def test_robots_txt_applies_to_each_request(net: SimulatedNetwork) -> None:
    net.pages[f"{HOST}/robots.txt"] = raw_response(body="User-agent: *\nDisallow: /private", content_type="text/plain")
    net.pages[f"{HOST}/private"] = net.pages[f"{HOST}/open"] = raw_response(body="text")
    _, got = await draw_on(net, "<script>fetch('/private').catch(() => 0); fetch('/open')</script>")
    assert got == [f"http://{HOST}/open"]
