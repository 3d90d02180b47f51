"""A fetch from a misbehaving server: it ends in time, within its limits, with a code."""

import asyncio

import msgspec
import pytest

from schemas.brand import HttpValidators
from schemas.errors import (
    FetchAddressNotAllowed,
    FetchFailed,
    SourceError,
    SourceForbidden,
    SourceNotFound,
    SourceNotHtml,
    SourceRateLimited,
    SourceTimeout,
)
from tests.waiting import PATIENCE_S
from tests.workers.web.web import Script, allowed_client, drip_after, fetch_answer, raw_response, serve, silence
from workers.web.errors import MIN_SITE_COOLDOWN_S
from workers.web.fetch import EXPECTED_HTML_TYPE_AND_SIZE, FetchResponseLimits, fetch_url

DATE = "Tue, 24 Nov 2026 12:00:00 GMT"


async def test_own_headers_are_sent_and_no_cookies() -> None:
    async with (
        serve({"/": raw_response(body="x", set_cookie="a=b"), "/2": raw_response()}) as site,
        allowed_client(site) as client,
    ):
        await fetch_url(client, site.url())
        await fetch_url(client, site.url("/2"))
    (_, first), (_, second) = site.asked
    assert first["user-agent"].startswith("brandcontextbot/")
    assert first["user-agent"].endswith("(+https://tenantry.test/bot)")
    assert first["accept-encoding"] == "gzip"
    assert "cookie" not in second


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert (await fetch_answer(raw_response(body="<p>"))).body == b"<p>"


@pytest.mark.parametrize("content_type", ["application/json", "image/png", "text/plain", "application/pdf"])
async def test_another_type_is_not_html(content_type: str) -> None:
    with pytest.raises(SourceNotHtml, match=content_type):
        await fetch_answer(raw_response(body="{}", content_type=content_type))


async def test_a_body_without_a_type_is_html_by_its_beginning() -> None:
    assert (await fetch_answer(raw_response(body="  <!doctype html>", content_type=""))).body == b"  <!doctype html>"
    with pytest.raises(SourceNotHtml):
        await fetch_answer(raw_response(body="%PDF-1.7", content_type=""))


