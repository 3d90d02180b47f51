"""Credentials of a GitHub App: a signed JWT for itself, and tokens of an hour for each installation.

A token reads one repository, or lists them all, and may do nothing else. Tokens stay in this process's
memory until 5 minutes before their end, or until GitHub refuses one. No row, log or error ever has one
(docs.github.com/apps, "Authenticating with a GitHub App").
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
from workers.ingest.github.client import JSON_LIMITS, Api, Tokens, admit_within, decode, open_api
from workers.ingest.github.errors import ERROR_STATUSES, cooldown_s, message_of, response_error
from workers.runtime.context import Context
from workers.web.fetch import FetchedResponse, fetch, identity, open_trusted

#: Tolerance for a slow clock at GitHub.
CLOCK_TOLERANCE = timedelta(seconds=60)
#: Lifetime of the JWT, of which GitHub allows 10 minutes.
JWT_LIFETIME = timedelta(minutes=9)
#: Time before its end from which a token is not used any more: it must outlive the job.
EXPIRY_MARGIN = timedelta(minutes=5)

READ_PERMISSIONS = {"contents": "read", "metadata": "read"}
LIST_PERMISSIONS = {"metadata": "read"}

REFUSED_APP = "GitHub refuses this server's App: tell its operator"
SUSPENDED = "the GitHub App's installation is suspended: an owner must unsuspend it on GitHub"
UNGRANTED = "the GitHub App's installation lacks `Contents: read`: an owner must grant it on GitHub"
UNCOVERED = "the GitHub App's installation doesn't cover this repository: add it on GitHub"

#: Reasons why no token was issued, by status and a word of the message; the first match counts.
REASONS: tuple[tuple[int, str, Callable[[], SourceError]], ...] = (
    (401, "", lambda: SourceForbidden(REFUSED_APP)),
    (403, "suspended", lambda: SourceForbidden(SUSPENDED)),
    (404, "", InstallationGone),
    (422, "permission", lambda: SourceForbidden(UNGRANTED)),
    (422, "", lambda: SourceNotFound(UNCOVERED)),
)


#: Scope of a token: a repository by name, or by id after a move; None lists them all.
Reach: TypeAlias = str | int | None


class Token(msgspec.Struct, frozen=True):
    """Token as GitHub issues it. Its text has no fixed form: it grew from 40 characters to 520 (2026-04)."""

    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at:%Y-%m-%dT%H:%M:%SZ})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GitHubApp:
    """The operator's GitHub App. `api` is without a token, and unguarded: its addresses are settings too."""

    api: Api
    client_id: str
    client_secret: str
    key: RSAPrivateKey
    clock: Callable[[], datetime]
    tokens: dict[tuple[int, Reach], Token] = field(default_factory=dict)


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def open_app(
    settings: Settings, *, clock: Callable[[], datetime] = now
) -> AsyncIterator[GitHubApp | None]:
    """Open the App; None if the operator has set none. Raises `SettingsInvalid` for a broken private key."""
    if not settings.github_app_slug:
        yield None
        return
    key = read_key(settings.github_private_key)
    async with open_trusted(identity(settings.public_url)) as client:
        yield GitHubApp(
            api=msgspec.structs.replace(open_api(client, settings), token=None),
            client_id=settings.github_client_id,
            client_secret=settings.github_client_secret,
            key=key,
            clock=clock,
        )


def require_app(app: GitHubApp | None) -> GitHubApp:
    """Return the App. Raises `NotConfigured` without one."""
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


def sign_app_jwt(app: GitHubApp) -> str:
    """Return the App's own JWT."""
    moment = app.clock()
    claims = {"iat": moment - CLOCK_TOLERANCE, "exp": moment + JWT_LIFETIME, "iss": app.client_id}
    return jwt.encode(claims, app.key, algorithm="RS256")


