"""Targets of `tenantry brand extract`: each is read as in its ingest, without a job or a database."""

import gzip
import os
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple, NoReturn, TypeAlias

from domain.brand import github_repositories, store_listings
from domain.brand.store_listings import AppStoreListingRef, GooglePlayListingReference, RequestedStoreListing
from domain.values import ssrf_guard
from schemas.brand import BrandExtraction
from schemas.errors import InvalidValue, SourceRateLimited
from schemas.setting_values import KEYRING_KEY_BYTES
from schemas.settings import Settings, load_settings
from workers.ingest.appstore import stores
from workers.ingest.appstore.lookup import AppLookupClient
from workers.ingest.appstore.rate import UpstreamLimiter
from workers.ingest.appstore.stores import AppStoreAccess, build_app_store_ssrf_policies
from workers.ingest.assemble import assemble_brand_extraction
from workers.ingest.github import ingest as github
from workers.ingest.github.client import GitHubApi, build_github_api
from workers.ingest.llm.suggest import BrandModel
from workers.ingest.parser.parser import DocumentParser, open_document_parser, parse_page
from workers.ingest.render.drawer import find_page_drawer
from workers.ingest.shapes import FetchedPage
from workers.ingest.website import ingest as website
from workers.ingest.website.session import WebCrawlResources, build_crawl_resources
from workers.llm.endpoint import open_language_model_api
from workers.web.fetch import open_ssrf_guarded_client

CLI_SAVED_PAGE_SUFFIXES = {".html", ".htm", ".xhtml", ".gz"}
#: Storefront of an app's address without a country.
DEFAULT_APP_STORE_COUNTRY = "us"
#: Placeholder keyring: reading hashes and seals nothing.
DUMMY_KEYRING_OF_BRAND_EXTRACTION = f"unused:{b64encode(bytes(KEYRING_KEY_BYTES)).decode()}"
#: Placeholders of settings that every process needs and reading never uses.
DUMMY_BRAND_EXTRACT_SETTINGS = {
    "DATABASE_URL": "postgresql://",
    "REDIS_URL": "redis://",
    "PEPPERS": DUMMY_KEYRING_OF_BRAND_EXTRACTION,
    "VAULT_KEYS": DUMMY_KEYRING_OF_BRAND_EXTRACTION,
}


class CliRepositoryTarget(NamedTuple):
    name: str


class CliBrandWebPageTarget(NamedTuple):
    url: str


BrandTarget: TypeAlias = Path | CliRepositoryTarget | CliBrandWebPageTarget | RequestedStoreListing


class BrandReadingClients(NamedTuple):
    """Clients and parsers to read a target; `address` is the assumed address of files."""

    parser: DocumentParser
    model: BrandModel | None
    web: WebCrawlResources
    api: GitHubApi
    stores: AppStoreAccess
    allowed: ssrf_guard.AllowedOrigins
    address: str


@asynccontextmanager
async def open_brand_reading_clients(address: str) -> AsyncIterator[BrandReadingClients]:
    """Yield a reader of websites, repositories, stores, and pages saved from `address`. Raise `SettingsInvalid`."""
    settings = load_settings({**os.environ, **DUMMY_BRAND_EXTRACT_SETTINGS})
    contact = os.environ.get("PUBLIC_URL", "tenantry brand extract")
    allowed = ssrf_guard.parse_allowed_loopback_fetch_origins(settings.fetch_allow)
    github_only = ssrf_guard.build_settings_url_policy(settings.github_api_url)
    async with (
        open_ssrf_guarded_client(allowed=allowed, contact=contact) as visitor,
        open_ssrf_guarded_client(allowed=github_only, contact=contact) as caller,
        open_document_parser() as parser,
        open_cli_app_store_access(settings, parser, contact) as shops,
        open_language_model_api(settings.llm_base_url, settings.llm_api_key, name=settings.llm_model) as api,
    ):
        model = BrandModel(api) if api else None
        yield BrandReadingClients(
            parser,
            model,
            build_crawl_resources(visitor, await find_page_drawer(settings.ingest_chromium_path)),
            build_github_api(caller, settings),
            shops,
            allowed,
            address,
        )


