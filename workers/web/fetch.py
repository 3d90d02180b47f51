"""Outbound HTTP to addresses that strangers choose.

Every connection goes to an address that was checked after the one look-up of its name
(`domain/values/urls.py` holds the policies, ssrfguard the pinned sockets), on each redirect anew. No cookie
or proxy goes along, and what the caller adds leaves with the first origin. A fetch ends within its `Want`'s
limits, however slowly the bytes drip, plus a look-up's `DNS_S`; how it can fail is
`schemas.errors.SourceError`.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from typing import Any

import httpx
import msgspec
from ssrfguard import Policy, Resolver
from ssrfguard.httpx import AsyncSafeTransport

from domain.values.urls import DEFAULT_PORTS, PUBLIC, Allowed
from schemas.brand import Validators
from schemas.errors import FetchFailed, NotHtml
from workers.web import inflate
from workers.web.errors import as_source_errors, raise_for_status

BOT = "BrandContextBot"
DNS_S = 5.0
MAX_REDIRECTS = 5
#: Characters of an ETag: real ones have fewer than a hundred.
LONGEST_VERSION = 512
#: A look-up that hangs holds a thread until libc gives up; past this many, names fail after `DNS_S`.
LOOKUPS = ThreadPoolExecutor(64, thread_name_prefix="dns")

Admit = Callable[[str], Awaitable[object]]


class Want(msgspec.Struct, frozen=True, kw_only=True):
    """What a fetch asks for, and what it takes for an answer.

    `types` are the media types that a 2xx may have, any where there are none; one without a type has to
    begin with one of `begins`. Over `limit` decoded bytes it is refused, or cut there.
    Statuses in `passing` are answers too: their type is not looked at, and their bodies are cut.
    """

    accept: str
    types: frozenset[str] = frozenset()
    begins: tuple[bytes, ...] = ()
    limit: int
    cut: bool = False
    passing: frozenset[int] = frozenset()
    deadline_s: float = 15.0
    silence_s: float = 10.0


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer: where the redirects ended, its status and headers, the decoded body.

    `unchanged` means a 304: the version that the caller knows is the current one, and there is no body.
    """

    url: str
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def unchanged(self) -> bool:
        return self.status == httpx.codes.NOT_MODIFIED

    @property
    def content_type(self) -> str:
        return str(self.headers.get("Content-Type", ""))

    @property
    def language(self) -> str:
        return str(self.headers.get("Content-Language", ""))

    @property
    def validators(self) -> Validators:
        return Validators(etag=self.version("ETag"), last_modified=self.version("Last-Modified"))

    def version(self, header: str) -> str | None:
        """None for what can't be sent back as it came, or is too long to be kept for that."""
        value = str(self.headers.get(header, ""))
        return value if value.isascii() and 0 < len(value) <= LONGEST_VERSION else None


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """One fetch's questions: what `fetch` was given, for each of its requests."""

    want: Want
    headers: Mapping[str, str]
    known: Mapping[str, Validators]
    content: bytes | None


HTML = Want(
    accept="text/html,application/xhtml+xml;q=0.9",
    types=frozenset({"text/html", "application/xhtml+xml"}),
    begins=(b"<",),
    limit=2 << 20,
)


@cache
def trust() -> ssl.SSLContext:
    """The authorities that every client of a process trusts; reading them takes 10 ms."""
    return httpx.create_ssl_context()


class Guarded(httpx.AsyncBaseTransport):
    """Sends a request through the sockets of its origin's policy: the public one, or a loopback's."""

    def __init__(self, allowed: Allowed, resolver: Resolver) -> None:
        def behind(policy: Policy) -> AsyncSafeTransport:
            return AsyncSafeTransport(policy=policy, resolver=resolver, verify=trust())

        self.public = behind(PUBLIC)
        self.loopback = {origin: behind(policy) for origin, policy in allowed.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.loopback.get(origin(request.url), self.public).handle_async_request(request)

    async def aclose(self) -> None:
        for transport in (self.public, *self.loopback.values()):
            await transport.aclose()


def origin(url: httpx.URL) -> tuple[str, int]:
    """Host and port; the scheme adds nothing where both of its ports are fixed."""
    return url.host, url.port or DEFAULT_PORTS.get(url.scheme, 0)


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
        follow_redirects=False,
        trust_env=False,
    )