async def token_for(app: GitHubApp, installation_id: int, reach: Reach = None) -> str:
    """Return an installation's token with the scope `reach`: a kept one, or a new one from GitHub.

    Raises `InstallationGone`, `SourceError`; `SourceNotFound` if it doesn't cover the repository.
    """
    scope = installation_id, reach.lower() if isinstance(reach, str) else reach
    token = app.tokens.get(scope)
    if token is None or expires_soon(app, token):
        token = app.tokens[scope] = await issue_token(app, installation_id, reach)
    return token.token


def with_token(api: Api, app: GitHubApp, token: str) -> Api:
    """Return the API with a token of the App's. The first 401 drops that token."""
    return msgspec.structs.replace(
        api, token=token, installed=True, drop=lambda: forget(app, lambda cached: cached.token == token)
    )


def expires_soon(app: GitHubApp, token: Token) -> bool:
    return token.expires_at - EXPIRY_MARGIN <= app.clock()


def forget(app: GitHubApp, matches: Callable[[Token], bool]) -> None:
    for scope in [scope for scope, token in app.tokens.items() if matches(token)]:
        del app.tokens[scope]


async def issue_token(app: GitHubApp, installation_id: int, reach: Reach) -> Token:
    forget(app, partial(expires_soon, app))
    answer = await fetch(
        app.api.client,
        f"{app.api.base}/app/installations/{installation_id}/access_tokens",
        want=JSON_LIMITS,
        headers={
            **app.api.headers,
            "Authorization": f"Bearer {sign_app_jwt(app)}",
            "Content-Type": "application/json",
        },
        content=msgspec.json.encode(permissions(reach)),
        admit=admit_within(app.api.base),
    )
    if answer.status in ERROR_STATUSES:
        raise issue_error(answer)
    return decode(answer.body, Token)


def permissions(reach: Reach) -> dict[str, Any]:
    if reach is None:
        return {"permissions": LIST_PERMISSIONS}
    repositories = {"repository_ids": [reach]} if isinstance(reach, int) else {"repositories": [reach]}
    return {**repositories, "permissions": READ_PERMISSIONS}


def issue_error(answer: FetchedResponse) -> SourceError:
    words = message_of(answer)
    if cooldown_s(answer) is None:
        for status, word, reason in REASONS:
            if answer.status == status and word in words:
                return reason()
    return response_error(answer, installed=True)


async def token_by_any_name(app: GitHubApp, installation: Installation, name: str) -> str:
    """Return a token for a repository of the installation's account, by its name or an earlier one.

    GitHub resolves an earlier name only for the repository object, not for tokens.
    """
    try:
        return await token_for(app, installation.installation_id, name)
    except SourceNotFound:
        repository_id = await find_id(app, installation, name)
        return await token_for(app, installation.installation_id, repository_id)


async def find_id(app: GitHubApp, installation: Installation, name: str) -> int:
    """Find the id of the repository that has or had this name. Raises `SourceNotFound` if not covered."""
    token = await token_for(app, installation.installation_id)
    api = with_token(app.api, app, token)
    about, _ = await read_about(api, "repos", installation.account_login, name)
    return about.id


def tokens(ctx: Context, app: GitHubApp | None) -> Tokens:
    """Return the `Tokens` of a job's organization: a function from `owner/name` to a token or None.

    The function deletes the stored installation if GitHub lacks it.
    """
    organization_id = ctx.job.organization_id

    async def token(full_name: str) -> str | None:
        owner, _, name = full_name.partition("/")
        installation = await ctx.step(partial(github_installations.find, organization_id=organization_id))
        if app is None or installation is None or installation.account_login.lower() != owner.lower():
            return None
        try:
            return await token_by_any_name(app, installation, name)
        except SourceNotFound:
            return None
        except InstallationGone:
            gone = partial(github_installations.forget, installation_id=installation.installation_id)
            await ctx.step(partial(gone, organization_id=organization_id))
            return None

    return token