@asynccontextmanager
async def open_cli_app_store_access(
    settings: Settings, parser: DocumentParser, contact: str
) -> AsyncIterator[AppStoreAccess]:
    async with open_ssrf_guarded_client(allowed=build_app_store_ssrf_policies(settings), contact=contact) as client:
        yield AppStoreAccess(
            lookup=AppLookupClient(
                client,
                settings.itunes_api_url,
                UpstreamLimiter(skip_cli_app_lookup_wait, raise_app_lookup_rate_limited),
            ),
            web=build_crawl_resources(client),
            parser=parser,
            app_store_url=settings.app_store_url,
            play_url=settings.play_url,
        )


async def skip_cli_app_lookup_wait(_patience_s: float) -> None:
    """Return at once, so that an App Store look-up starts without a wait.

    It takes the place of the rate limit that workers share: a person reads few apps.
    """


async def raise_app_lookup_rate_limited(wish_s: float | None) -> NoReturn:
    raise SourceRateLimited("the App Store refuses more requests for now", retry_after=wish_s)


def classify_brand_target(text: str, *, allowed: ssrf_guard.AllowedOrigins) -> BrandTarget:
    """Classify a target as a file, an app, a repository or a web page. Raise `InvalidValue` for any other."""
    if is_saved_page_target(text):
        return Path(text)
    if is_store_url(text):
        return store_listings.parse_store_url_or_id(text)
    with suppress(InvalidValue):
        return CliRepositoryTarget(github_repositories.parse_repository_name(text))
    return CliBrandWebPageTarget(ssrf_guard.check_fetch_url(text, allowed=allowed))


def is_saved_page_target(text: str) -> bool:
    """Return whether a target is a saved page: an existing file, an absolute path or a known suffix.

    False for an address with `://`.
    """
    path = Path(text)
    return "://" not in text and (path.is_file() or path.is_absolute() or path.suffix in CLI_SAVED_PAGE_SUFFIXES)


def is_store_url(text: str) -> bool:
    """Return whether a text is an App Store, Google Play or `market:` address; False for a bare app id."""
    with suppress(InvalidValue):
        parts = store_listings.split_store_address_into_url_parts(text)
        host = parts.hostname or ""
        return parts.scheme == "market" or any(
            store.fullmatch(host)
            for store in (store_listings.APPLE_STORE_HOST_PATTERN, store_listings.GOOGLE_STORE_HOST_PATTERN)
        )
    return False


async def extract_brand_of_target(reader: BrandReadingClients, text: str) -> BrandExtraction:
    """Read a brand from a file, repository, app or web page. Raise `InvalidValue` or a `SourceError`."""
    match classify_brand_target(text, allowed=reader.allowed):
        case Path() as path:
            return await read_brand_of_page_file(reader, path)
        case CliRepositoryTarget(name):
            args = {"repo": name, "branch": None}
            return await github.ingest_github_repository(
                reader.api,
                reader.web,
                reader.parser,
                args=args,
                visit=None,
                progress=ignore_ingest_progress,
                model=reader.model,
            )
        case AppStoreListingRef() | GooglePlayListingReference() as app:
            return await stores.ingest_store_listings(
                reader.stores,
                listings=[app],
                country=DEFAULT_APP_STORE_COUNTRY,
                progress=ignore_ingest_progress,
                model=reader.model,
            )
        case CliBrandWebPageTarget(url):
            return await website.ingest_website_source(
                reader.web, reader.parser, args={"url": url}, progress=ignore_ingest_progress, model=reader.model
            )


async def read_brand_of_page_file(reader: BrandReadingClients, path: Path) -> BrandExtraction:
    page = await parse_page(reader.parser, FetchedPage(url=reader.address, body=read_saved_page_bytes(path)))
    return await assemble_brand_extraction(
        reader.parser,
        url=page.url,
        title=page.title,
        candidates=page.candidates,
        passages=page.passages,
        facts=page.facts,
        model=reader.model,
    )


def read_saved_page_bytes(path: Path) -> bytes:
    """Return the bytes of a saved page, with a .gz decompressed. Raise `InvalidValue` if the file can't be read."""
    try:
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidValue(str(path), f"can't be read: {getattr(error, 'strerror', None) or error}") from error


async def ignore_ingest_progress(_stage: str, _progress: float) -> None:
    """Ignore the reported progress of an ingest: `brand extract` shows none."""
