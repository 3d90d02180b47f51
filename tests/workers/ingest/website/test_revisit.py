"""The second ingest of a site: it requests changes first, and reads only a changed site."""

import asyncio
from typing import Any

import msgspec
import pytest

from schemas.brand import BrandExtraction, LastCrawlRecord
from tests.workers.ingest.website.visits import ingest_site, warning_codes
from tests.workers.web.web import Script, Site, allowed_client, raw_response, serve, write_response
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.website import ingest as ingesting

HEAD = '<html lang=en><link rel=manifest href="/app.webmanifest"><a href="/about">About</a>'
ANSWERS: dict[str, bytes] = {
    "/": raw_response(body=f"{HEAD}<title>Zap — Draw what you say</title>", etag='"1"'),
    "/pricing": raw_response(body=f"{HEAD}<title>Pricing | Zap</title><h1>Pricing</h1>", etag='W/"2"'),
    "/app.webmanifest": raw_response(body='{"name": "Zap"}', content_type="application/manifest+json", etag='"3"'),
    "/about": raw_response(body="<title>About | Zap</title><p>We draw.", last_modified="Tue, 24 Nov 2026 12:00:00 GMT"),
}
LINKED = "<title>Pricing | Zap</title><link rel=stylesheet href=/site.css>"
READ = ["/", "/about", "/app.webmanifest", "/llms.txt", "/pricing"]


async def ingest_twice(
    parser: DocumentParser,
    change: dict[str, bytes],
    path: str = "/pricing",
    first: dict[str, bytes] = ANSWERS,
    **visit_of: Any,
) -> tuple[BrandExtraction, Site, BrandExtraction]:
    """Return the first ingest, the site with the second ingest's requests, and the second ingest."""
    async with serve(first) as site, allowed_client(site) as client:
        args: dict[str, Any] = {"follow_links": True, "max_pages": 2}
        before = await ingest_site(parser, client, site, path, **args)
        assert before.visit is not None
        assert before.visit.args == {"url": site.url(path), **args}
        site.asked.clear()
        same = {path: unchanged_answer(site, path, answer) for path, answer in first.items()}
        site.answers = {**same, **change}
        last = msgspec.structs.replace(before.visit, **visit_of)
        return before, site, await ingest_site(parser, client, site, path, last=stored(last), **args)


def stored(last: LastCrawlRecord) -> LastCrawlRecord:
    """Return the visit as the database stores it."""
    return msgspec.json.decode(msgspec.json.encode(last), type=LastCrawlRecord)


def unchanged_answer(site: Site, path: str, answer: bytes) -> Script:
    """Send the same response as before, or a 304 to a conditional request."""

    async def respond(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        headers = next(headers for requested_path, headers in reversed(site.asked) if requested_path == path)
        conditions = {"if-none-match", "if-modified-since"} & headers.keys()
        await write_response(writer, raw_response(304) if conditions else answer)

    return respond


async def test_a_site_that_answers_304_to_everything_is_unchanged(parser: DocumentParser) -> None:
    before, site, after = await ingest_twice(parser, {})
    assert sorted(before.visit.answers) == sorted(map(site.url, READ))  # type: ignore[union-attr]
    assert after.unchanged
    assert (after.url, after.fields, warning_codes(after)) == (before.url, {}, ["unchanged"])
    assert sorted(site.paths[1:]) == READ
    conditions = {
        path: (headers.get("if-none-match"), headers.get("if-modified-since")) for path, headers in site.asked
    }
    assert conditions["/pricing"] == ('w/"2"', None)
    assert conditions["/about"] == (None, "tue, 24 nov 2026 12:00:00 gmt")
    assert conditions["/llms.txt"] == (None, None)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/pricing", raw_response(body=f"{HEAD}<title>Prices | Zap</title>", etag='"2b"')),
        ("/", raw_response(body=f"{HEAD}<title>Zap — Draw more</title>", etag='"1b"')),
        ("/about", raw_response(body="<title>Who we are | Zap</title>", etag='"4b"')),
        ("/app.webmanifest", raw_response(body="{}", content_type="application/json", etag='"3b"')),
        ("/llms.txt", raw_response(body="# Zap\n> Zap draws.", content_type="text/plain", etag='"5"')),
    ],
)
async def test_a_changed_document_is_requested_once(parser: DocumentParser, path: str, answer: bytes) -> None:
    _, site, after = await ingest_twice(parser, {path: answer})
    assert not after.unchanged
    assert after.fields["appName"].value == "Zap"
    assert after.visit is not None
    assert site.paths.count(path) == 1
    assert len(after.visit.answers) == len(READ)


