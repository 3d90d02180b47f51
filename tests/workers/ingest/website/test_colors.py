"""Colors of a site: from its head, its manifest and its style sheets, fetched like any document."""

import pytest

from tests.workers.ingest.website.visits import ingest_fresh_site, ingest_site, warning_codes
from tests.workers.web.web import Answers, SleepClock, allowed_client, raw_response, robots_txt, serve
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.website.ingest import build_empty_extraction_of_unchanged_site
from workers.ingest.website.session import WebCrawlResources
from workers.web.robots import RobotsRulesCache
from workers.web.site_rate import SiteRateLimiter

HEAD = """<title>Zap — Draw what you say</title><meta name=theme-color content=#c0392b>
<link rel=manifest href=/m.json><link rel=stylesheet href=/site.css><style>:root{--deep:#1f6f5c}</style>"""


def css(body: str | bytes, etag: str = '"sheet"') -> bytes:
    return raw_response(body=body, content_type="text/css", etag=etag)


MANIFEST = raw_response(
    body='{"background_color": "#fbfaf7"}', content_type="application/manifest+json", etag='"manifest"'
)
ANSWERS: Answers = {
    "/": raw_response(body=HEAD, etag='"page"'),
    "/m.json": MANIFEST,
    "/site.css": css(":root{--brand:#bf3a2c;--accent:var(--deep)}"),
}


async def test_a_changed_sheet_is_a_change_of_the_site(parser: DocumentParser) -> None:
    async with serve(ANSWERS) as site, allowed_client(site) as client:
        first = await ingest_site(parser, client, site)
        assert first.visit is not None
        assert first.visit.answers[site.url("/site.css")].etag == '"sheet"'
        assert [(brand_color.color, brand_color.url) for brand_color in first.fields["colors"].colors] == [
            ("#bf3a2c", site.url("/site.css")),
            ("#1f6f5c", site.url("/site.css")),
            ("#fbfaf7", site.url("/m.json")),
        ]
        site.answers = {path: raw_response(304) for path in ANSWERS}
        assert await ingest_site(parser, client, site, last=first.visit) == build_empty_extraction_of_unchanged_site(
            site.url("/"), first.visit
        )
        site.answers = ANSWERS
        assert (await ingest_site(parser, client, site)).fields == first.fields
        site.answers = {**ANSWERS, "/site.css": css(":root{--brand:#2563eb}", '"other"')}
        changed = await ingest_site(parser, client, site, last=first.visit)
    assert changed.fields["colors"].value == ["#2563eb", "#c0392b", "#fbfaf7"]


@pytest.mark.parametrize(
    "sheet",
    [
        raw_response(404),
        raw_response(500),
        raw_response(body="<p>:root{--brand:#2563eb}"),
        css(b"\xff\xfe" + bytes(range(256)) * 4),
        css("@media all{" * 90_000),
        css(":root{" * 1000),
        raw_response(302, location="http://10.0.0.1/a.css"),
    ],
)
async def test_a_failed_sheet_gives_no_warning(parser: DocumentParser, sheet: bytes) -> None:
    extraction, _ = await ingest_fresh_site(parser, {**ANSWERS, "/site.css": sheet})
    assert extraction.warnings == []
    assert extraction.fields["colors"].value == ["#c0392b", "#fbfaf7"]


async def test_only_the_first_megabyte_of_a_sheet_is_read(parser: DocumentParser) -> None:
    long = ":root{--brand:#2563eb}" + " " * (2 << 20) + ":root{--brand:#7c3aed}"
    extraction, _ = await ingest_fresh_site(parser, {**ANSWERS, "/site.css": css(long)})
    assert extraction.fields["colors"].value == ["#2563eb", "#c0392b", "#fbfaf7"]


async def test_a_crawl_delay_skips_sheets(parser: DocumentParser) -> None:
    rules = robots_txt("Crawl-delay: 9")
    async with serve({**ANSWERS, "/robots.txt": rules}) as site, allowed_client(site) as client:
        clock = SleepClock()
        web = WebCrawlResources(client, RobotsRulesCache(client), SiteRateLimiter(clock=clock, sleep=clock.sleep))
        extraction = await ingest_site(parser, web, site)
    assert "/site.css" not in site.paths
    assert "/m.json" in site.paths
    assert warning_codes(extraction) == []
