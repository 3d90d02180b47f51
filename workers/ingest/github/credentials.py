"""What a GitHub App shows: a signed JWT for itself, and for each installation tokens that live an hour.

A token reads one repository (or lists them all) and may do nothing else. Tokens stay in this process's
memory, until 5 minutes before their end or until GitHub refuses one; no row, log or error ever holds one.
(Research 3.1.)
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from domain.brand import github_installations
from domain.brand.github_installations import Installation
from schemas.errors import (
    InstallationGone,
    NotConfigured,
    SettingsInvalid,
    SourceError,
    SourceForbidden,
    SourceNotFound,
)
from schemas.settings import Settings
from workers.ingest.github.about import read_about
from workers.ingest.github.client import JSON, Api, Tokens, decode, keep_to
from workers.ingest.github.errors import ERROR_STATUSES, message, error_of, rest
from workers.runtime.context import Context
from workers.web.fetch import Fetched, fetch, identity, open_trusted

#: GitHub's clock may be behind ours by the first; it refuses more than 10 minutes.
BEHIND, LIFE = timedelta(seconds=60), timedelta(minutes=9)
#: A token in use must outlive the job that takes it.
SPARE = timedelta(minutes=5)

READ = {"contents": "read", "metadata": "read"}
LIST = {"metadata": "read"}

REFUSED_APP = (
    "GitHub refuses this server's App: its operator must check GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET "
    "and GITHUB_PRIVATE_KEY"
)
SUSPENDED = "the GitHub App's installation is suspended: an owner must unsuspend it on GitHub"
UNGRANTED = "the GitHub App's installation lacks `Contents: read`: an owner must grant it on GitHub"
UNCOVERED = "the GitHub App's installation doesn't cover this repository: add it on GitHub"

#: Why no token was issued: the first whose status and word it is.
REASONS: tuple[tuple[int, str, Callable[[], SourceError]], ...] = (
    (401, "", lambda: SourceForbidden(REFUSED_APP)),
    (403, "suspended", lambda: SourceForbidden(SUSPENDED)),
    (404, "", InstallationGone),
    (422, "permission", lambda: SourceForbidden(UNGRANTED)),
    (422, "", lambda: SourceNotFound(UNCOVERED)),
)


#: What a token reads: a repository by name, or by id where GitHub has moved it; None lists them all.
Reach: TypeAlias = str | int | None


class Token(msgspec.Struct, frozen=True):
    """As GitHub issues it. Its text has no form to rely on: it grew from 40 characters to 520 (2026-04)."""

    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at:%Y-%m-%dT%H:%M:%SZ})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class App:
    """The operator's GitHub App; `api` asks without a token, as GitHub's addresses are the operator's too."""

    api: Api
    client_id: str
    client_secret: str
    key: RSAPrivateKey
    clock: Callable[[], datetime]
    held: dict[tuple[int, Reach], Token] = field(default_factory=dict)


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def open_app(settings: Settings, *, clock: Callable[[], datetime] = now) -> AsyncIterator[App | None]:
    """None where the operator has set none. Raises `SettingsInvalid` for a private key that is none."""
    if not settings.github_app_slug:
        yield None
        return
    key = read_key(settings.github_private_key)
    async with open_trusted(identity(settings.public_url)) as client:
        api = Api(
            client=client, base=settings.github_api_url.rstrip("/"), web=settings.github_url.rstrip("/")
        )
        yield App(
            api=api,
            client_id=settings.github_client_id,
            client_secret=settings.github_client_secret,
            key=key,
            clock=clock,
        )


def require(app: App | None) -> App:
    """Raises `NotConfigured`."""
    if app is None:
        raise NotConfigured
    return app


def read_key(text: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise SettingsInvalid(
            "GITHUB_PRIVATE_KEY is no RSA private key in PEM: take the file that GitHub gave"
        )
    return key


def sign(app: App) -> str:
    """The App's own credential."""
    moment = app.clock()
    claims = {"iat": moment - BEHIND, "exp": moment + LIFE, "iss": app.client_id}
    return jwt.encode(claims, app.key, algorithm="RS256")


async def token_for(app: App, installation_id: int, reach: Reach = None) -> str:
    """Raises `InstallationGone`, `SourceNotFound` where the installation doesn't cover it, `SourceError`."""
    place = installation_id, reach.lower() if isinstance(reach, str) else reach
    held = app.held.get(place)
    if held is None or held.expires_at - SPARE <= app.clock():
        held = app.held[place] = await issue(app, installation_id, reach)
    return held.token


def with_token(api: Api, app: App, token: str) -> Api:
    """The same, with a token of the App's; the first 401 to it is its end here."""
    return msgspec.structs.replace(api, token=token, installed=True, drop=partial(forget, app, token))


def forget(app: App, token: str) -> None:
    for place in [place for place, held in app.held.items() if held.token == token]:
        del app.held[place]


async def issue(app: App, installation_id: int, reach: Reach) -> Token:
    forget_old(app)
    answer = await fetch(
        app.api.client,
        f"{app.api.base}/app/installations/{installation_id}/access_tokens",
        want=JSON,
        headers={
            **app.api.headers,
            "Authorization": f"Bearer {sign(app)}",
            "Content-Type": "application/json",
        },
        content=msgspec.json.encode(wish(reach)),
        admit=keep_to(app.api.base),
    )
    if answer.status in ERROR_STATUSES:
        raise refused(answer)
    return decode(answer.body, Token)


def wish(reach: Reach) -> dict[str, Any]:
    if reach is None:
        return {"permissions": LIST}
    named = {"repository_ids": [reach]} if isinstance(reach, int) else {"repositories": [reach]}
    return {**named, "permissions": READ}


def forget_old(app: App) -> None:
    for place in [place for place, token in app.held.items() if token.expires_at - SPARE <= app.clock()]:
        del app.held[place]


def refused(answer: Fetched) -> SourceError:
    said = message(answer)
    if cooldown_s(answer) is None:
        for status, word, reason in REASONS:
            if answer.status == status and word in said:
                return reason()
    return error_of(answer, installed=True)


async def token_by_any_name(app: App, installation: Installation, name: str) -> str:
    """`token_for` a repository of the installation's account, by this name or under a later one.

    GitHub knows an old name only where it is asked for the repository itself.
    """
    try:
        return await token_for(app, installation.installation_id, name)
    except SourceNotFound:
        repository_id = await find_id(app, installation, name)
        return await token_for(app, installation.installation_id, repository_id)


async def find_id(app: App, installation: Installation, name: str) -> int:
    """Of what has, or once had, this name. Raises `SourceNotFound` for what the installation can't see."""
    token = await token_for(app, installation.installation_id)
    api = with_token(app.api, app, token)
    about, _ = await read_about(api, "repos", installation.account_login, name)
    return about.id


def tokens(ctx: Context, app: App | None) -> Tokens:
    """Those of a job's organization. An installation that GitHub no longer knows is forgotten."""
    organization_id = ctx.job.organization_id

    async def token(full_name: str) -> str | None:
        owner, _, name = full_name.partition("/")
        held = await ctx.step(partial(github_installations.find, organization_id=organization_id))
        if app is None or held is None or held.account_login.lower() != owner.lower():
            return None
        try:
            return await token_by_any_name(app, held, name)
        except SourceNotFound:
            return None
        except InstallationGone:
            gone = partial(github_installations.forget, installation_id=held.installation_id)
            await ctx.step(partial(gone, organization_id=organization_id))
            return None

    return token