async def test_a_changed_redirect_is_a_change(parser: DocumentParser) -> None:
    first = {**ANSWERS, "/old": raw_response(301, location="/pricing")}
    _, site, after = await ingest_twice(parser, {}, "/old", first=first)
    assert after.unchanged
    assert after.url == site.url("/pricing")
    moved = {"/old": raw_response(301, location="/new"), "/new": ANSWERS["/pricing"]}
    _, site, after = await ingest_twice(parser, moved, "/old", first=first)
    assert not after.unchanged
    assert after.url == site.url("/new")


async def test_an_unchanged_site_has_the_address_after_its_refresh(parser: DocumentParser) -> None:
    on = raw_response(body=f'<meta http-equiv="refresh" content="0; url=/pricing">{HEAD}', etag='"4"')
    before, site, after = await ingest_twice(parser, {}, "/old", first={**ANSWERS, "/old": on})
    assert after.unchanged
    assert after.url == before.url == site.url("/pricing")


async def test_a_redirect_to_another_site_is_a_change(parser: DocumentParser) -> None:
    text = raw_response(body="# Zap\n\n> Zap draws what you say.\n", content_type="text/plain", etag='"5"')
    other_text = raw_response(body="# Evil\n\n> Evil sells what you say.\n", content_type="text/plain")
    home = raw_response(body="<title>Zap", etag='"6"')
    async with (
        serve({"/llms.txt": other_text}) as other_site,
        serve({"/llms.txt": text, "/": home}) as site,
        allowed_client(site, other_site) as client,
    ):
        before = await ingest_site(parser, client, site)
        moved = raw_response(302, location=other_site.url("/llms.txt"))
        site.answers = {"/llms.txt": moved, "/": unchanged_answer(site, "/", home)}
        after = await ingest_site(parser, client, site, last=before.visit)
    assert before.fields["appDescription"].value == "Zap draws what you say."
    assert not after.unchanged
    assert "appDescription" not in after.fields


@pytest.mark.parametrize("path", ["/", "/pricing", "/site.css"])
async def test_responses_without_validators_are_compared_by_bytes(parser: DocumentParser, path: str) -> None:
    sheet = raw_response(body=":root{--brand:#2563eb}", content_type="text/css")
    first = {**ANSWERS, "/pricing": raw_response(body=f"{HEAD}{LINKED}", etag='"2"'), "/site.css": sheet}
    plain = {**first, path: raw_response(body=f"{HEAD}{LINKED}") if path != "/site.css" else sheet}
    _, site, after = await ingest_twice(parser, {}, first=plain)
    assert after.unchanged
    assert site.paths.count(path) == 1
    changed = plain[path].replace(b"#2563eb", b"#7c3aed").replace(b"Zap", b"Zop")
    _, site, after = await ingest_twice(parser, {path: changed}, first=plain)
    assert not after.unchanged
    assert site.paths.count(path) == 1


async def test_full_responses_before_the_first_change_are_reused(
    parser: DocumentParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large responses are requested again."""
    first = {path: answer.replace(b"etag", b"x-no") for path, answer in ANSWERS.items()}
    change = {"/about": raw_response(body="<title>Who we are | Zap</title>")}
    _, site, after = await ingest_twice(parser, change, first=first)
    assert not after.unchanged
    assert max(map(site.paths.count, ANSWERS)) == 1
    monkeypatch.setattr(ingesting, "MAX_KEPT_REVISIT_RESPONSES_BYTES", 0)
    _, site, after = await ingest_twice(parser, change, first=first)
    assert not after.unchanged
    assert after.fields["appName"].value == "Zap"
    assert site.paths.count("/pricing") == 2


async def test_another_version_of_the_rules_reads_again(parser: DocumentParser) -> None:
    _, site, after = await ingest_twice(parser, {}, rules=ingesting.WEBSITE_EXTRACTION_RULES_VERSION + 1)
    assert not after.unchanged
    assert not any("if-none-match" in headers for _, headers in site.asked)


async def test_a_site_too_slow_for_a_revisit_is_read(parser: DocumentParser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "UNCHANGED_SITE_CHECK_TIMEOUT_S", 0.0)
    _, _, after = await ingest_twice(parser, {})
    assert after.fields["appName"].value == "Zap"
