"""Fetch of one URL, and the HTTP clients of the workers.

A partner or a stranger chooses the URL. So each connection, on each redirect again, goes to an address
that was checked after the single lookup of its name. `domain/values/ssrf_guard.py` has the policies, the
library ssrfguard the pinned sockets. Cookies and proxies are off, and the caller's headers go to the first
origin only. A fetch ends within the limits of its `FetchResponseLimits`, however slow the bytes are, plus
`DNS_LOOKUP_TIMEOUT_S` for a lookup. It raises `SourceError`s.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import blake2b
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from typing import Any, TypeAlias

import httpx
import msgspec
from ssrfguard import Policy, Resolver
from ssrfguard.httpx import AsyncSafeTransport

from domain.values.ssrf_guard import DEFAULT_PORT_BY_SCHEME, PUBLIC_ADDRESS_POLICY, AllowedOrigins
from schemas.brand import HttpValidators
from schemas.errors import FetchFailed, SourceNotHtml
from workers.web import inflate
from workers.web.errors import convert_errors_to_source_error, raise_for_source_status
from workers.web.traced import wrap_transport_with_spans

CRAWLER_BOT_NAME = "BrandContextBot"
DNS_LOOKUP_TIMEOUT_S = 5.0
MAX_FETCH_REDIRECTS = 5
#: Characters of an ETag or Last-Modified that is kept: real ones have fewer than a hundred.
MAX_HTTP_VALIDATOR_CHARS = 512
#: Threads for lookups. A hanging one keeps its thread until libc gives up. Without a free thread, names fail
#: after `DNS_LOOKUP_TIMEOUT_S`.
DNS_LOOKUP_EXECUTOR = ThreadPoolExecutor(64, thread_name_prefix="dns")

AdmitUrl = Callable[[str], Awaitable[object]]
#: Reads the response after all redirects. Raises a `SourceError`.
ReadResponse: TypeAlias = Callable[..., Awaitable["FetchedResponse"]]


class FetchResponseLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Expected response of a fetch: its Accept header, and the accepted types and sizes.

    `types` are the media types that a 2xx may have (empty: any); a body without a type must begin with one
    of `begins`. A body over `limit` decoded bytes is an error, or cut there with `cut`; `part` sends a
    Range for these bytes only. Statuses in `passing` are returned like a 2xx: their type is not checked,
    and their bodies are cut.
    """

    accept: str
    types: frozenset[str] = frozenset()
    begins: tuple[bytes, ...] = ()
    limit: int
    cut: bool = False
    part: bool = False
    passing: frozenset[int] = frozenset()
    deadline_s: float = 15.0
    silence_s: float = 10.0


class FetchedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A whole response: the URL after redirects, its status and headers, the decompressed body.

    `unchanged` means a 304: the caller's version is current, and there is no body.
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
    def validators(self) -> HttpValidators:
        return HttpValidators(etag=self.http_validator("ETag"), last_modified=self.http_validator("Last-Modified"))

    @property
    def digest(self) -> str:
        """Return a hash of the body and the headers by which it is read: the same hash means an unchanged page."""
        reading_headers = f"{self.content_type}\n{self.language}\n".encode()
        return blake2b(reading_headers + self.body, digest_size=16).hexdigest()

    def http_validator(self, header: str) -> str | None:
        """Return a response's ETag or Last-Modified, by the header's name, for a later conditional request.

        Return None if it is missing, isn't ASCII, or has more than `MAX_HTTP_VALIDATOR_CHARS`.
        """
        value = str(self.headers.get(header, ""))
        return value if value.isascii() and 0 < len(value) <= MAX_HTTP_VALIDATOR_CHARS else None


class FetchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of one `fetch_url`, which apply to each of its requests."""

    want: FetchResponseLimits
    headers: Mapping[str, str]
    validators_by_url: Mapping[str, HttpValidators]
    content: bytes | None
    read: "ReadResponse"


EXPECTED_HTML_TYPE_AND_SIZE = FetchResponseLimits(
    accept="text/html,application/xhtml+xml;q=0.9",
    types=frozenset({"text/html", "application/xhtml+xml"}),
    begins=(b"<",),
    limit=2 << 20,
)


@cache
def shared_ssl_context() -> ssl.SSLContext:
    """Return the TLS context that all HTTP clients of the process share, with the certificate authorities.

    It is cached: loading them takes 10 ms.
    """
    return httpx.create_ssl_context()


class SsrfGuardedTransport(httpx.AsyncBaseTransport):
    """Transport that opens sockets by the policy of the origin: public, or an allowed loopback's."""

    def __init__(self, allowed: AllowedOrigins, resolver: Resolver, limits: httpx.Limits | None) -> None:
        def transport_for(policy: Policy) -> AsyncSafeTransport:
            return AsyncSafeTransport(policy=policy, resolver=resolver, verify=shared_ssl_context(), limits=limits)

        self.public = transport_for(PUBLIC_ADDRESS_POLICY)
        self.loopback = {allowed_origin: transport_for(policy) for allowed_origin, policy in allowed.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.loopback.get(host_and_port_of_url(request.url), self.public).handle_async_request(request)

    async def aclose(self) -> None:
        for transport in (self.public, *self.loopback.values()):
            await transport.aclose()


def host_and_port_of_url(url: httpx.URL) -> tuple[str, int]:
    """Return host and port of a URL; they identify an origin here, since HTTP and HTTPS have other default ports.

    The host is in ASCII, as it is looked up: not every name that begins with `xn--` has another form.
    """
    return url.raw_host.decode(), url.port or DEFAULT_PORT_BY_SCHEME.get(url.scheme, 0)


def look_up_host(*arguments: Any) -> Any:
    """Return the addresses of a host by `socket.getaddrinfo`, on a thread, within `DNS_LOOKUP_TIMEOUT_S`.

    Raise `socket.gaierror` after that time. The caller's own thread could not be canceled during a lookup.
    """
    try:
        return DNS_LOOKUP_EXECUTOR.submit(socket.getaddrinfo, *arguments).result(DNS_LOOKUP_TIMEOUT_S)
    except TimeoutError as error:
        raise socket.gaierror(socket.EAI_AGAIN, f"no answer within {DNS_LOOKUP_TIMEOUT_S:g} s") from error


def open_ssrf_guarded_client(
    *, allowed: AllowedOrigins, contact: str, resolver: Resolver = look_up_host, limits: httpx.Limits | None = None
) -> httpx.AsyncClient:
    """Return an HTTP client that connects only to public and `allowed` addresses; `contact` is in its User-Agent.

    `limits` (None: httpx's) are for all public addresses, and for each allowed origin. It follows no redirect.
    """
    return httpx.AsyncClient(
        transport=wrap_transport_with_spans(SsrfGuardedTransport(allowed, resolver, limits)),
        headers=build_bot_identity_headers(contact),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
    )


def open_client_without_ssrf_guard(headers: Mapping[str, str], **options: Any) -> httpx.AsyncClient:
    """Return an HTTP client without the SSRF guard, for addresses that the operator sets. It follows no redirect."""
    transport = wrap_transport_with_spans(httpx.AsyncHTTPTransport(verify=shared_ssl_context(), trust_env=False))
    return httpx.AsyncClient(headers=headers, transport=transport, follow_redirects=False, trust_env=False, **options)


def build_bot_identity_headers(contact: str) -> dict[str, str]:
    """Return the headers of all our requests to sites: the User-Agent with a contact URL, and gzip as encoding."""
    return {"User-Agent": f"{CRAWLER_BOT_NAME}/{version('tenantry')} (+{contact})", "Accept-Encoding": "gzip"}


async def read_checked_response(
    response: httpx.Response, want: FetchResponseLimits, *, conditional: bool
) -> FetchedResponse:
    """Check a response's status and media type, read its body into memory, and return both.

    Raise a `SourceError` for an unexpected status or type, or a body over the limit. A `conditional` 304 has no body.
    """
    if conditional and response.status_code == httpx.codes.NOT_MODIFIED:
        return build_fetched_response(response, b"")
    if response.status_code in want.passing:
        return build_fetched_response(response, await read_response_body(response, want.limit, cut=True))
    raise_for_source_status(response)
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type:
        check_response_media_type(media_type, want)
    body = await read_response_body(response, want.limit, cut=want.cut)
    if not (media_type or body[:512].lstrip().startswith(want.begins)):
        check_response_media_type("without a type", want)
    return build_fetched_response(response, body)


async def admit_any_redirect(_url: str) -> None:
    """Do nothing, so that any redirect is followed: the default for requests that robots.txt doesn't govern."""


async def fetch_url(
    client: httpx.AsyncClient,
    url: str,
    *,
    want: FetchResponseLimits = EXPECTED_HTML_TYPE_AND_SIZE,
    admit: AdmitUrl = admit_any_redirect,
    headers: Mapping[str, str] = {},
    validators_by_url: Mapping[str, HttpValidators] = {},
    content: bytes | None = None,
    read: ReadResponse = read_checked_response,
) -> FetchedResponse:
    """GET a URL, or POST `content` to it, follow redirects, and return the response.

    `want` has the accepted types, sizes and times. `admit` is called with each redirect's URL before it is
    followed, and may raise. `headers` go to the origin of `url` and to no other. A request for a URL in
    `validators_by_url` is conditional, and its response may be `unchanged`. Raise a `SourceError`.
    """
    query = FetchRequest(want=want, headers=headers, validators_by_url=validators_by_url, content=content, read=read)
    with convert_errors_to_source_error(url):
        async with asyncio.timeout(want.deadline_s):
            return await fetch_with_redirects(client, httpx.URL(url), query, admit)


async def fetch_with_redirects(
    client: httpx.AsyncClient, url: httpx.URL, query: FetchRequest, admit: AdmitUrl
) -> FetchedResponse:
    """Request a URL, follow its redirects, and return the last response.

    Pass each redirect to `admit`, which may raise; a POST's is an error. Raise `FetchFailed` after too many.
    """
    first = url.scheme, *host_and_port_of_url(url)
    for _ in range(MAX_FETCH_REDIRECTS + 1):
        is_first_origin = (url.scheme, *host_and_port_of_url(url)) == first
        result = await send_fetch_request(client, url, query, headers=query.headers if is_first_origin else {})
        if isinstance(result, FetchedResponse):
            return result
        url = result
        await admit(str(url))
    raise FetchFailed(
        f"the address redirects more than {MAX_FETCH_REDIRECTS} times; give the target address", retryable=False
    )


async def send_fetch_request(
    client: httpx.AsyncClient, url: httpx.URL, query: FetchRequest, *, headers: Mapping[str, str]
) -> FetchedResponse | httpx.URL:
    """Send one request, without following a redirect; return its response, or the URL of its redirect."""
    validators = query.validators_by_url.get(str(url), HttpValidators())
    sent = {
        "Accept": query.want.accept,
        **build_get_range_headers(query.want),
        **build_conditional_headers(validators),
        **headers,
    }
    method = "GET" if query.content is None else "POST"
    silence = httpx.Timeout(query.want.silence_s, connect=5)
    async with client.stream(method, url, headers=sent, content=query.content, timeout=silence) as response:
        if response.has_redirect_location and method == "GET":
            return response.url.join(response.headers["Location"]).copy_with(fragment=None)
        return await query.read(response, query.want, conditional=bool(build_conditional_headers(validators)))


def build_conditional_headers(validators: HttpValidators) -> dict[str, str]:
    headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in headers.items() if value is not None}


def build_get_range_headers(want: FetchResponseLimits) -> dict[str, str]:
    """Return headers that request only the first `limit` bytes of a file, uncompressed; none without `want.part`.

    A server may ignore the range.
    """
    first = {"Range": f"bytes=0-{want.limit - 1}", "Accept-Encoding": "identity"}
    return first if want.part else {}


async def read_response_body(response: httpx.Response, limit: int, *, cut: bool) -> bytes:
    encoding = response.headers.get("Content-Encoding", "")
    return await inflate.read_inflated_response(response.aiter_raw(), encoding=encoding, limit=limit, cut=cut)


def build_fetched_response(response: httpx.Response, body: bytes) -> FetchedResponse:
    return FetchedResponse(url=str(response.url), status=response.status_code, headers=response.headers, body=body)


def check_response_media_type(media_type: str, want: FetchResponseLimits) -> None:
    """Raise `FetchFailed` for a media type not in `want`, if that has any; `SourceNotHtml` if a page was expected."""
    if not want.types or media_type in want.types:
        return
    if "text/html" in want.types:
        raise SourceNotHtml(f"the address returned {media_type[:80]}, not a web page; give the address of a page")
    raise FetchFailed(f"the response is {media_type[:80]}, not {min(want.types)}")
