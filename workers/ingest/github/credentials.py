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
from domain.brand.github_installations import GitHubAppInstallation
from schemas.errors import (
    GitHubInstallationGone,
    GitHubNotConfigured,
    SettingsInvalid,
    SourceError,
    SourceForbidden,
    SourceNotFound,
)
from schemas.settings import Settings
from workers.ingest.github.about import request_repository_metadata
from workers.ingest.github.client import (
    GITHUB_JSON_RESPONSE_LIMITS,
    GitHubApi,
    build_github_api,
    build_redirect_check_within_host,
    decode_github_json,
)
from workers.ingest.github.errors import (
    GITHUB_4XX_STATUSES,
    build_github_response_error,
    read_github_cooldown_s,
    read_github_error,
)
from workers.runtime.context import TaskContext
from workers.web.fetch import FetchedResponse, build_bot_identity_headers, fetch_url, open_client_without_ssrf_guard

#: Tolerance for a slow clock at GitHub.
GITHUB_CLOCK_TOLERANCE = timedelta(seconds=60)
#: Lifetime of the JWT, of which GitHub allows 10 minutes.
GITHUB_APP_JWT_LIFETIME = timedelta(minutes=9)
#: Time before its end from which a token is not used any more: it must outlive the job.
INSTALLATION_TOKEN_EXPIRY_MARGIN = timedelta(minutes=5)

GITHUB_READ_REPOSITORY_PERMISSIONS = {"contents": "read", "metadata": "read"}
GITHUB_LIST_REPOSITORIES_PERMISSIONS = {"metadata": "read"}

REFUSED_GITHUB_APP_MESSAGE = "GitHub refuses this server's App: tell its operator"
SUSPENDED_INSTALLATION_MESSAGE = "the GitHub App's installation is suspended: an owner must unsuspend it on GitHub"
NO_CONTENTS_ACCESS_MESSAGE = "the GitHub App's installation lacks `Contents: read`: an owner must grant it on GitHub"
UNCOVERED_REPOSITORY_MESSAGE = "the GitHub App's installation doesn't cover this repository: add it on GitHub"

#: Reasons why no token was issued, by status and a word of the message; the first match counts.
INSTALLATION_TOKEN_REFUSAL_REASONS: tuple[tuple[int, str, Callable[[], SourceError]], ...] = (
    (401, "", lambda: SourceForbidden(REFUSED_GITHUB_APP_MESSAGE)),
    (403, "suspended", lambda: SourceForbidden(SUSPENDED_INSTALLATION_MESSAGE)),
    (404, "", GitHubInstallationGone),
    (422, "permission", lambda: SourceForbidden(NO_CONTENTS_ACCESS_MESSAGE)),
    (422, "", lambda: SourceNotFound(UNCOVERED_REPOSITORY_MESSAGE)),
)


#: Scope of a token: a repository by name, or by id after a move; None lists them all.
TokenScope: TypeAlias = str | int | None


class InstallationToken(msgspec.Struct, frozen=True):
    """Token as GitHub issues it. Its text has no fixed form: it grew from 40 characters to 520 (2026-04)."""

    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at:%Y-%m-%dT%H:%M:%SZ})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GitHubApp:
    """The operator's GitHub App. `api` is without a token, and unguarded: its addresses are settings too."""

    api: GitHubApi
    client_id: str
    client_secret: str
    key: RSAPrivateKey
    clock: Callable[[], datetime]
    tokens: dict[tuple[int, TokenScope], InstallationToken] = field(default_factory=dict)


def utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def open_github_app(
    settings: Settings, *, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[GitHubApp | None]:
    """Open the operator's GitHub App for the block; yield None if the operator has set no App.

    Raises `SettingsInvalid` for a broken private key.
    """
    if not settings.github_app_slug:
        yield None
        return
    key = parse_github_private_key(settings.github_private_key)
    async with open_client_without_ssrf_guard(build_bot_identity_headers(settings.public_url)) as client:
        yield GitHubApp(
            api=msgspec.structs.replace(build_github_api(client, settings), token=None),
            client_id=settings.github_client_id,
            client_secret=settings.github_client_secret,
            key=key,
            clock=clock,
        )


def require_github_app(app: GitHubApp | None) -> GitHubApp:
    """Return the operator's GitHub App. Raises `GitHubNotConfigured` if the operator has set no App."""
    if app is None:
        raise GitHubNotConfigured
    return app


def parse_github_private_key(text: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise SettingsInvalid("GITHUB_PRIVATE_KEY is no RSA private key in PEM: take the file that GitHub gave")
    return key


def sign_github_app_jwt(app: GitHubApp) -> str:
    """Return a signed JWT that authenticates the GitHub App itself for `GITHUB_APP_JWT_LIFETIME`."""
    moment = app.clock()
    claims = {"iat": moment - GITHUB_CLOCK_TOLERANCE, "exp": moment + GITHUB_APP_JWT_LIFETIME, "iss": app.client_id}
    return jwt.encode(claims, app.key, algorithm="RS256")


async def get_installation_token(app: GitHubApp, installation_id: int, reach: TokenScope = None) -> str:
    """Return an installation's token with the scope `reach`: a kept one, or a new one from GitHub.

    Raises `GitHubInstallationGone` if GitHub lacks the installation, `SourceNotFound` if it doesn't cover
    the repository, another `SourceError` for any other failure.
    """
    scope = installation_id, reach.lower() if isinstance(reach, str) else reach
    token = app.tokens.get(scope)
    if token is None or is_installation_token_expiring_soon(app, token):
        token = app.tokens[scope] = await request_installation_token(app, installation_id, reach)
    return token.token


def build_api_with_installation_token(api: GitHubApi, app: GitHubApp, token: str) -> GitHubApi:
    """Return a copy of the API access with an installation's token, which the first 401 drops from the kept ones."""
    return msgspec.structs.replace(
        api,
        token=token,
        installed=True,
        drop=lambda: forget_matching_installation_tokens(app, lambda cached: cached.token == token),
    )


def is_installation_token_expiring_soon(app: GitHubApp, token: InstallationToken) -> bool:
    return token.expires_at - INSTALLATION_TOKEN_EXPIRY_MARGIN <= app.clock()


def forget_matching_installation_tokens(app: GitHubApp, matches: Callable[[InstallationToken], bool]) -> None:
    for scope in [scope for scope, token in app.tokens.items() if matches(token)]:
        del app.tokens[scope]


async def request_installation_token(app: GitHubApp, installation_id: int, reach: TokenScope) -> InstallationToken:
    forget_matching_installation_tokens(app, partial(is_installation_token_expiring_soon, app))
    answer = await fetch_url(
        app.api.client,
        f"{app.api.base}/app/installations/{installation_id}/access_tokens",
        want=GITHUB_JSON_RESPONSE_LIMITS,
        headers={
            **app.api.headers,
            "Authorization": f"Bearer {sign_github_app_jwt(app)}",
            "Content-Type": "application/json",
        },
        content=msgspec.json.encode(build_installation_token_request_body(reach)),
        admit=build_redirect_check_within_host(app.api.base),
    )
    if answer.status in GITHUB_4XX_STATUSES:
        raise build_installation_token_refusal_error(answer)
    return decode_github_json(answer.body, InstallationToken)


def build_installation_token_request_body(reach: TokenScope) -> dict[str, Any]:
    if reach is None:
        return {"permissions": GITHUB_LIST_REPOSITORIES_PERMISSIONS}
    repositories = {"repository_ids": [reach]} if isinstance(reach, int) else {"repositories": [reach]}
    return {**repositories, "permissions": GITHUB_READ_REPOSITORY_PERMISSIONS}


def build_installation_token_refusal_error(answer: FetchedResponse) -> SourceError:
    words = read_github_error(answer)
    if read_github_cooldown_s(answer) is None:
        for status, word, reason in INSTALLATION_TOKEN_REFUSAL_REASONS:
            if answer.status == status and word in words:
                return reason()
    return build_github_response_error(answer, installed=True)


async def get_token_by_any_repository_name(app: GitHubApp, installation: GitHubAppInstallation, name: str) -> str:
    """Return a token for a repository of the installation's account, by its name or an earlier one.

    GitHub resolves an earlier name only for repositories, not for tokens. Raises `SourceNotFound` if it is missing.
    """
    try:
        return await get_installation_token(app, installation.installation_id, name)
    except SourceNotFound:
        repository_id = await find_repository_id(app, installation, name)
        return await get_installation_token(app, installation.installation_id, repository_id)


async def find_repository_id(app: GitHubApp, installation: GitHubAppInstallation, name: str) -> int:
    """Return the id of the repository that has or had this name.

    Raises `SourceNotFound` if it doesn't exist, or the installation has no access to it.
    """
    token = await get_installation_token(app, installation.installation_id)
    api = build_api_with_installation_token(app.api, app, token)
    about, _ = await request_repository_metadata(api, "repos", installation.account_login, name)
    return about.id


async def find_repository_token(ctx: TaskContext, app: GitHubApp | None, full_name: str) -> str | None:
    """Return a token of the job's organization that may read the repository `full_name`, which is `owner/name`.

    Return None without a connected installation of that owner that covers the repository. Delete the stored
    installation if GitHub lacks it. Raises a `SourceError` for any other failure, such as a suspension.
    """
    organization_id = ctx.job.organization_id
    owner, _, name = full_name.partition("/")
    installation = await ctx.step(
        partial(github_installations.find_organization_github_installation, organization_id=organization_id)
    )
    if app is None or installation is None or installation.account_login.lower() != owner.lower():
        return None
    try:
        return await get_token_by_any_repository_name(app, installation, name)
    except SourceNotFound:
        return None
    except GitHubInstallationGone:
        gone = partial(github_installations.delete_uninstalled_github_app, installation_id=installation.installation_id)
        await ctx.step(partial(gone, organization_id=organization_id))
        return None
