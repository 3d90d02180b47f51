"""Download of a file that a partner names: streamed into the storage, never whole in memory."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import httpx

from domain.values import ssrf_guard
from schemas.errors import FetchFailed, SourceTooLarge
from schemas.settings import Settings
from workers.ingest.page.address import site_of_url
from workers.web import inflate
from workers.web.errors import raise_for_source_status
from workers.web.fetch import (
    FetchedResponse,
    FetchResponseLimits,
    build_fetched_response,
    fetch_url,
    open_ssrf_guarded_client,
)
from workers.web.site_rate import SiteRateLimiter

#: Stores the bytes as they are received.
StoreDownload = Callable[[AsyncIterator[bytes]], Awaitable[object]]


class WebFileDownloader:
    """Downloads of a worker process, few at once from a site, without robots.txt: a partner requests them."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client, self.site_rate = client, SiteRateLimiter()

    async def download_file(self, url: str, keep: StoreDownload, *, limit: int, deadline_s: float) -> None:
        """Download the file at a URL, and pass its bytes to `keep` as a stream.

        Raises `SourceError`, such as `SourceTooLarge` over `limit` bytes, and the errors of `keep`.
        """
        want = FetchResponseLimits(accept="image/*,video/*,*/*;q=0.1", limit=limit, deadline_s=deadline_s)

        async def read(response: httpx.Response, want: FetchResponseLimits, *, conditional: bool) -> FetchedResponse:
            assert not conditional  # noqa: S101  Nothing is known of it.
            raise_for_source_status(response)
            check_download_headers(response, want.limit)
            async with aclosing(iter_bytes_within_limit(response, want.limit)) as chunks:
                await keep(chunks)
            return build_fetched_response(response, b"")

        async with self.site_rate.hold_site_slot(site_of_url(url)):
            await fetch_url(self.client, url, want=want, read=read)


def check_download_headers(response: httpx.Response, limit: int) -> None:
    """Raise `FetchFailed` for a compressed response, `SourceTooLarge` for a Content-Length over the limit."""
    if inflate.is_compressed_encoding(response.headers.get("Content-Encoding", "")):
        raise FetchFailed("the file is compressed, although it was requested without compression", retryable=False)
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and len(length) < 16 and int(length) > limit:
        raise build_big_download_error(limit)


async def iter_bytes_within_limit(response: httpx.Response, limit: int) -> AsyncGenerator[bytes, None]:
    """Yield the chunks of a response's body as received. Raise `SourceTooLarge` for a body over `limit` bytes."""
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > limit:
            raise build_big_download_error(limit)
        yield chunk


def build_big_download_error(limit: int) -> SourceTooLarge:
    return SourceTooLarge(f"the file is larger than {limit >> 20} MiB: give a smaller one")


@asynccontextmanager
async def open_file_downloader(settings: Settings) -> AsyncIterator[WebFileDownloader]:
    allowed = ssrf_guard.parse_allowed_loopback_fetch_origins(settings.fetch_allow)
    async with open_ssrf_guarded_client(allowed=allowed, contact=settings.public_url) as client:
        client.headers["Accept-Encoding"] = "identity"
        yield WebFileDownloader(client)