async def admit_all(_url: str) -> None:
    """For fetches that robots.txt has no say in."""


async def fetch(
    client: httpx.AsyncClient,
    url: str,
    *,
    want: Want = HTML,
    admit: Admit = admit_all,
    headers: Mapping[str, str] = {},
    known: Mapping[str, Validators] = {},
    content: bytes | None = None,
) -> Fetched:
    """GET `url`, or POST `content` to it, and follow its redirects, each admitted first.

    `headers` go to the origin of `url` and to no other; `known` makes the request for an address that is
    in it a conditional one, which may be answered `unchanged`. Raises a `SourceError`.
    """
    asking = Asking(want=want, headers=headers, known=known, content=content)
    with as_source_errors(url):
        async with asyncio.timeout(want.deadline_s):
            return await follow(client, httpx.URL(url), asking, admit)


async def follow(client: httpx.AsyncClient, url: httpx.URL, asking: Asking, admit: Admit) -> Fetched:
    """A POST is not repeated elsewhere: its redirect is refused as an answer."""
    first = url.scheme, *origin(url)
    for _ in range(MAX_REDIRECTS + 1):
        at_home = (url.scheme, *origin(url)) == first
        answer = await hop(client, url, asking, headers=asking.headers if at_home else {})
        if isinstance(answer, Fetched):
            return answer
        url = answer
        await admit(str(url))
    raise FetchFailed(f"the address redirects more than {MAX_REDIRECTS} times", retryable=False)


async def hop(
    client: httpx.AsyncClient, url: httpx.URL, asking: Asking, *, headers: Mapping[str, str]
) -> Fetched | httpx.URL:
    """One request: the answer, or the address that it redirects to."""
    known = asking.known.get(str(url), Validators())
    sent = {"Accept": asking.want.accept, **conditions(known), **headers}
    method = "GET" if asking.content is None else "POST"
    silence = httpx.Timeout(asking.want.silence_s, connect=5)
    async with client.stream(method, url, headers=sent, content=asking.content, timeout=silence) as response:
        if response.has_redirect_location and method == "GET":
            return response.url.join(response.headers["Location"]).copy_with(fragment=None)
        return await read(response, asking.want, conditional=known != Validators())


def conditions(known: Validators) -> dict[str, str]:
    wanted = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in wanted.items() if value is not None}


async def read(response: httpx.Response, want: Want, *, conditional: bool) -> Fetched:
    if conditional and response.status_code == httpx.codes.NOT_MODIFIED:
        return whole(response, b"")
    if response.status_code in want.passing:
        return whole(response, await decoded(response, want.limit, cut=True))
    raise_for_status(response)
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type:
        refuse_type(media_type, want)
    body = await decoded(response, want.limit, cut=want.cut)
    if not (media_type or body[:512].lstrip().startswith(want.begins)):
        refuse_type("without a type", want)
    return whole(response, body)


async def decoded(response: httpx.Response, limit: int, *, cut: bool) -> bytes:
    encoding = response.headers.get("Content-Encoding", "")
    return await inflate.read(response.aiter_raw(), encoding=encoding, limit=limit, cut=cut)


def whole(response: httpx.Response, body: bytes) -> Fetched:
    return Fetched(url=str(response.url), status=response.status_code, headers=response.headers, body=body)


def refuse_type(media_type: str, want: Want) -> None:
    """The wrong page is the partner's to mend, another wrong document its server's."""
    if not want.types or media_type in want.types:
        return
    if "text/html" in want.types:
        raise NotHtml(f"the address answers {media_type[:80]}, not a web page; give the address of a page")
    raise FetchFailed(f"the answer is {media_type[:80]}, not {min(want.types)}")
