"""Proof that a person may connect an installation: GitHub lists it for them, and they can read all of it.

An installation's id proves nothing, since anyone can type it. The list alone proves nothing either: GitHub
lists an installation for each reader of a single repository in it.
"""

import re
from collections.abc import AsyncIterator
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from domain.brand.github_installations import GitHubAppInstallation
from schemas.errors import GitHubInstallationUnverified, SourceForbidden, SourceNotFound
from schemas.github import GitHubRepo
from workers.ingest.github.client import (
    GITHUB_JSON_RESPONSE_LIMITS,
    GitHubApi,
    decode_github_json,
    request_github_api,
    url_origin,
)
from workers.ingest.github.credentials import (
    REFUSED_GITHUB_APP_MESSAGE,
    SUSPENDED_INSTALLATION_MESSAGE,
    GitHubApp,
    build_api_with_installation_token,
    get_installation_token,
)
from workers.ingest.github.errors import GITHUB_4XX_STATUSES, build_github_response_error, read_github_cooldown_s
from workers.web.fetch import FetchedResponse, FetchResponseLimits, fetch_url

T = TypeVar("T")

RESTART_GITHUB_INSTALL_ADVICE = "start again with POST /v1/github/install-url"

#: Pages of a list that are read, of a hundred entries each.
MAX_GITHUB_LIST_PAGES = 100
NEXT_GITHUB_PAGE_LINK_PATTERN = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next\b')

#: The full form of a hundred repositories takes some 700 KB.
GITHUB_LIST_RESPONSE_LIMITS = msgspec.structs.replace(GITHUB_JSON_RESPONSE_LIMITS, limit=4 << 20)
GITHUB_OAUTH_TOKEN_RESPONSE_LIMITS = FetchResponseLimits(
    accept="application/json", types=frozenset({"application/json"}), limit=64 << 10, passing=GITHUB_4XX_STATUSES
)

#: Errors of an App rather than of the code (docs.github.com/apps, "Troubleshooting OAuth app access token
#: request errors").
GITHUB_OAUTH_ERRORS_OF_APP_SETTINGS = {"incorrect_client_credentials", "redirect_uri_mismatch", "application_suspended"}


class GitHubOAuthTokenResponse(msgspec.Struct, frozen=True):
    """Response to a code. Its status is 200 for an error too."""

    access_token: str = ""
    error: str = ""


class GithubAccount(msgspec.Struct, frozen=True):
    login: str


class ListedGitHubInstallation(msgspec.Struct, frozen=True):
    id: int
    account: GithubAccount
    suspended_at: str | None = None


class GitHubInstallationListPage(msgspec.Struct, frozen=True):
    installations: list[ListedGitHubInstallation]


class ListedGitHubRepository(msgspec.Struct, frozen=True):
    id: int
    full_name: str
    private: bool


class GitHubRepositoryListPage(msgspec.Struct, frozen=True):
    total_count: int
    repositories: list[ListedGitHubRepository]


async def prove_installation_access(app: GitHubApp, *, code: str, installation_id: int) -> GitHubAppInstallation:
    """Return the GitHub installation `installation_id`, if the person of the OAuth code may connect it.

    Raises `GitHubInstallationUnverified` if the person may not, `SourceError` for an error of GitHub.
    """
    person = msgspec.structs.replace(app.api, token=await exchange_github_oauth_code(app, code))
    try:
        listed = await find_installation_listed_for_person(person, installation_id)
        if listed.suspended_at is not None:
            raise SourceForbidden(SUSPENDED_INSTALLATION_MESSAGE)
        await check_person_reads_all_repos(app, person, installation_id)
    except SourceNotFound as hidden:
        raise build_installation_not_listed_error(installation_id) from hidden
    return GitHubAppInstallation(listed.id, listed.account.login)


