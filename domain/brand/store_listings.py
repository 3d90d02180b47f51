"""Store listings in each form that partners send: id, bundle id, package or URL.

No function here calls a store: only the ingest checks that an app exists.
"""

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias
from urllib.parse import SplitResult, parse_qs, urlsplit

import msgspec

from domain.values import countries
from domain.values.app_identifiers import ANDROID_PACKAGE_PATTERN
from schemas.errors import InvalidValue
from schemas.ingests import IngestAppStore

STORE_URL_REQUEST_FIELD = "appStoreUrl"

#: Hosts of Apple and Google in all forms that app links have had.
APPLE_STORE_HOST_PATTERN = re.compile(r"(?:(?:geo\.|www\.)?itunes|(?:www\.)?apps)\.apple\.com")
GOOGLE_STORE_HOST_PATTERN = re.compile(r"(?:www\.)?play\.google\.com|market\.android\.com")
#: Schemes that open a store's own program; the rest of the address is the same.
APPLE_STORE_APP_URL_SCHEMES = {"itms", "itms-apps", "itms-appss", "macappstore", "macappstores"}
URL_SCHEME_PATTERN = re.compile(r"([a-z][a-z0-9+.-]*):/?/?", re.IGNORECASE)

APPLE_APP_ID_PATTERN = re.compile(r"(?:id)?0*([1-9]\d{0,18})", re.IGNORECASE)
BUNDLE_ID_PATTERN = re.compile(r"(?=.{3,155}$)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
GOOGLE_PLAY_LANGUAGE_PATTERN = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?")

STORE_URL_ADVICE = "give an app's own page, such as https://apps.apple.com/us/app/slack/id618783545"


class AppStoreListingRef(msgspec.Struct, frozen=True, kw_only=True, tag="appstore"):
    """App at Apple; `country` is the storefront in its URL."""

    by: Literal["id", "bundleId"]
    value: str
    country: str | None = None


class GooglePlayListingReference(msgspec.Struct, frozen=True, kw_only=True, tag="googleplay"):
    """App at Google; its URL may contain a language and a country."""

    package: str
    language: str | None = None
    country: str | None = None


RequestedStoreListing: TypeAlias = AppStoreListingRef | GooglePlayListingReference


def list_requested_store_listings(body: IngestAppStore) -> list[RequestedStoreListing]:
    """Return the store listings that a request names, each once, the one of its URL first.

    Raises `InvalidValue` for an unreadable listing, or without any.
    """
    listings = list(dict.fromkeys(parse_requested_store_listings(body)))
    if not listings:
        raise InvalidValue(STORE_URL_REQUEST_FIELD, "give at least one of appStoreUrl, iosBundleId and androidPackage")
    return listings


def parse_requested_store_listings(body: IngestAppStore) -> Iterator[RequestedStoreListing]:
    if body.app_store_url is not None:
        yield parse_store_url_or_id(body.app_store_url.strip())
    if body.ios_bundle_id is not None:
        yield AppStoreListingRef(by="bundleId", value=check_bundle_id(body.ios_bundle_id.strip()))
    if body.android_package is not None:
        yield GooglePlayListingReference(package=check_play_package(body.android_package.strip(), "androidPackage"))


def check_bundle_id(text: str) -> str:
    if not BUNDLE_ID_PATTERN.fullmatch(text):
        raise InvalidValue(
            "iosBundleId", f"not a bundle id such as com.example.app; send a URL or id as {STORE_URL_REQUEST_FIELD}"
        )
    return text


def check_play_package(text: str, path: str) -> str:
    if not ANDROID_PACKAGE_PATTERN.fullmatch(text):
        raise InvalidValue(
            path, f"not a package such as com.example.app; send a Google Play URL as {STORE_URL_REQUEST_FIELD}"
        )
    return text


def parse_store_url_or_id(text: str) -> RequestedStoreListing:
    """Return the listing of a store URL, Apple app id (`618783545`) or Apple bundle id. Raises `InvalidValue`."""
    if number := APPLE_APP_ID_PATTERN.fullmatch(text):
        return AppStoreListingRef(by="id", value=number[1])
    parts = split_store_address_into_url_parts(text)
    if parts.scheme == "market":
        return parse_google_play_url(parts._replace(path=f"/{parts.netloc}{parts.path}"))
    host = parts.hostname or ""
    if APPLE_STORE_HOST_PATTERN.fullmatch(host):
        return parse_app_store_url(parts)
    if GOOGLE_STORE_HOST_PATTERN.fullmatch(host):
        return parse_google_play_url(parts)
    if BUNDLE_ID_PATTERN.fullmatch(text):
        return AppStoreListingRef(by="bundleId", value=text)
    raise InvalidValue(STORE_URL_REQUEST_FIELD, f"not a page of the App Store or Google Play; {STORE_URL_ADVICE}")


def split_store_address_into_url_parts(text: str) -> SplitResult:
    scheme = URL_SCHEME_PATTERN.match(text)
    has_scheme = scheme is not None and scheme[1].lower() in {"http", "https", "market", *APPLE_STORE_APP_URL_SCHEMES}
    try:
        parts = urlsplit(text if has_scheme else f"https://{text}")
        return parts if parts.port in {None, 80, 443} else parts._replace(netloc="")
    except ValueError as error:
        raise InvalidValue(STORE_URL_REQUEST_FIELD, f"not a URL; {STORE_URL_ADVICE}") from error


def parse_app_store_url(parts: SplitResult) -> AppStoreListingRef:
    """Return the app id and country of an App Store address. Raises `InvalidValue`.

    Accepts `/us/app/slack/id618783545`, `/app/id618783545`, and iTunes' `.../viewSoftware?id=618783545`.
    """
    *folders, last = [part for part in parts.path.split("/") if part] or [""]
    number = APPLE_APP_ID_PATTERN.fullmatch(last) if "app" in folders[:2] and last.lower().startswith("id") else None
    if last in {"viewSoftware", "lookup"}:
        number = APPLE_APP_ID_PATTERN.fullmatch(read_store_url_parameter(parts, "id"))
    if number is None:
        raise InvalidValue(STORE_URL_REQUEST_FIELD, f"a page of the App Store, but not an app's; {STORE_URL_ADVICE}")
    return AppStoreListingRef(by="id", value=number[1], country=country_of_store_path(folders))


def country_of_store_path(folders: list[str]) -> str | None:
    """Return a store path's country code; None without one. Raises `InvalidValue` for two letters of no country."""
    named_one = folders[0] if folders and len(folders[0]) == 2 else None
    return None if named_one is None else countries.check_country_code(named_one, path=STORE_URL_REQUEST_FIELD)


def parse_google_play_url(parts: SplitResult) -> GooglePlayListingReference:
    if parts.path.rstrip("/") not in {"/store/apps/details", "/details"}:
        raise InvalidValue(
            STORE_URL_REQUEST_FIELD, "a page of Google Play, but not an app's; its address has /store/apps/details?id="
        )
    country, language = read_store_url_parameter(parts, "gl"), read_store_url_parameter(parts, "hl")
    return GooglePlayListingReference(
        package=check_play_package(read_store_url_parameter(parts, "id"), STORE_URL_REQUEST_FIELD),
        language=language if GOOGLE_PLAY_LANGUAGE_PATTERN.fullmatch(language) else None,
        country=countries.check_country_code(country, path=STORE_URL_REQUEST_FIELD) if country else None,
    )


def read_store_url_parameter(parts: SplitResult, name: str) -> str:
    """Return a URL's query parameter; empty if it is absent."""
    return parse_qs(parts.query).get(name, [""])[0]
