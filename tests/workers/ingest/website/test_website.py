"""A whole ingest against a server: its requests, their order, and each outcome."""

from collections import Counter

import pytest

from schemas.errors import (
    FetchedSourceUnusable,
    RobotsDisallowed,
    SourceError,
    SourceNotFound,
    SourceNotHtml,
    SourceRateLimited,
)
from tests.workers.ingest.website.visits import ingest_fresh_site, ingest_site, warning_codes
from tests.workers.web.web import Answers, allowed_client, raw_response, robots_txt, serve
from workers.ingest.parser.parser import DocumentParser

ROOT = raw_response(
    body="<title>Zap — Draw what you say</title><meta name=description content='Zap draws for everyone.'>"
)
PRICING = raw_response(body="<title>Pricing | Zap</title><h1>Pricing</h1><p>Nine euros a month.")


async def test_a_home_page_is_requested_once_after_robots_txt(parser: DocumentParser) -> None:
    extraction, site = await ingest_fresh_site(parser, {"/": ROOT})
    assert site.paths == ["/robots.txt", "/", "/llms.txt"]
    assert extraction.url == site.url("/")
    assert extraction.fields["appName"].value == "Zap"
    assert extraction.fields["tagline"].value == "Draw what you say"
    assert extraction.fields["appDescription"].url == site.url("/")
    assert extraction.warnings == []


async def test_another_page_is_read_with_its_sites_root(parser: DocumentParser) -> None:
    extraction, site = await ingest_fresh_site(parser, {"/": ROOT, "/pricing": PRICING}, "/pricing")
    assert sorted(site.paths) == ["/", "/llms.txt", "/pricing", "/robots.txt"]
    assert extraction.url == site.url("/pricing")
    assert extraction.title == "Pricing"
    assert extraction.fields["appName"].value == "Zap"
    assert extraction.fields["appDescription"].value == "Zap draws for everyone."
    assert extraction.fields["appDescription"].url == site.url("/")


@pytest.mark.parametrize(
    ("path", "title", "root_name", "name"),
    [
        ("/de/", "Zup — Malt alles", "Holding", "Zup"),
        ("/de/", "Startseite", "Holding", "Holding"),
        ("/de/", "Zup Deutschland", "Zup", "Zup"),
        ("/zup/", "Zup — Paints all", "Holding", "Holding"),
        ("/zup/", "</title><meta property=og:site_name content=Zup><title>Zup", "Holding", "Zup"),
    ],
)
async def test_the_given_page_names_its_brand_before_the_root(
    parser: DocumentParser, path: str, title: str, root_name: str, name: str
) -> None:
    root = raw_response(body=f"<title>{root_name} | We own</title><meta property=og:site_name content={root_name}>")
    page = raw_response(body=f"<title>{title}</title><p>Nine euros a month.")
    extraction, _ = await ingest_fresh_site(parser, {"/": root, path: page}, path)
    assert extraction.fields["appName"].value == name


async def test_a_redirect_to_the_root_requests_it_once(parser: DocumentParser) -> None:
    extraction, site = await ingest_fresh_site(parser, {"/": ROOT, "/old": raw_response(301, location="/")}, "/old")
    assert site.paths == ["/robots.txt", "/old", "/", "/llms.txt"]
    assert extraction.url == site.url("/")


async def test_a_root_that_redirects_to_the_page_is_not_read_twice(parser: DocumentParser) -> None:
    answers = {"/": raw_response(302, location="/en/"), "/en/": ROOT}
    extraction, site = await ingest_fresh_site(parser, answers, "/en/")
    assert Counter(site.paths) == Counter(["/robots.txt", "/en/", "/", "/llms.txt", "/en/"])
    assert extraction.fields["appName"].confidence == 0.5


@pytest.mark.parametrize(
    "root", [raw_response(404), raw_response(500), raw_response(body="{}", content_type="application/json")]
)
async def test_a_failed_root_is_only_a_warning(parser: DocumentParser, root: bytes) -> None:
    extraction, _ = await ingest_fresh_site(parser, {"/": root, "/pricing": PRICING}, "/pricing")
    assert extraction.fields["appName"].value == "Zap"
    assert [warning.partition(":")[0] for warning in extraction.warnings] == ["root_unread"]


LINKED = "<title>Price | Zap</title><link rel=stylesheet href=/site.css><a href=/about>About</a><p>9 euros."


@pytest.mark.parametrize(
    ("path", "codes"), [("/", ["root_unread"]), ("/about", ["page_unread"]), ("/site.css", []), ("/llms.txt", [])]
)
async def test_a_redirect_to_another_site_is_not_followed(parser: DocumentParser, path: str, codes: list[str]) -> None:
    async with serve({path: ROOT}) as other_site:
        moved = raw_response(302, location=other_site.url(path))
        answers = {"/": ROOT, "/pricing": raw_response(body=LINKED), "/about": PRICING, path: moved}
        async with serve(answers) as site, allowed_client(site, other_site) as client:
            extraction = await ingest_site(parser, client, site, "/pricing", follow_links=True, max_pages=2)
    assert path in site.paths
    assert other_site.asked == []
    assert warning_codes(extraction) == codes


async def test_robots_txt_is_obeyed_for_every_document(parser: DocumentParser) -> None:
    body = """<title>Zap</title><link rel=manifest href=/no/m.json><link rel=stylesheet href=/no/a.css>
    <link rel=icon href=/no/i.png><meta property=og:image content=/no/p.png><a href=/no/about>About</a>"""
    answers = {"/": raw_response(body=body), "/robots.txt": robots_txt("Disallow: /no/", "Disallow: /llms.txt")}
    extraction, site = await ingest_fresh_site(parser, answers, follow_links=True, max_pages=2)
    assert site.paths == ["/robots.txt", "/"]
    assert warning_codes(extraction) == ["page_unread"]


KEEP_OUT = robots_txt("Disallow: /private")


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"/private": ROOT, "/robots.txt": KEEP_OUT}, RobotsDisallowed),
        ({"/robots.txt": raw_response(503)}, RobotsDisallowed),
        ({}, SourceNotFound),
        ({"/private": raw_response(429, retry_after="7")}, SourceRateLimited),
        ({"/private": raw_response(body="%PDF", content_type="application/pdf")}, SourceNotHtml),
        ({"/private": raw_response(body="")}, FetchedSourceUnusable),
        ({"/private": raw_response(body="<html><body><div></div><script>x</script>")}, FetchedSourceUnusable),
    ],
)
async def test_each_failure_of_the_page_ends_the_ingest_with_its_code(
    parser: DocumentParser, answers: Answers, error: type[SourceError]
) -> None:
    with pytest.raises(error) as refused:
        await ingest_fresh_site(parser, answers, "/private")
    assert refused.value.code == error.code
    assert refused.value.message


async def test_headers_and_bytes_reach_the_reader_as_sent(parser: DocumentParser) -> None:
    body, declared = "<title>Größe</title>".encode("cp1252"), "text/html; charset=iso-8859-1"
    extraction, _ = await ingest_fresh_site(parser, {"/": raw_response(body=body, content_type=declared)})
    assert extraction.title == "Größe"


async def test_a_redirect_to_a_forbidden_page_is_not_followed(parser: DocumentParser) -> None:
    answers = {"/robots.txt": KEEP_OUT, "/": raw_response(302, location="/private"), "/private": ROOT}
    async with serve(answers) as site, allowed_client(site) as client:
        with pytest.raises(RobotsDisallowed):
            await ingest_site(parser, client, site)
    assert site.paths == ["/robots.txt", "/"]
