"""Store listings in each form that partners send: id, bundle id, package or URL.

No function here calls a store: only the ingest checks that an app exists.
"""

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias
from urllib.parse import SplitResult, parse_qs, urlsplit

import msgspec

from domain.values import countries
from domain.values.app_identifiers import PACKAGE
from schemas.errors import Invalid
from schemas.ingests import IngestAppStore

URL = "appStoreUrl"

#: Hosts of Apple and Google in all forms that app links have had.
APPLE = re.compile(r"(?:(?:geo\.|www\.)?itunes|(?:www\.)?apps)\.apple\.com")
GOOGLE = re.compile(r"(?:www\.)?play\.google\.com|market\.android\.com")
#: Schemes that open a store's own program; the rest of the address is the same.
PROGRAMS = {"itms", "itms-apps", "itms-appss", "macappstore", "macappstores"}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):/?/?", re.IGNORECASE)

APP_ID = re.compile(r"(?:id)?0*([1-9]\d{0,18})", re.IGNORECASE)
BUNDLE_ID = re.compile(r"(?=.{3,155}$)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?")

GIVE = "give an app's own page, such as https://apps.apple.com/us/app/slack/id618783545"


class InAppStore(msgspec.Struct, frozen=True, kw_only=True, tag="appstore"):
    """App at Apple; `country` is the storefront in its URL."""

    by: Literal["id", "bundleId"]
    value: str
    country: str | None = None


class InGooglePlay(msgspec.Struct, frozen=True, kw_only=True, tag="googleplay"):
    """App at Google; its URL may contain a language and a country."""

    package: str
    language: str | None = None
    country: str | None = None


Listing: TypeAlias = InAppStore | InGooglePlay


def check(body: IngestAppStore) -> list[Listing]:
    """Return the listings of a request, each once, its URL's first. Raises `Invalid`."""
    listings = list(dict.fromkeys(parse_listings(body)))
    if not listings:
        raise Invalid(URL, "give at least one of appStoreUrl, iosBundleId and androidPackage")
    return listings


def parse_listings(body: IngestAppStore) -> Iterator[Listing]:
    if body.app_store_url is not None:
        yield parse_listing(body.app_store_url.strip())
    if body.ios_bundle_id is not None:
        yield InAppStore(by="bundleId", value=bundle_id(body.ios_bundle_id.strip()))
    if body.android_package is not None:
        yield InGooglePlay(package=package(body.android_package.strip(), "androidPackage"))


def bundle_id(text: str) -> str:
    if not BUNDLE_ID.fullmatch(text):
        raise Invalid("iosBundleId", f"not a bundle id such as com.example.app; send a URL or id as {URL}")
    return text


def package(text: str, path: str) -> str:
    if not PACKAGE.fullmatch(text):
        raise Invalid(path, f"not a package such as com.example.app; send a Google Play URL as {URL}")
    return text


def parse_listing(text: str) -> Listing:
    """Parse a listing's URL, or its short form: `618783545`, `id618783545`, `com.example.app`."""
    if number := APP_ID.fullmatch(text):
        return InAppStore(by="id", value=number[1])
    parts = split(text)
    if parts.scheme == "market":
        return in_google_play(parts._replace(path=f"/{parts.netloc}{parts.path}"))
    host = parts.hostname or ""
    if APPLE.fullmatch(host):
        return in_app_store(parts)
    if GOOGLE.fullmatch(host):
        return in_google_play(parts)
    if BUNDLE_ID.fullmatch(text):
        return InAppStore(by="bundleId", value=text)
    raise Invalid(URL, f"not a page of the App Store or Google Play; {GIVE}")


def split(text: str) -> SplitResult:
    scheme = SCHEME.match(text)
    has_scheme = scheme is not None and scheme[1].lower() in {"http", "https", "market", *PROGRAMS}
    try:
        parts = urlsplit(text if has_scheme else f"https://{text}")
        return parts if parts.port in {None, 80, 443} else parts._replace(netloc="")
    except ValueError as error:
        raise Invalid(URL, f"not a URL; {GIVE}") from error


def in_app_store(parts: SplitResult) -> InAppStore:
    """Parse `/us/app/slack/id618783545`, `/app/id618783545`, and iTunes' `.../viewSoftware?id=618783545`."""
    *folders, last = [part for part in parts.path.split("/") if part] or [""]
    number = APP_ID.fullmatch(last) if "app" in folders[:2] and last.lower().startswith("id") else None
    if last in {"viewSoftware", "lookup"}:
        number = APP_ID.fullmatch(query_parameter(parts, "id"))
    if number is None:
        raise Invalid(URL, f"a page of the App Store, but not an app's; {GIVE}")
    return InAppStore(by="id", value=number[1], country=storefront(folders))


def storefront(folders: list[str]) -> str | None:
    """Return the country code that a store path starts with; None without one. Raises `Invalid`."""
    named_one = folders[0] if folders and len(folders[0]) == 2 else None
    return None if named_one is None else countries.check(named_one, path=URL)


def in_google_play(parts: SplitResult) -> InGooglePlay:
    if parts.path.rstrip("/") not in {"/store/apps/details", "/details"}:
        raise Invalid(URL, "a page of Google Play, but not an app's; its address has /store/apps/details?id=")
    country, language = query_parameter(parts, "gl"), query_parameter(parts, "hl")
    return InGooglePlay(
        package=package(query_parameter(parts, "id"), URL),
        language=language if LANGUAGE.fullmatch(language) else None,
        country=countries.check(country, path=URL) if country else None,
    )


def query_parameter(parts: SplitResult, name: str) -> str:
    """Return a query parameter; empty if it is absent."""
    return parse_qs(parts.query).get(name, [""])[0]
