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
from domain.brand.store_listings import InAppStore, InGooglePlay, Listing
from domain.values import ssrf_guard
from schemas.brand import Extraction
from schemas.errors import Invalid, SourceRateLimited
from schemas.setting_values import KEY_BYTES
from schemas.settings import Settings, from_env
from workers.ingest.appstore import stores
from workers.ingest.appstore.lookup import Lookup
from workers.ingest.appstore.rate import Limiter
from workers.ingest.appstore.stores import StoreAccess, operator_policies
from workers.ingest.assemble import assemble
from workers.ingest.github import ingest as github
from workers.ingest.github.client import Api, open_api
from workers.ingest.parser.parser import Parser, open_parser, parse
from workers.ingest.shapes import PageDocument
from workers.ingest.website import ingest as website
from workers.ingest.website.session import Web, open_web
from workers.llm.endpoint import Model, open_model
from workers.web.fetch import open_client

FILE_NAMES = {".html", ".htm", ".xhtml", ".gz"}
#: Storefront of an app's address without a country.
COUNTRY = "us"
#: Placeholder keyring: reading hashes and seals nothing.
UNUSED_KEYRING = f"unused:{b64encode(bytes(KEY_BYTES)).decode()}"
#: Placeholders of settings that every process needs and reading never uses.
UNUSED_SETTINGS = {
    "DATABASE_URL": "postgresql://",
    "REDIS_URL": "redis://",
    "PEPPERS": UNUSED_KEYRING,
    "VAULT_KEYS": UNUSED_KEYRING,
}


class Repository(NamedTuple):
    name: str


class Address(NamedTuple):
    url: str


Target: TypeAlias = Path | Repository | Address | Listing


class Reader(NamedTuple):
    """Clients and parsers to read a target; `address` is the assumed address of files."""

    parser: Parser
    model: Model | None
    web: Web
    api: Api
    stores: StoreAccess
    allowed: ssrf_guard.Allowed
    address: str


@asynccontextmanager
async def open_reader(address: str) -> AsyncIterator[Reader]:
    """Open a reader with the settings for reading. Raise `SettingsInvalid`."""
    settings = from_env({**os.environ, **UNUSED_SETTINGS})
    contact = os.environ.get("PUBLIC_URL", "tenantry brand extract")
    allowed = ssrf_guard.read_allowed(settings.fetch_allow)
    github_only = ssrf_guard.operator_url_policy(settings.github_api_url)
    async with (
        open_client(allowed=allowed, contact=contact) as visitor,
        open_client(allowed=github_only, contact=contact) as caller,
        open_parser() as parser,
        open_stores(settings, parser, contact) as shops,
        open_model(settings.llm_base_url, settings.llm_api_key, name=settings.llm_model) as model,
    ):
        yield Reader(parser, model, open_web(visitor), open_api(caller, settings), shops, allowed, address)


@asynccontextmanager
async def open_stores(settings: Settings, parser: Parser, contact: str) -> AsyncIterator[StoreAccess]:
    async with open_client(allowed=operator_policies(settings), contact=contact) as client:
        yield StoreAccess(
            lookup=Lookup(client, settings.itunes_api_url, Limiter(allow_at_once, refuse_look_up)),
            web=open_web(client),
            parser=parser,
            app_store_url=settings.app_store_url,
            play_url=settings.play_url,
        )


async def allow_at_once(_patience_s: float) -> None:
    """Return without a wait, so that a look-up starts at once: a person reads few apps."""


async def refuse_look_up(wish_s: float | None) -> NoReturn:
    raise SourceRateLimited("the App Store refuses more requests for now", retry_after=wish_s)


def classify_target(text: str, *, allowed: ssrf_guard.Allowed) -> Target:
    """Classify a target as a file, an app, a repository or a web page. Raise `Invalid` for any other."""
    if is_file(text):
        return Path(text)
    if is_in_store(text):
        return store_listings.parse_listing(text)
    with suppress(Invalid):
        return Repository(github_repositories.check(text))
    return Address(ssrf_guard.check_fetch_url(text, allowed=allowed))


def is_file(text: str) -> bool:
    """Return whether a name is a page's file by its form, even if it doesn't exist."""
    path = Path(text)
    return "://" not in text and (path.is_file() or path.is_absolute() or path.suffix in FILE_NAMES)


def is_in_store(text: str) -> bool:
    """Return whether an address is a store's, by its host: a bare bundle id could be a host, too."""
    with suppress(Invalid):
        parts = store_listings.split(text)
        host = parts.hostname or ""
        return parts.scheme == "market" or any(
            store.fullmatch(host) for store in (store_listings.APPLE, store_listings.GOOGLE)
        )
    return False


async def read(reader: Reader, text: str) -> Extraction:
    """Read a target. Raise `Invalid` or a `SourceError`."""
    match classify_target(text, allowed=reader.allowed):
        case Path() as path:
            return await read_file(reader, path)
        case Repository(name):
            args = {"repo": name, "branch": None}
            return await github.ingest(
                reader.api,
                reader.web,
                reader.parser,
                args=args,
                visit=None,
                progress=ignore_progress,
                model=reader.model,
            )
        case InAppStore() | InGooglePlay() as app:
            return await stores.ingest(
                reader.stores, listings=[app], country=COUNTRY, progress=ignore_progress, model=reader.model
            )
        case Address(url):
            return await website.ingest(
                reader.web, reader.parser, args={"url": url}, progress=ignore_progress, model=reader.model
            )


async def read_file(reader: Reader, path: Path) -> Extraction:
    page = await parse(reader.parser, PageDocument(url=reader.address, body=read_saved(path)))
    return await assemble(
        reader.parser,
        url=page.url,
        title=page.title,
        candidates=page.candidates,
        passages=page.passages,
        model=reader.model,
    )


def read_saved(path: Path) -> bytes:
    """Read a page from a file, inflating a .gz. Raise `Invalid` if it is unreadable."""
    try:
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid(str(path), f"can't be read: {getattr(error, 'strerror', None) or error}") from error


async def ignore_progress(_stage: str, _progress: float) -> None:
    """Ignore the progress of an ingest."""
