"""Session of an ingest's requests to websites: by robots.txt and the site rate limit, within its time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeVar

import httpx
import msgspec

from domain.values import ssrf_guard
from schemas.brand import HttpValidators, LastCrawlRecord
from schemas.errors import FetchAddressNotAllowed, SourceError
from schemas.pictures import DrawnPicture
from schemas.settings import Settings
from workers.ingest.page.address import site_of_url
from workers.ingest.render.drawer import PageDrawer, find_page_drawer
from workers.web.fetch import (
    EXPECTED_HTML_TYPE_AND_SIZE,
    FetchedResponse,
    FetchResponseLimits,
    fetch_url,
    open_ssrf_guarded_client,
)
from workers.web.robots import RobotsRules, RobotsRulesCache
from workers.web.site_rate import SiteRateLimiter

T = TypeVar("T")

#: Seconds of an attempt in which pages are fetched; pages that were read by then are kept.
MAX_CRAWL_TIME_S = 60.0

#: The first bytes of an image: they have its size, even behind a color profile. They also decide if the type
#: is missing or wrong.
ACCEPTED_CRAWLED_IMAGE_START = FetchResponseLimits(
    accept="image/avif,image/webp,image/png,image/jpeg,image/svg+xml,image/*;q=0.8",
    types=frozenset(
        """image/png image/jpeg image/jpg image/pjpeg image/webp image/gif image/avif image/svg+xml
        image/x-icon image/vnd.microsoft.icon image/ico application/octet-stream binary/octet-stream
        text/plain text/xml application/xml""".split()
    ),
    begins=(b"",),
    limit=64 << 10,
    cut=True,
    part=True,
    deadline_s=5.0,
)

EXPECTED_RESPONSE_BY_CRAWLED_FILE_KIND: Mapping[str, FetchResponseLimits] = {
    "page": EXPECTED_HTML_TYPE_AND_SIZE,
    "manifest": FetchResponseLimits(
        accept="application/manifest+json,application/json;q=0.9",
        types=frozenset({"application/manifest+json", "application/json", "text/json"}),
        begins=(b"{", b"\xef\xbb\xbf"),
        limit=256 << 10,
    ),
    "style": FetchResponseLimits(
        accept="text/css",
        types=frozenset({"text/css"}),
        begins=(b"@", b":", b"/", b".", b"\xef\xbb\xbf"),
        limit=1 << 20,
        cut=True,
    ),
    "resource": FetchResponseLimits(accept="*/*", limit=4 << 20, deadline_s=8.0),
    "llms": FetchResponseLimits(
        accept="text/markdown,text/plain",
        types=frozenset({"text/plain", "text/markdown", "text/x-markdown"}),
        begins=(b"#", b"\xef\xbb\xbf"),
        limit=256 << 10,
    ),
    "picture": ACCEPTED_CRAWLED_IMAGE_START,
    "whole": msgspec.structs.replace(ACCEPTED_CRAWLED_IMAGE_START, limit=4 << 20, part=False, cut=False),
    "logo": msgspec.structs.replace(ACCEPTED_CRAWLED_IMAGE_START, limit=1 << 20, part=False),
}


class WebCrawlResources(NamedTuple):
    """Resources that ingests of a worker process share; app store ingests share their own.

    `drawer` draws pages that need their scripts; None on a host without a usable Chromium. If they are to
    show pages to people (`shows_pages`), the first page of each ingest is drawn for its screenshot.
    """

    client: httpx.AsyncClient
    robots: RobotsRulesCache
    site_rate: SiteRateLimiter
    drawer: PageDrawer | None = None
    shows_pages: bool = False


@asynccontextmanager
async def open_shared_crawl_resources(settings: Settings) -> AsyncIterator[WebCrawlResources]:
    """Open the client that a worker's website and GitHub ingests share, with one rate limit for each site."""
    allowed = ssrf_guard.parse_allowed_loopback_fetch_origins(settings.fetch_allow)
    async with open_ssrf_guarded_client(allowed=allowed, contact=settings.public_url) as client:
        yield build_crawl_resources(client, await find_page_drawer(settings.ingest_chromium_path))


