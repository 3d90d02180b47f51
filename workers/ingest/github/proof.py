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
from schemas.errors import NotProved, SourceForbidden, SourceNotFound
from schemas.github import GitHubRepo
from workers.ingest.github.client import JSON, Api, decode, get, site
from workers.ingest.github.credentials import REFUSED_APP, SUSPENDED, App, token_for, with_token
from workers.ingest.github.errors import ERROR_STATUSES, cooldown_s, error_of
from workers.web.fetch import Fetched, Want, fetch

T = TypeVar("T")

START_AGAIN = "start again with POST /v1/github/install-url"

#: Pages of a list that are read, of a hundred entries each.
MOST_PAGES = 100
NEXT = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next\b')

#: The full form of a hundred repositories takes some 700 KB.
LISTS = msgspec.structs.replace(JSON, limit=4 << 20)
EXCHANGE = Want(
    accept="application/json", types=frozenset({"application/json"}), limit=64 << 10, passing=ERROR_STATUSES
)

#: Errors of an App rather than of the code (docs.github.com/apps, "Troubleshooting OAuth app access token
#: request errors").
APP_ERRORS = {"incorrect_client_credentials", "redirect_uri_mismatch", "application_suspended"}


class Granted(msgspec.Struct, frozen=True):
    """Response to a code. Its status is 200 for an error too."""

    access_token: str = ""
    error: str = ""


class Account(msgspec.Struct, frozen=True):
    login: str


class Listed(msgspec.Struct, frozen=True):
    id: int
    account: Account
    suspended_at: str | None = None


class Installations(msgspec.Struct, frozen=True):
    installations: list[Listed]


class Repository(msgspec.Struct, frozen=True):
    id: int
    full_name: str
    private: bool


class Repositories(msgspec.Struct, frozen=True):
    total_count: int
    repositories: list[Repository]


async def prove(app: App, *, code: str, installation_id: int) -> Installation:
    """Return the installation, if the code's person may connect it. Raises `NotProved`, `SourceError`."""
    person = msgspec.structs.replace(app.api, token=await exchange(app, code))
    try:
        listed = await find(person, installation_id)
        if listed.suspended_at is not None:
            raise SourceForbidden(SUSPENDED)
        await check_reach(app, person, installation_id)
    except SourceNotFound as hidden:
        raise unlisted(installation_id) from hidden
    return Installation(listed.id, listed.account.login)


async def exchange(app: App, code: str) -> str:
    """Exchange the code for the person's token: used for this proof, never stored. A code works once."""
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "code": code}
    answer = await fetch(
        app.api.client,
        f"{app.api.web}/login/oauth/access_token",
        want=EXCHANGE,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        content=urlencode(form).encode(),
    )
    if cooldown_s(answer) is not None:
        raise error_of(answer, installed=False)
    granted = decode(answer.body, Granted)
    if granted.error in APP_ERRORS:
        raise SourceForbidden(REFUSED_APP)
    if not granted.access_token:
        raise NotProved(f"GitHub rejects the code, since it was used or has expired: {START_AGAIN}")
    return granted.access_token


async def find(person: Api, installation_id: int) -> Listed:
    async for page in pages(person, Installations, "user", "installations"):
        for one in page.installations:
            if one.id == installation_id:
                return one
    raise unlisted(installation_id)


def unlisted(installation_id: int) -> NotProved:
    return NotProved(f"GitHub doesn't list installation {installation_id} for this person: {START_AGAIN}")


async def check_reach(app: App, person: Api, installation_id: int) -> None:
    """Raise `NotProved` if the installation reads more than the person: we must not give them access."""
    token = await token_for(app, installation_id)
    all_of_it = await count(with_token(app.api, app, token), "installation")
    seen = await count(person, "user", "installations", str(installation_id))
    if seen < all_of_it:
        raise NotProved(
            f"the installation reads {all_of_it} repositories, this person only {seen} of them: "
            "an owner of the GitHub account has to connect it"
        )


async def count(api: Api, *owner: str) -> int:
    answer = await get(api, api.address(*owner, "repositories", per_page="1"), want=LISTS)
    return decode(answer.body, Repositories).total_count


async def list_repositories(app: App, installation_id: int) -> list[GitHubRepo]:
    """List all repositories of the installation. Raises `InstallationGone`, `SourceError`."""
    token = await token_for(app, installation_id)
    api = with_token(app.api, app, token)
    return [
        GitHubRepo(id=repo.id, full_name=repo.full_name, private=repo.private)
        async for page in pages(api, Repositories, "installation", "repositories")
        for repo in page.repositories
    ]


async def pages(api: Api, kind: type[T], *path: str) -> AsyncIterator[T]:
    """Yield pages of a list, by GitHub's links."""
    url: str | None = api.address(*path, per_page="100")
    for _ in range(MOST_PAGES):
        if url is None:
            return
        answer = await get(api, url, want=LISTS)
        yield decode(answer.body, kind)
        url = next_page(answer, api.base)


def next_page(answer: Fetched, base: str) -> str | None:
    """Return the next page's URL; None after the last one, or on a host that must not get our token."""
    found = NEXT.search(answer.headers.get("Link", ""))
    return found[1] if found and site(found[1]) == site(base) else None
