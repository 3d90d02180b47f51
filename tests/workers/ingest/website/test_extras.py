"""Documents in addition to the pages: a refresh, a manifest, /llms.txt; and pages that need scripts."""

import gzip

import pytest

from schemas.errors import RobotsDisallowed, SourceNotFound
from tests.workers.ingest.website.visits import ingest_fresh_site, warning_codes
from tests.workers.web.web import Answers, raw_response, robots_txt
from workers.ingest.parser.parser import DocumentParser

TITLE = "<title>Zap — Draw what you say</title>"


def refresh_page(to: str, text: str = "") -> bytes:
    return raw_response(body=f'<meta http-equiv="refresh" content="{to}"><title>Wait</title>{text}')


async def test_a_refresh_is_followed_once(parser: DocumentParser) -> None:
    answers = {"/": refresh_page("0; url=/en/"), "/en/": refresh_page("0; url=/fr/", TITLE), "/fr/": raw_response(404)}
    extraction, site = await ingest_fresh_site(parser, answers)
    assert "/fr/" not in site.paths[:3]
    assert extraction.url == site.url("/en/")


async def test_a_refresh_of_the_root_is_followed(parser: DocumentParser) -> None:
    answers = {
        "/": refresh_page("1;url=en/"),
        "/en/": raw_response(body=TITLE),
        "/x": raw_response(body="<title>X</title><p>Words."),
    }
    extraction, _ = await ingest_fresh_site(parser, answers, "/x")
    assert extraction.fields["tagline"].value == "Draw what you say"


@pytest.mark.parametrize(
    ("rules", "error"), [(raw_response(404), SourceNotFound), (robots_txt("Disallow: /en/"), RobotsDisallowed)]
)
async def test_a_refresh_to_an_absent_or_forbidden_page_fails(
    parser: DocumentParser, rules: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await ingest_fresh_site(parser, {"/robots.txt": rules, "/": refresh_page("0; url=/en/")})


async def test_a_page_with_text_and_a_broken_refresh_is_read(parser: DocumentParser) -> None:
    extraction, site = await ingest_fresh_site(
        parser, {"/": refresh_page("3; url=/en/", "<p>Zap draws what you say. " * 20)}
    )
    assert warning_codes(extraction) == ["refresh_unread"]
    assert extraction.url == site.url("/")


MANIFEST = '{"name": "Zap", "description": "Zap draws what you say, for you.", "categories": ["Art"]}'
LLMS = "# Zap\n\n> Zap draws whatever you say to it.\n\n## Docs\n"


def linked(manifest: bytes, llms: bytes = raw_response(404)) -> Answers:
    return {
        "/": raw_response(body='<link rel=manifest href="/m.json"><h1>Hi there</h1>'),
        "/m.json": manifest,
        "/llms.txt": llms,
    }


@pytest.mark.parametrize(
    "content_type", ["application/manifest+json", "application/json; charset=utf-8", "text/json", ""]
)
async def test_a_manifest_gives_values(parser: DocumentParser, content_type: str) -> None:
    extraction, site = await ingest_fresh_site(parser, linked(raw_response(body=MANIFEST, content_type=content_type)))
    assert extraction.fields["appName"].value == "Zap"
    assert extraction.fields["appName"].url == site.url("/m.json")
    assert extraction.fields["keywords"].value == ["art"]


async def test_the_roots_manifest_is_used_for_a_page_without_one(parser: DocumentParser) -> None:
    answers = {
        **linked(raw_response(body=MANIFEST, content_type="application/json")),
        "/x": raw_response(body="<p>Words."),
    }
    extraction, _ = await ingest_fresh_site(parser, answers, "/x")
    assert extraction.fields["appName"].value == "Zap"


@pytest.mark.parametrize("content_type", ["text/plain; charset=utf-8", "text/markdown", ""])
async def test_llms_txt_gives_values(parser: DocumentParser, content_type: str) -> None:
    extraction, site = await ingest_fresh_site(
        parser, linked(raw_response(404), raw_response(body=LLMS, content_type=content_type))
    )
    assert extraction.fields["appDescription"].value == "Zap draws whatever you say to it."
    assert extraction.fields["appDescription"].url == site.url("/llms.txt")


@pytest.mark.parametrize(
    "answer",
    [
        raw_response(404),
        raw_response(500),
        raw_response(body=MANIFEST),
        raw_response(body=LLMS),
        raw_response(body="x" * (300 << 10), content_type="application/json"),
        raw_response(body="#" * (300 << 10), content_type="text/plain"),
        raw_response(body="[" * 100_000, content_type="application/json"),
        raw_response(body=gzip.compress(bytes(1 << 20)), content_type="text/plain", content_encoding="gzip, gzip"),
        raw_response(302, location="/m.json"),
        raw_response(302, location="http://10.0.0.1/"),
    ],
)
async def test_failed_extras_give_no_warning(parser: DocumentParser, answer: bytes) -> None:
    extraction, _ = await ingest_fresh_site(parser, linked(answer, answer))
    assert extraction.warnings == []
    assert "appName" not in extraction.fields


HEAD = f"{TITLE}<meta name=description content='Zap draws for everyone who can speak.'>"
BUNDLE = "<div id=root></div><script src=/app.js></script>"


async def test_a_page_that_needs_scripts_has_less_confidence(parser: DocumentParser) -> None:
    plain, _ = await ingest_fresh_site(parser, {"/": raw_response(body=HEAD)})
    shell, _ = await ingest_fresh_site(parser, {"/": raw_response(body=HEAD + BUNDLE)})
    assert plain.warnings == []
    assert warning_codes(shell) == ["js_rendered"]
    assert shell.fields.keys() == plain.fields.keys()
    for name, finding in shell.fields.items():
        assert finding.value == plain.fields[name].value
        assert finding.confidence < plain.fields[name].confidence


@pytest.mark.parametrize(
    "body",
    [
        f"<p>{'Words that are there. ' * 10}{BUNDLE}",
        "<p>Short.<script>count()</script>",
        f"<p>Short.<script type=application/json>{' ' * 2000}</script>",
    ],
)
async def test_a_page_with_text_does_not_need_scripts(parser: DocumentParser, body: str) -> None:
    extraction, _ = await ingest_fresh_site(parser, {"/": raw_response(body=HEAD + body)})
    assert extraction.warnings == []


async def test_an_alternate_is_reported_and_not_followed(parser: DocumentParser) -> None:
    links = "".join(
        f'<link rel=alternate hreflang={tag} href="{path}">'
        for tag, path in (("x-default", "/"), ("en", "/"), ("de-DE", "/de/"), ("fr", "/fr/"))
    )
    answers = {"/": raw_response(body=f"<html lang=en>{links}{TITLE}<a href='/de/'>Deutsch</a>")}
    extraction, site = await ingest_fresh_site(parser, answers, follow_links=True, max_pages=25)
    assert "/de/" not in site.paths
    language = extraction.fields["primaryLanguage"]
    assert language.value == "en"
    assert [alternative.value for alternative in language.alternatives][-2:] == ["de-DE", "fr"]
