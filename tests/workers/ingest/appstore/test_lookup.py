"""Apple's lookup: its requests, and the meaning of each of its responses."""

import socket

import msgspec
import pytest

from domain.brand.store_listings import AppStoreListingRef
from schemas.errors import (
    FetchAddressNotAllowed,
    FetchFailed,
    SourceError,
    SourceNotFound,
    SourceRateLimited,
    SourceTooLarge,
)
from tests.servers import settings_for
from tests.workers.ingest.appstore.store_server import (
    FACEBOOK,
    NOTHING,
    ingest,
    json,
    look_up_path,
    open_stores,
    recorded,
    unlimited_limiter,
)
from tests.workers.web.web import Answers, raw_response
from workers.ingest.appstore.lookup import AppLookupClient, AppWithStorefront, look_up_apple_app
from workers.ingest.appstore.rate import UpstreamLimiter
from workers.ingest.appstore.stores import build_app_store_ssrf_policies
from workers.ingest.parser.parser import DocumentParser
from workers.web.fetch import open_ssrf_guarded_client

APP = '{"resultCount":1,"results":[{"wrapperType":"software","trackId":284882215,"trackName":"Acme"}]}'


async def look_up(
    parser: DocumentParser,
    answers: Answers,
    listing: AppStoreListingRef = FACEBOOK,
    *,
    country: str = "us",
    limiter: UpstreamLimiter | None = None,
) -> tuple[AppWithStorefront, list[str]]:
    async with open_stores(parser, answers, limiter) as (stores, site):
        return await look_up_apple_app(stores.lookup, listing, country=country), site.paths


@pytest.mark.parametrize("before", ["", "\ufeff\n\n\n"])
async def test_an_app_is_found_by_its_bundle_id(parser: DocumentParser, before: str) -> None:
    listing = AppStoreListingRef(by="bundleId", value="COM.facebook.Facebook")
    answer = json(before + recorded("itunesLookup-284882215.json"))
    result, paths = await look_up(parser, {look_up_path(listing): answer}, listing)
    assert paths == ["/lookup?bundleId=COM.facebook.Facebook&country=us"]
    assert (result.software.track_id, result.country) == (284882215, "us")


async def test_storefronts_are_requested_once_each_and_the_largest_last(parser: DocumentParser) -> None:
    listing = AppStoreListingRef(by="id", value="284882215", country="gb")
    waits: list[float] = []
    answers = {look_up_path(listing, country): json(NOTHING) for country in ("gb", "at", "us", "de", "fr")}
    result, paths = await look_up(
        parser,
        {**answers, look_up_path(listing, "jp"): json(APP)},
        listing,
        country="at",
        limiter=unlimited_limiter(waits),
    )
    assert paths == [look_up_path(listing, country) for country in ("gb", "at", "us", "de", "fr", "jp")]
    assert result.country == "jp"
    assert waits == [5, 30, 30, 30, 30, 30]


async def test_another_storefront_gives_a_warning(parser: DocumentParser) -> None:
    answers = {
        look_up_path(FACEBOOK, "us"): json(NOTHING),
        look_up_path(FACEBOOK, "gb"): json(recorded("itunesLookup-284882215.json")),
    }
    extraction, site = await ingest(parser, answers, FACEBOOK)
    assert "storefront: not in the store of us, but in that of gb" in extraction.warnings
    assert "/gb/app/id284882215" in site.paths


@pytest.mark.parametrize("status", [200, 400])
async def test_an_impossible_id_fails_after_one_request(parser: DocumentParser, status: int) -> None:
    waits: list[float] = []
    answers = {look_up_path(FACEBOOK): json(recorded("itunesLookup-invalid.json"), status)}
    with pytest.raises(SourceNotFound, match="as an app's id"):
        await look_up(parser, answers, limiter=unlimited_limiter(waits))
    assert len(waits) == 1


async def test_a_country_without_a_storefront_has_no_apps(parser: DocumentParser) -> None:
    refused = json('{"errorMessage":"Invalid value(s) for key(s): [country]","queryParameters":{}}', 400)
    answers = {look_up_path(FACEBOOK, "aq"): refused, look_up_path(FACEBOOK, "us"): json(APP)}
    assert (await look_up(parser, answers, country="aq"))[0].country == "us"


async def test_the_requested_app_is_chosen_among_other_results(parser: DocumentParser) -> None:
    other_app = '{"wrapperType":"software","trackId":1,"trackName":"Other"}'
    several = APP.replace("[{", '[{"wrapperType":"artist"},' + other_app + ",{")
    result, _ = await look_up(parser, {look_up_path(FACEBOOK): json(several)})
    assert result.software.track_name == "Acme"


@pytest.mark.parametrize(
    ("answer", "wait_s"), [(json("", 403), 60), (json("", 429, retry_after="300"), 300), (json("busy", 503), 60)]
)
async def test_throttling_raises_a_rate_limit_with_its_wait(
    parser: DocumentParser, answer: bytes, wait_s: float
) -> None:
    with pytest.raises(SourceRateLimited) as refused:
        await look_up(parser, {look_up_path(FACEBOOK): answer})
    assert refused.value.retry_after == wait_s


OTHER_THINGS = (
    '{"wrapperType":"artist","artistType":"Software Artist","artistName":"Acme","artistId":284882215}',
    '{"wrapperType":"track","kind":"song","trackId":284882215,"trackName":"Acme"}',
    '{"wrapperType":"software","trackId":284882215}',
    '{"kind":"ebook"}',
)
UNDOCUMENTED = (
    *(raw_response(body="<html><title>Maintenance</title>"), json(""), json("{}"), json('{"results": 7}')),
    json('{"resultCount":1,"results":[{"wrapperType":"software","trackName":"Ac'),
    json(b'{"results": [{"trackName": "\xff\xfe"}]}'),
    *(json('{"results": ' + "[" * 100_000), json("not found", 404), json(APP, content_encoding="br")),
)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        *((json(f'{{"resultCount":1,"results":[{thing}]}}'), SourceNotFound) for thing in OTHER_THINGS),
        *((answer, FetchFailed) for answer in UNDOCUMENTED),
        (json(APP + " " * (1 << 20)), SourceTooLarge),
    ],
)
async def test_a_response_without_an_app_has_its_error(
    parser: DocumentParser, answer: bytes, error: type[SourceError]
) -> None:
    with pytest.raises(error) as caught:
        await look_up(parser, {look_up_path(FACEBOOK): answer})
    assert caught.value.code == error.code


async def test_only_addresses_set_by_the_operator_may_be_private() -> None:
    defaults = settings_for("postgresql://localhost/none", "redis://localhost")
    assert build_app_store_ssrf_policies(defaults) == {}
    changed = msgspec.structs.replace(defaults, play_url="http://127.0.0.1:8123")
    assert list(build_app_store_ssrf_policies(changed)) == [("127.0.0.1", 8123)]


async def test_default_addresses_never_resolve_to_private_ones(parser: DocumentParser) -> None:
    """A resolver that maps `itunes.apple.com` to this machine is not trusted."""

    def resolver(host: str, port: int, *_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    defaults = settings_for("postgresql://localhost/none", "redis://localhost")
    async with open_ssrf_guarded_client(
        allowed=build_app_store_ssrf_policies(defaults), contact="https://x.test", resolver=resolver
    ) as client:
        with pytest.raises(FetchAddressNotAllowed):
            await look_up_apple_app(
                AppLookupClient(client, defaults.itunes_api_url, unlimited_limiter()), FACEBOOK, country="us"
            )
