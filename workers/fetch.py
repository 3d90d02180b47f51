"""Outbound HTTP to addresses that strangers choose.

Every connection goes to an address that was checked after the one look-up of its name (`domain/urls.py`
holds the policies, ssrfguard the pinned sockets), on each redirect anew. No cookie, proxy or credential
goes along. A fetch ends within `DEADLINE_S` (plus a look-up's `DNS_S`), however slowly the bytes drip, and
within the limits of its `Want`; how it can fail is `schemas.errors.SourceError`.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from typing import Any

import httpx
import msgspec
from ssrfguard import Policy, Resolver
from ssrfguard.httpx import AsyncSafeTransport

from domain.urls import DEFAULT_PORTS, PUBLIC, Allowed
from schemas.errors import FetchFailed, NotHtml
from workers import inflate
from workers.refusals import as_source_errors, raise_for_status

BOT = "BrandContextBot"
DEADLINE_S = 15.0
DNS_S = 5.0
MAX_REDIRECTS = 5
#: A look-up that hangs holds a thread until libc gives up; past this many, names fail after `DNS_S`.
LOOKUPS = ThreadPoolExecutor(64, thread_name_prefix="dns")

Admit = Callable[[str], Awaitable[None]]


class Want(msgspec.Struct, frozen=True, kw_only=True):
    """What a fetch asks for. An answer of no type passes where it begins with `<`; no `types`: any passes.

    An answer of more than `limit` bytes is refused, or cut there.
    """

    accept: str
    types: frozenset[str] = frozenset()
    limit: int
    cut: bool = False


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer: where the redirects ended, two headers as sent, the decoded body."""

    url: str
    content_type: str
    language: str
    body: bytes


HTML = Want(
    accept="text/html,application/xhtml+xml;q=0.9",
    types=frozenset({"text/html", "application/xhtml+xml"}),
    limit=2 << 20,
)


class Guarded(httpx.AsyncBaseTransport):
    """Sends a request through the sockets of its origin's policy: the public one, or a loopback's."""

    def __init__(self, allowed: Allowed, resolver: Resolver) -> None:
        tls = httpx.create_ssl_context()

        def behind(policy: Policy) -> AsyncSafeTransport:
            return AsyncSafeTransport(policy=policy, resolver=resolver, verify=tls)

        self.public = behind(PUBLIC)
        self.loopback = {origin: behind(policy) for origin, policy in allowed.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        origin = url.host, url.port or DEFAULT_PORTS.get(url.scheme, 0)
        return await self.loopback.get(origin, self.public).handle_async_request(request)

    async def aclose(self) -> None:
        for transport in (self.public, *self.loopback.values()):
            await transport.aclose()


def lookup(*question: Any) -> Any:
    """`socket.getaddrinfo` with a limit: ssrfguard's thread can't be canceled while it waits for one."""
    try:
        return LOOKUPS.submit(socket.getaddrinfo, *question).result(DNS_S)
    except TimeoutError as error:
        raise socket.gaierror(socket.EAI_AGAIN, f"no answer within {DNS_S:g} s") from error


def open_client(*, allowed: Allowed, contact: str, resolver: Resolver = lookup) -> httpx.AsyncClient:
    """A client for any number of fetches at once; `contact` is the URL that our User-Agent names."""
    return httpx.AsyncClient(
        transport=Guarded(allowed, resolver),
        headers={"User-Agent": f"{BOT}/{version('tenantry')} (+{contact})", "Accept-Encoding": "gzip"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=httpx.Timeout(10, connect=5),
        follow_redirects=False,
        trust_env=False,
    )


async def admit_all(_url: str) -> None:
    """For fetches that robots.txt has no say in."""


async def fetch(
    client: httpx.AsyncClient, url: str, *, want: Want = HTML, admit: Admit = admit_all
) -> Fetched:
    """GET `url` and follow its redirects, each admitted first. Raises a `SourceError`."""
    with as_source_errors(url):
        async with asyncio.timeout(DEADLINE_S):
            for _ in range(MAX_REDIRECTS + 1):
                answer = await hop(client, url, want)
                if isinstance(answer, Fetched):
                    return answer
                url = answer
                await admit(url)
    raise FetchFailed(f"the address redirects more than {MAX_REDIRECTS} times", retryable=False)


async def hop(client: httpx.AsyncClient, url: str, want: Want) -> Fetched | str:
    """One request: the answer, or the address that it redirects to."""
    async with client.stream("GET", url, headers={"Accept": want.accept}) as response:
        if response.has_redirect_location:
            return str(response.url.join(response.headers["Location"]).copy_with(fragment=None))
        raise_for_status(response)
        return await read(response, want)


async def read(response: httpx.Response, want: Want) -> Fetched:
    content_type = response.headers.get("Content-Type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type:
        refuse_type(media_type, want)
    encoding = response.headers.get("Content-Encoding", "")
    body = await inflate.read(response.aiter_raw(), encoding=encoding, limit=want.limit, cut=want.cut)
    if not media_type and not body[:512].lstrip().startswith(b"<"):
        refuse_type("without a type", want)
    return Fetched(
        url=str(response.url),
        content_type=content_type,
        language=response.headers.get("Content-Language", ""),
        body=body,
    )


def refuse_type(media_type: str, want: Want) -> None:
    if want.types and media_type not in want.types:
        raise NotHtml(f"the address answers {media_type[:80]}, not a web page; give the address of a page")
