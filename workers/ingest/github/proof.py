"""Proof that a person may connect an installation: GitHub lists it for them, and they can read all of it.

An installation's id proves nothing, since anyone can type it. The list alone proves nothing either: GitHub
lists an installation for each reader of a single repository in it.
"""

import re
from collections.abc import AsyncIterator
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from domain.brand.github_installations import Installation
from schemas.errors import InstallationUnverified, SourceForbidden, SourceNotFound
from schemas.github import GitHubRepo
from workers.ingest.github.client import JSON_LIMITS, Api, decode, get, url_origin
from workers.ingest.github.credentials import REFUSED_APP, SUSPENDED, GitHubApp, token_for, with_token
from workers.ingest.github.errors import ERROR_STATUSES, cooldown_s, response_error
from workers.web.fetch import ExpectedResponse, FetchedResponse, fetch

T = TypeVar("T")

START_AGAIN = "start again with POST /v1/github/install-url"

#: Pages of a list that are read, of a hundred entries each.
MAX_PAGES = 100
NEXT_LINK = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next\b')

#: The full form of a hundred repositories takes some 700 KB.
LIST_LIMITS = msgspec.structs.replace(JSON_LIMITS, limit=4 << 20)
EXCHANGE_LIMITS = ExpectedResponse(
    accept="application/json", types=frozenset({"application/json"}), limit=64 << 10, passing=ERROR_STATUSES
)

#: Errors of an App rather than of the code (docs.github.com/apps, "Troubleshooting OAuth app access token
#: request errors").
APP_ERRORS = {"incorrect_client_credentials", "redirect_uri_mismatch", "application_suspended"}


class CodeExchange(msgspec.Struct, frozen=True):
    """Response to a code. Its status is 200 for an error too."""

    access_token: str = ""
    error: str = ""


class GithubAccount(msgspec.Struct, frozen=True):
    login: str


class ListedInstallation(msgspec.Struct, frozen=True):
    id: int
    account: GithubAccount
    suspended_at: str | None = None


class Installations(msgspec.Struct, frozen=True):
    installations: list[ListedInstallation]


class ListedRepository(msgspec.Struct, frozen=True):
    id: int
    full_name: str
    private: bool


class Repositories(msgspec.Struct, frozen=True):
    total_count: int
    repositories: list[ListedRepository]


async def prove(app: GitHubApp, *, code: str, installation_id: int) -> Installation:
    """Return the installation, if the code's person may connect it.

    Raises `InstallationUnverified`, `SourceError`.
    """
    person = msgspec.structs.replace(app.api, token=await exchange_oauth_code(app, code))
    try:
        listed = await find_installation(person, installation_id)
        if listed.suspended_at is not None:
            raise SourceForbidden(SUSPENDED)
        await check_reach(app, person, installation_id)
    except SourceNotFound as hidden:
        raise not_listed(installation_id) from hidden
    return Installation(listed.id, listed.account.login)


async def exchange_oauth_code(app: GitHubApp, code: str) -> str:
    """Exchange the OAuth code for the person's token, which is used for this proof and never stored.

    A code works once: raises `InstallationUnverified` for a used or expired one.
    """
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "code": code}
    answer = await fetch(
        app.api.client,
        f"{app.api.web}/login/oauth/access_token",
        want=EXCHANGE_LIMITS,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        content=urlencode(form).encode(),
    )
    if cooldown_s(answer) is not None:
        raise response_error(answer, installed=False)
    granted = decode(answer.body, CodeExchange)
    if granted.error in APP_ERRORS:
        raise SourceForbidden(REFUSED_APP)
    if not granted.access_token:
        raise InstallationUnverified(
            f"GitHub rejects the code, since it was used or has expired: {START_AGAIN}"
        )
    return granted.access_token


async def find_installation(person: Api, installation_id: int) -> ListedInstallation:
    async for page in yield_list_pages(person, Installations, "user", "installations"):
        for listed in page.installations:
            if listed.id == installation_id:
                return listed
    raise not_listed(installation_id)


def not_listed(installation_id: int) -> InstallationUnverified:
    return InstallationUnverified(
        f"GitHub doesn't list installation {installation_id} for this person: {START_AGAIN}"
    )


async def check_reach(app: GitHubApp, person: Api, installation_id: int) -> None:
    """Raise `InstallationUnverified` if the installation reads more than the person: we must not give them
    access.
    """
    token = await token_for(app, installation_id)
    covered = await count_repositories(with_token(app.api, app, token), "installation")
    visible = await count_repositories(person, "user", "installations", str(installation_id))
    if visible < covered:
        raise InstallationUnverified(
            f"the installation reads {covered} repositories, this person only {visible} of them: "
            "an owner of the GitHub account has to connect it"
        )


async def count_repositories(api: Api, *owner: str) -> int:
    answer = await get(api, api.address(*owner, "repositories", per_page="1"), want=LIST_LIMITS)
    return decode(answer.body, Repositories).total_count


async def list_repositories(app: GitHubApp, installation_id: int) -> list[GitHubRepo]:
    """List all repositories of the installation. Raises `InstallationGone`, `SourceError`."""
    token = await token_for(app, installation_id)
    api = with_token(app.api, app, token)
    return [
        GitHubRepo(id=repo.id, full_name=repo.full_name, private=repo.private)
        async for page in yield_list_pages(api, Repositories, "installation", "repositories")
        for repo in page.repositories
    ]


async def yield_list_pages(api: Api, kind: type[T], *path: str) -> AsyncIterator[T]:
    """Yield the decoded pages of a list by GitHub's links to the next page, at most `MAX_PAGES`."""
    url: str | None = api.address(*path, per_page="100")
    for _ in range(MAX_PAGES):
        if url is None:
            return
        answer = await get(api, url, want=LIST_LIMITS)
        yield decode(answer.body, kind)
        url = next_page(answer, api.base)


def next_page(answer: FetchedResponse, base: str) -> str | None:
    """Return the next page's URL; None after the last one, or on a host that must not get our token."""
    match = NEXT_LINK.search(answer.headers.get("Link", ""))
    return match[1] if match and url_origin(match[1]) == url_origin(base) else None
