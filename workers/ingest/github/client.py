"""Client of GitHub's REST API: headers, redirects and errors of its requests (docs.github.com/rest)."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec

from schemas.brand import HttpValidators
from schemas.errors import FetchAddressNotAllowed, FetchFailed
from schemas.settings import Settings
from workers.ingest.github.errors import GITHUB_4XX_STATUSES, GITHUB_JSON_DECODE_ERRORS, build_github_response_error
from workers.web.fetch import AdmitUrl, FetchedResponse, FetchResponseLimits, fetch_url

#: The server of all repositories and installations. Attempts share a worker's slots by it.
GITHUB_SERVER_NAME_FOR_SLOTS = "GitHub"

GITHUB_API_VERSION = "2022-11-28"
MAX_GITHUB_REDIRECTS = 3
UNDOCUMENTED_GITHUB_RESPONSE_MESSAGE = "GitHub's API returned an undocumented response"

T = TypeVar("T")

GITHUB_JSON_RESPONSE_LIMITS = FetchResponseLimits(
    accept="application/vnd.github+json",
    types=frozenset({"application/json"}),
    limit=1 << 20,
    passing=GITHUB_4XX_STATUSES,
)
#: GitHub cuts a tree's answer at 7 MB.
GITHUB_TREE_RESPONSE_LIMITS = msgspec.structs.replace(GITHUB_JSON_RESPONSE_LIMITS, limit=8 << 20)
GITHUB_RAW_RESPONSE_LIMITS = FetchResponseLimits(
    accept="application/vnd.github.raw+json", limit=1 << 20, passing=GITHUB_4XX_STATUSES
)


class GitHubApi(msgspec.Struct, frozen=True, kw_only=True):
    """The API for one job. `base` and `web` are the API's and GitHub's addresses, without a slash at the end.

    `installed`: the token is an installation's, so it may read private repositories; `drop` is called once
    GitHub refuses that token.
    """

    client: httpx.AsyncClient
    base: str
    web: str
    token: str | None = None
    installed: bool = False
    drop: Callable[[], None] | None = None

    def build_api_url(self, *segments: str, **query: str) -> str:
        """Return the API's URL for a path of `segments` and a query; slashes inside a segment are escaped.

        Requests and the stored visit use the same URL.
        """
        path = "/".join(quote(segment, safe="") for segment in segments)
        return str(httpx.URL(f"{self.base}/{path}", params=query or None))

    @property
    def headers(self) -> dict[str, str]:
        version = {"X-GitHub-Api-Version": GITHUB_API_VERSION}
        return version if self.token is None else version | {"Authorization": f"Bearer {self.token}"}


def build_github_api(client: httpx.AsyncClient, settings: Settings) -> GitHubApi:
    """Return access to GitHub's API at the addresses of the settings, with the operator's token if there is one."""
    base, web = settings.github_api_url.rstrip("/"), settings.github_url.rstrip("/")
    return GitHubApi(client=client, base=base, web=web, token=settings.github_token or None)


async def request_github_api(
    api: GitHubApi,
    url: str,
    *,
    want: FetchResponseLimits = GITHUB_JSON_RESPONSE_LIMITS,
    validators_by_url: Mapping[str, HttpValidators] = {},
) -> FetchedResponse:
    """Request a URL of GitHub's API; return the 2xx response, or a 304 for a URL in `validators_by_url`.

    `want` limits the response. Raises a `SourceError` for an error. A 401 also drops the installation's token.
    """
    answer = await fetch_url(
        api.client,
        url,
        want=want,
        headers=api.headers,
        validators_by_url=validators_by_url,
        admit=build_redirect_check_within_host(api.base),
    )
    if answer.status == HTTPStatus.UNAUTHORIZED and api.drop:
        api.drop()
    if answer.status in GITHUB_4XX_STATUSES:
        raise build_github_response_error(answer, installed=api.installed)
    return answer


def decode_github_json(body: bytes, kind: type[T]) -> T:
    """Decode the JSON body of a GitHub response as a `kind`. Raises `FetchFailed` for any other shape."""
    try:
        return msgspec.json.decode(body, type=kind)
    except GITHUB_JSON_DECODE_ERRORS as error:
        raise FetchFailed(UNDOCUMENTED_GITHUB_RESPONSE_MESSAGE) from error


def build_redirect_check_within_host(base: str) -> AdmitUrl:
    """Return a check of each redirect, which GitHub uses for renamed repositories.

    The check raises `FetchAddressNotAllowed` for another origin than that of `base`, and `FetchFailed` after
    `MAX_GITHUB_REDIRECTS` redirects.
    """
    followed = 0

    async def admit(url: str) -> None:
        nonlocal followed
        followed += 1
        if url_origin(url) != url_origin(base):
            raise FetchAddressNotAllowed("GitHub's API redirects to another host, which is not followed")
        if followed > MAX_GITHUB_REDIRECTS:
            raise FetchFailed(f"GitHub's API redirects more than {MAX_GITHUB_REDIRECTS} times", retryable=False)

    return admit


def url_origin(url: str) -> tuple[str, str, int | None]:
    parts = httpx.URL(url)
    return parts.scheme, parts.host, parts.port