async def exchange_github_oauth_code(app: GitHubApp, code: str) -> str:
    """Exchange the OAuth code for the person's GitHub token, which is used for this proof and never stored.

    Raises `GitHubInstallationUnverified` for a used or expired code, another `SourceError` if GitHub refuses the App.
    """
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "code": code}
    answer = await fetch_url(
        app.api.client,
        f"{app.api.web}/login/oauth/access_token",
        want=GITHUB_OAUTH_TOKEN_RESPONSE_LIMITS,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        content=urlencode(form).encode(),
    )
    if read_github_cooldown_s(answer) is not None:
        raise build_github_response_error(answer, installed=False)
    granted = decode_github_json(answer.body, GitHubOAuthTokenResponse)
    if granted.error in GITHUB_OAUTH_ERRORS_OF_APP_SETTINGS:
        raise SourceForbidden(REFUSED_GITHUB_APP_MESSAGE)
    if not granted.access_token:
        raise GitHubInstallationUnverified(
            f"GitHub rejects the code, since it was used or has expired: {RESTART_GITHUB_INSTALL_ADVICE}"
        )
    return granted.access_token


async def find_installation_listed_for_person(person: GitHubApi, installation_id: int) -> ListedGitHubInstallation:
    async for page in yield_github_list_pages(person, GitHubInstallationListPage, "user", "installations"):
        for listed in page.installations:
            if listed.id == installation_id:
                return listed
    raise build_installation_not_listed_error(installation_id)


def build_installation_not_listed_error(installation_id: int) -> GitHubInstallationUnverified:
    return GitHubInstallationUnverified(
        f"GitHub doesn't list installation {installation_id} for this person: {RESTART_GITHUB_INSTALL_ADVICE}"
    )


async def check_person_reads_all_repos(app: GitHubApp, person: GitHubApi, installation_id: int) -> None:
    """Raise `GitHubInstallationUnverified` if the installation can read more repositories than the person can.

    Otherwise the connection would give the person access to further repositories.
    """
    token = await get_installation_token(app, installation_id)
    covered = await count_github_repositories(build_api_with_installation_token(app.api, app, token), "installation")
    visible = await count_github_repositories(person, "user", "installations", str(installation_id))
    if visible < covered:
        raise GitHubInstallationUnverified(
            f"the installation reads {covered} repositories, this person only {visible} of them: "
            "an owner of the GitHub account has to connect it"
        )


async def count_github_repositories(api: GitHubApi, *owner: str) -> int:
    answer = await request_github_api(
        api, api.build_api_url(*owner, "repositories", per_page="1"), want=GITHUB_LIST_RESPONSE_LIMITS
    )
    return decode_github_json(answer.body, GitHubRepositoryListPage).total_count


async def list_installation_repositories(app: GitHubApp, installation_id: int) -> list[GitHubRepo]:
    """List the repositories that a GitHub installation can read, at most 10,000.

    Raises `GitHubInstallationGone` if GitHub lacks the installation, another `SourceError` for its errors.
    """
    token = await get_installation_token(app, installation_id)
    api = build_api_with_installation_token(app.api, app, token)
    return [
        GitHubRepo(id=repo.id, full_name=repo.full_name, private=repo.private)
        async for page in yield_github_list_pages(api, GitHubRepositoryListPage, "installation", "repositories")
        for repo in page.repositories
    ]


async def yield_github_list_pages(api: GitHubApi, kind: type[T], *path: str) -> AsyncIterator[T]:
    """Yield the decoded pages of the GitHub list at `path`, by their next links, at most `MAX_GITHUB_LIST_PAGES`."""
    url: str | None = api.build_api_url(*path, per_page="100")
    for _ in range(MAX_GITHUB_LIST_PAGES):
        if url is None:
            return
        answer = await request_github_api(api, url, want=GITHUB_LIST_RESPONSE_LIMITS)
        yield decode_github_json(answer.body, kind)
        url = find_next_github_page_url(answer, api.base)


def find_next_github_page_url(answer: FetchedResponse, base: str) -> str | None:
    """Return the URL of a GitHub list's next page, from the `Link` header of a response.

    Return None after the last page, or for a host that must not get our token.
    """
    match = NEXT_GITHUB_PAGE_LINK_PATTERN.search(answer.headers.get("Link", ""))
    return match[1] if match and url_origin(match[1]) == url_origin(base) else None
