"""Requests of a drawn page: each is paused by Chromium, and answered by the caller's guarded fetch or refused."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import httpx
import msgspec

from schemas.errors import SourceError
from workers.ingest.page.address import site_of_url
from workers.ingest.render.limits import DrawingLimits
from workers.ingest.render.pipe import DevToolsMessage, DevToolsPipe
from workers.web.fetch import FetchedResponse

#: Fetches a URL, also after its redirects of the site `within` if that is given. Raises a `SourceError` or
#: `TimeoutError`. `headers` go to the first origin only.
FetchResource: TypeAlias = Callable[[str, str | None, Mapping[str, str]], Awaitable[FetchedResponse]]

#: Kinds of requests that may change the page's text or its look (DevTools protocol, `Network.ResourceType`).
ANSWERED_RESOURCE_KINDS = frozenset({"Document", "Stylesheet", "Image", "Script", "XHR", "Fetch", "Other"})
#: Documents of the page itself: its first, and where it moves to by scripts or a refresh.
MAX_MAIN_DOCUMENTS = 5
MAX_PARALLEL_RESOURCE_FETCHES = 6
#: Headers of a response that the page gets. All others, such as cookies, policies and lengths, are dropped.
PASSED_RESPONSE_HEADERS = (
    "content-type",
    "content-language",
    "access-control-allow-origin",
    "access-control-allow-credentials",
)


class PausedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Request of a page's target that waits for an answer. `frame` is the id of its frame, if it has one."""

    id: str
    session: str
    url: str
    method: str
    kind: str
    frame: str
    headers: Mapping[str, str]

    @property
    def origin_headers(self) -> dict[str, str]:
        """Return the request's Origin, which a server may need for an answer to another site."""
        return {name: value for name, value in self.headers.items() if name.lower() == "origin"}


def parse_paused_request(event: DevToolsMessage) -> PausedRequest:
    """Return the request of a `Fetch.requestPaused` event."""
    request = event.params["request"]
    return PausedRequest(
        id=event.params["requestId"],
        session=event.session,
        url=request["url"],
        method=request["method"],
        kind=event.params.get("resourceType", ""),
        frame=event.params.get("frameId", ""),
        headers=request.get("headers", {}),
    )


def is_request_answered(request: PausedRequest, main_frame: str) -> bool:
    """Return whether a request may be answered at all: a GET over HTTP that the page's own text or look may need.

    Frames within the page, service workers, media and fonts are refused.
    """
    return (
        request.method == "GET"
        and request.url.startswith(("http://", "https://"))
        and request.kind in ANSWERED_RESOURCE_KINDS
        and (request.kind != "Document" or request.frame == main_frame)
        and all(name.lower() != "service-worker" for name in request.headers)
    )


class ResourceAnswers:
    """Answers to the requests of one page, within `limits`. `page` is its first document, as already fetched."""

    def __init__(self, pipe: DevToolsPipe, page: FetchedResponse, fetch: FetchResource, limits: DrawingLimits) -> None:
        self.pipe, self.fetch, self.limits = pipe, fetch, limits
        self.site = site_of_url(page.url)
        self.known = {page.url: page}
        self.fetches = asyncio.Semaphore(MAX_PARALLEL_RESOURCE_FETCHES)
        self.requests = self.main_documents = self.response_bytes = self.unanswered = 0
        self.last_answer_at = asyncio.get_running_loop().time()

    @property
    def is_flooded(self) -> bool:
        """Return whether the page requests without an end."""
        return self.requests > 10 * self.limits.requests

    @property
    def is_over_limit(self) -> bool:
        return self.requests > self.limits.requests or self.response_bytes > self.limits.response_bytes

    def is_quiet_for(self, seconds: float) -> bool:
        """Return whether no request waits, and the last one was answered at least `seconds` ago."""
        return self.unanswered == 0 and asyncio.get_running_loop().time() - self.last_answer_at > seconds

    def admit(self, request: PausedRequest, main_frame: str) -> bool:
        """Count a request; return whether to answer it. A refused one fails at once, or waits for ever in a flood.

        A refused document leaves the page as it is, without an error page.
        """
        self.requests += 1
        if self.is_flooded:
            return False
        is_document = request.kind == "Document"
        if is_request_answered(request, main_frame) and not self.is_over_limit:
            self.main_documents += is_document
            if self.main_documents <= MAX_MAIN_DOCUMENTS:
                return True
        self.refuse(request, "Aborted" if is_document else "BlockedByClient")
        return False

    async def answer(self, request: PausedRequest) -> None:
        """Fetch an admitted request's URL and send the response to the page, or the failure."""
        self.unanswered += 1
        try:
            url, _, _ = request.url.partition("#")
            fetched = self.known.get(url) or await self.fetch_within_limits(request, url)
            if fetched.url != url:
                self.known[fetched.url] = fetched
            self.fulfill(request, build_page_response(url, fetched))
            await self.pipe.writer.drain()
        except (SourceError, TimeoutError):
            self.refuse(request, "Aborted" if request.kind == "Document" else "Failed")
        finally:
            self.unanswered -= 1
            self.last_answer_at = asyncio.get_running_loop().time()

    async def fetch_within_limits(self, request: PausedRequest, url: str) -> FetchedResponse:
        """Fetch a URL, documents from the page's own site only. Raises `TimeoutError` over the limit of bytes."""
        within = self.site if request.kind == "Document" else None
        async with self.fetches:
            fetched = await self.fetch(url, within, request.origin_headers)
        self.response_bytes += len(fetched.body)
        if self.is_over_limit:
            raise TimeoutError
        return fetched

    def fulfill(self, request: PausedRequest, response: Mapping[str, Any]) -> None:
        self.pipe.send("Fetch.fulfillRequest", {"requestId": request.id, **response}, request.session)

    def refuse(self, request: PausedRequest, reason: str) -> None:
        self.pipe.send("Fetch.failRequest", {"requestId": request.id, "errorReason": reason}, request.session)


def build_page_response(url: str, fetched: FetchedResponse) -> dict[str, Any]:
    """Return the response to a request for `url` as DevTools parameters: the body, or the redirect to its address."""
    if httpx.URL(fetched.url) != httpx.URL(url):
        location = {"Location": fetched.url, "Access-Control-Allow-Origin": "*"}
        return {"responseCode": 302, "responseHeaders": build_header_list(location)}
    headers = {name: fetched.headers[name] for name in PASSED_RESPONSE_HEADERS if name in fetched.headers}
    return {
        "responseCode": 200,
        "responseHeaders": build_header_list(headers),
        "body": b64encode(fetched.body).decode(),
    }


def build_header_list(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]