@pytest.mark.parametrize(
    ("status", "error", "retryable"),
    [
        (400, FetchFailed, False), (401, SourceForbidden, False), (403, SourceForbidden, False),
        (404, SourceNotFound, False), (408, FetchFailed, True), (410, SourceNotFound, False),
        (429, SourceRateLimited, True), (451, SourceForbidden, False), (500, FetchFailed, True),
        (503, FetchFailed, True), (304, FetchFailed, False),
    ],
)  # fmt: skip
async def test_each_status_has_its_code(status: int, error: type[SourceError], retryable: bool) -> None:
    with pytest.raises(error) as refused:
        await fetch_answer(raw_response(status))
    assert refused.value.retryable is retryable


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "120"}, 120.0),
        ({"retry_after": "9" * 500}, 86400.0),
        ({"retry_after": "Tue, 24 Nov 2026 12:01:00 GMT", "date": DATE}, 60.0),
        ({"retry_after": "Tuesday, 24-Nov-26 12:01:00 GMT", "date": DATE}, 60.0),
        ({"retry_after": "Tue Nov 24 12:01:00 2026", "date": DATE}, 60.0),
        ({"retry_after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 86400.0),
        ({"retry_after": f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT", "date": DATE}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "-1"}, None),
        ({}, None),
    ],
)
async def test_retry_after_is_passed_on(headers: dict[str, str], wait: float | None) -> None:
    for status in (429, 503):
        with pytest.raises(SourceError) as refused:
            await fetch_answer(raw_response(status, **headers))
        assert refused.value.retry_after == wait


@pytest.mark.parametrize("wish", ["0", "1", "Tue, 24 Nov 2026 11:00:00 GMT"])
async def test_a_429_without_a_wait_has_a_minimum_cooldown(wish: str) -> None:
    """A wait for a limit's end costs no attempt, so only the cooldown ends repeated requests."""
    with pytest.raises(SourceRateLimited) as refused:
        await fetch_answer(raw_response(429, retry_after=wish, date=DATE))
    assert refused.value.retry_after == MIN_SITE_COOLDOWN_S


async def test_redirects_are_followed_and_the_last_address_is_returned() -> None:
    answers = {
        "/": raw_response(301, location="/a"),
        "/a": raw_response(302, location="b?x=1#part"),
        "/b?x=1": raw_response(307, location="//HOST/c"),
        "/c": raw_response(body="<p>"),
    }
    async with serve(answers) as site, allowed_client(site) as client:
        site.answers = {**answers, "/b?x=1": raw_response(307, location=f"//{site.host}/c")}
        fetched = await fetch_url(client, site.url())
    assert fetched.url == site.url("/c")
    assert site.paths == ["/", "/a", "/b?x=1", "/c"]


async def test_a_redirect_loop_ends_after_five() -> None:
    async with serve({"/": raw_response(302, location="/")}) as site, allowed_client(site) as client:
        with pytest.raises(FetchFailed, match="redirects more than 5") as refused:
            await fetch_url(client, site.url())
    assert len(site.asked) == 6
    assert not refused.value.retryable


async def test_each_redirect_is_admitted_before_its_request() -> None:
    seen = []

    async def admit(url: str) -> None:
        seen.append(url)
        raise FetchAddressNotAllowed("not there")

    async with (
        serve({"/": raw_response(302, location="/a"), "/a": raw_response()}) as site,
        allowed_client(site) as client,
    ):
        with pytest.raises(FetchAddressNotAllowed):
            await fetch_url(client, site.url(), admit=admit)
    assert seen == [site.url("/a")]
    assert site.paths == ["/"]


JSON = FetchResponseLimits(accept="application/json", types=frozenset({"application/json"}), begins=(b"{",), limit=100)


async def test_a_wrong_type_of_an_api_is_retryable() -> None:
    assert (await fetch_answer(raw_response(body="{}", content_type="application/json"), want=JSON)).body == b"{}"
    assert (await fetch_answer(raw_response(body="\n{}", content_type=""), want=JSON)).body == b"\n{}"
    for wrong in (raw_response(body="<p>"), raw_response(body="<p>", content_type="")):
        with pytest.raises(FetchFailed, match="not application/json") as refused:
            await fetch_answer(wrong, want=JSON)
        assert refused.value.retryable


async def test_a_passing_status_is_returned_with_a_cut_body() -> None:
    want = msgspec.structs.replace(JSON, passing=frozenset({403}))
    fetched = await fetch_answer(raw_response(403, body="x" * 200, x_ratelimit_remaining="0"), want=want)
    assert (fetched.status, fetched.body) == (403, b"x" * 100)
    assert fetched.headers["X-RateLimit-Remaining"] == "0"
    with pytest.raises(SourceNotFound):
        await fetch_answer(raw_response(404), want=want)


async def test_added_headers_go_to_the_first_origin_only() -> None:
    async with serve({"/": raw_response(body="<p>")}) as other_site:
        answers = {"/": raw_response(302, location="/a"), "/a": raw_response(302, location=other_site.url())}
        async with serve(answers) as site, allowed_client(site, other_site) as client:
            await fetch_url(client, site.url(), headers={"Authorization": "Bearer x"})
    assert [headers.get("authorization") for _, headers in site.asked] == ["bearer x", "bearer x"]
    assert [headers.get("authorization") for _, headers in other_site.asked] == [None]


async def test_only_known_addresses_are_requested_conditionally() -> None:
    old = HttpValidators(etag='"1"', last_modified="Tue, 24 Nov 2026 12:00:00 GMT")
    answers = {"/": raw_response(302, location="/a"), "/a": raw_response(304), "/b": raw_response(304)}
    async with serve(answers) as site, allowed_client(site) as client:
        fetched = await fetch_url(client, site.url(), validators_by_url={site.url("/a"): old})
        assert (fetched.unchanged, fetched.url, fetched.body) == (True, site.url("/a"), b"")
        with pytest.raises(FetchFailed):
            await fetch_url(client, site.url("/b"), validators_by_url={site.url("/a"): old})
    (_, first), (_, second), (_, third) = site.asked
    assert second["if-none-match"] == '"1"'
    assert second["if-modified-since"] == "tue, 24 nov 2026 12:00:00 gmt"
    assert not {"if-none-match", "if-modified-since"} & (first.keys() | third.keys())


@pytest.mark.parametrize("etag", ['"caf\u00e9"', f'"{"1" * 600}"', ""])
async def test_unusable_validators_are_dropped(etag: str) -> None:
    fetched = await fetch_answer(raw_response(body="<p>", etag=etag, last_modified="Tue, 24 Nov 2026 12:00:00 GMT"))
    assert fetched.validators == HttpValidators(last_modified="Tue, 24 Nov 2026 12:00:00 GMT")


async def test_a_post_is_not_repeated_at_a_redirect() -> None:
    async with (
        serve({"/": raw_response(body="<p>"), "/a": raw_response(307, location="/")}) as site,
        allowed_client(site) as client,
    ):
        assert (await fetch_url(client, site.url(), content=b"{}")).body == b"<p>"
        with pytest.raises(FetchFailed, match="307"):
            await fetch_url(client, site.url("/a"), content=b"{}")
    assert site.paths == ["/", "/a"]
    assert site.asked[0][1]["content-length"] == "2"


ENDLESS = drip_after(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n")


@pytest.mark.parametrize("script", [ENDLESS, silence])
async def test_a_slow_answer_ends_at_the_deadline(script: Script) -> None:
    want = msgspec.structs.replace(EXPECTED_HTML_TYPE_AND_SIZE, deadline_s=0.3)
    async with serve({"/": script}) as site, allowed_client(site) as client:
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(SourceTimeout) as refused:
                await fetch_url(client, site.url(), want=want)
    assert refused.value.retryable