def build_crawl_resources(client: httpx.AsyncClient, drawer: PageDrawer | None = None) -> WebCrawlResources:
    return WebCrawlResources(client, RobotsRulesCache(client), SiteRateLimiter(), drawer)


class CrawlSession:
    """Requests so far. `answers` has the validators for the next visit, by the requested address.

    `fetched` has responses of the revisit that are not used yet. `truncated` means that time ran out. `scripted`
    counts the pages that need their scripts, `undrawn` has the reasons why pages were not drawn as a whole.
    """

    def __init__(self, web: WebCrawlResources, *, within_s: float | None = None) -> None:
        self.web = web
        self.ends = asyncio.get_running_loop().time() + (MAX_CRAWL_TIME_S if within_s is None else within_s)
        self.answers: dict[str, HttpValidators] = {}
        self.fetched: dict[str, FetchedResponse] = {}
        self.warnings: list[str] = []
        self.truncated = False
        self.scripted = 0
        self.undrawn: list[str] = []
        self.screenshot: DrawnPicture | None = None

    async def fetch_crawl_url(self, url: str, kind: str = "page", *, within: str | None = None) -> FetchedResponse:
        """Return the response for `url`; note its validators in `answers`. Raises `SourceError`, `TimeoutError`.

        Use the revisit's response if there is one. `url` and its redirects must be of site `within`, if given.
        """
        self.answers[url] = HttpValidators(kind=kind)
        fetched = self.pop_revisit_response(url, within) or await self.request_url(url, kind, within=within)
        self.answers[url] = msgspec.structs.replace(
            fetched.validators, digest=fetched.digest, kind=kind, url=fetched.url if fetched.url != url else None
        )
        return fetched

    def pop_revisit_response(self, url: str, within: str | None) -> FetchedResponse | None:
        """Remove and return the response for `url` that the revisit has received.

        Return None without one, or if it is of another site than `within`.
        """
        answer = self.fetched.pop(url, None)
        return answer if answer and within in {None, site_of_url(answer.url)} else None

    async def request_url(
        self,
        url: str,
        kind: str,
        *,
        within: str | None = None,
        validators_by_url: Mapping[str, HttpValidators] = {},
        headers: Mapping[str, str] = {},
    ) -> FetchedResponse:
        async def admit(target: str) -> RobotsRules:
            if within and site_of_url(target) != within:
                raise FetchAddressNotAllowed("it leads to another site")
            return await self.web.robots.load_rules_that_allow_url(target)

        async with self.web.site_rate.hold_site_slot(site_of_url(url)) as reserved:
            rules = await admit(url)
            left_s = self.ends - asyncio.get_running_loop().time()
            await self.web.site_rate.wait_for_crawl_delay(reserved, delay_s=rules.crawl_delay_s, within_s=left_s)
            return await fetch_url(
                self.web.client,
                url,
                want=EXPECTED_RESPONSE_BY_CRAWLED_FILE_KIND[kind],
                admit=admit,
                headers=headers,
                validators_by_url=validators_by_url,
            )

    async def await_or_none(self, reading: Awaitable[T], *, otherwise: str | None = None) -> T | None:
        """Await `reading`, and return its result; None on a `SourceError` or at the end of the session's time.

        `otherwise` is the code of the warning for an error; without it no warning is added.
        """
        try:
            async with asyncio.timeout_at(self.ends):
                return await reading
        except TimeoutError:
            self.truncated = True
        except SourceError as error:
            if otherwise:
                self.warnings.append(f"{otherwise}: {error.message}")
        return None

    def build_last_crawl_record(self, args: dict[str, Any], *, rules: int, url: str) -> LastCrawlRecord:
        """Return the state for the next visit: `rules`, `args`, `url`; validators only if they prove no change.

        They don't if the time ran out, or for a page that needs scripts: other requests decide its text.
        """
        answers = {} if self.truncated or self.scripted else self.answers
        return LastCrawlRecord(rules=rules, args=args, answers=answers, url=url)
