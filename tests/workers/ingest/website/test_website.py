"""A whole ingest against a server: its requests, their order, and each outcome."""

from collections import Counter

import pytest

from schemas.errors import (
    FetchFailed,
    NotHtml,
    RobotsDisallowed,
    ScrapeFailed,
    SourceError,
    SourceForbidden,
    SourceNotFound,
    SourceRateLimited,
    TooLarge,
)
from tests.workers.ingest.website.visits import ingest_fresh_site, ingest_site, warning_codes
from tests.workers.web.web import Answers, allowed_client, raw_response, robots_txt, serve
from workers.ingest.parser.parser import Parser

ROOT = raw_response(
    body="<title>Zap — Draw what you say</title><meta name=description content='Zap draws for everyone.'>"
)
PRICING = raw_response(body="<title>Pricing | Zap</title><h1>Pricing</h1><p>Nine euros a month.")


async def test_a_home_page_is_requested_once_after_robots_txt(parser: Parser) -> None:
    extraction, site = await ingest_fresh_site(parser, {"/": ROOT})
    assert site.paths == ["/robots.txt", "/", "/llms.txt"]
    assert extraction.url == site.url("/")
    assert extraction.fields["appName"].value == "Zap"
    assert extraction.fields["tagline"].value == "Draw what you say"
    assert extraction.fields["appDescription"].url == site.url("/")
    assert extraction.warnings == []


async def test_another_page_is_read_with_its_sites_root(parser: Parser) -> None:
    extraction, site = await ingest_fresh_site(parser, {"/": ROOT, "/pricing": PRICING}, "/pricing")
    assert sorted(site.paths) == ["/", "/llms.txt", "/pricing", "/robots.txt"]
    assert extraction.url == site.url("/pricing")
    assert extraction.title == "Pricing"
    assert extraction.fields["appName"].value == "Zap"
    assert extraction.fields["appDescription"].value == "Zap draws for everyone."
    assert extraction.fields["appDescription"].url == site.url("/")


async def test_a_redirect_to_the_root_requests_it_once(parser: Parser) -> None:
    extraction, site = await ingest_fresh_site(
        parser, {"/": ROOT, "/old": raw_response(301, location="/")}, "/old"
    )
    assert site.paths == ["/robots.txt", "/old", "/", "/llms.txt"]
    assert extraction.url == site.url("/")


async def test_a_root_that_redirects_to_the_page_is_not_read_twice(parser: Parser) -> None:
    answers = {"/": raw_response(302, location="/en/"), "/en/": ROOT}
    extraction, site = await ingest_fresh_site(parser, answers, "/en/")
    assert Counter(site.paths) == Counter(["/robots.txt", "/en/", "/", "/llms.txt", "/en/"])
    assert extraction.fields["appName"].confidence == 0.5


@pytest.mark.parametrize(
    "root", [raw_response(404), raw_response(500), raw_response(body="{}", content_type="application/json")]
)
async def test_a_failed_root_is_only_a_warning(parser: Parser, root: bytes) -> None:
    extraction, _ = await ingest_fresh_site(parser, {"/": root, "/pricing": PRICING}, "/pricing")
    assert extraction.fields["appName"].value == "Zap"
    assert [warning.partition(":")[0] for warning in extraction.warnings] == ["root_unread"]


async def test_a_root_that_redirects_to_another_site_is_ignored(parser: Parser) -> None:
    async with serve({"/": raw_response(body="<title>Elsewhere</title>")}) as other_site:
        elsewhere = other_site.url().replace("127.0.0.1", "localhost")
        answers = {"/": raw_response(302, location=elsewhere), "/pricing": PRICING}
        async with serve(answers) as site:
            other_site.host = other_site.host.replace("127.0.0.1", "localhost")
            async with allowed_client(site, other_site) as client:
                extraction = await ingest_site(parser, client, site, "/pricing")
    assert warning_codes(extraction) == ["root_unread"]
    assert other_site.asked == []


KEEP_OUT = robots_txt("Disallow: /private")


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"/private": ROOT, "/robots.txt": KEEP_OUT}, RobotsDisallowed),
        ({"/robots.txt": raw_response(503)}, RobotsDisallowed),
        ({}, SourceNotFound),
        ({"/private": raw_response(403)}, SourceForbidden),
        ({"/private": raw_response(429, retry_after="7")}, SourceRateLimited),
        ({"/private": raw_response(502)}, FetchFailed),
        ({"/private": raw_response(body="%PDF", content_type="application/pdf")}, NotHtml),
        ({"/private": raw_response(body="x" * (2 << 20) + "x")}, TooLarge),
        ({"/private": raw_response(302, location="/private")}, FetchFailed),
        ({"/private": raw_response(body="")}, ScrapeFailed),
        ({"/private": raw_response(body="<html><body><div></div><script>x</script>")}, ScrapeFailed),
    ],
)
async def test_each_failure_of_the_page_ends_the_ingest_with_its_code(
    parser: Parser, answers: Answers, error: type[SourceError]
) -> None:
    with pytest.raises(error) as refused:
        await ingest_fresh_site(parser, answers, "/private")
    assert refused.value.code == error.code
    assert refused.value.message


async def test_headers_and_bytes_reach_the_reader_as_sent(parser: Parser) -> None:
    body, declared = "<title>Größe</title>".encode("cp1252"), "text/html; charset=iso-8859-1"
    extraction, _ = await ingest_fresh_site(parser, {"/": raw_response(body=body, content_type=declared)})
    assert extraction.title == "Größe"


async def test_a_redirect_to_a_forbidden_page_is_not_followed(parser: Parser) -> None:
    answers = {"/robots.txt": KEEP_OUT, "/": raw_response(302, location="/private"), "/private": ROOT}
    async with serve(answers) as site, allowed_client(site) as client:
        with pytest.raises(RobotsDisallowed):
            await ingest_site(parser, client, site)
    assert site.paths == ["/robots.txt", "/"]
