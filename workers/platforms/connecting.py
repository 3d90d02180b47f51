"""Shared parts of account connection and token refresh, for any platform."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

import httpx

from domain.accounts import client_registrations
from domain.accounts.accounts import AccountIdentity
from domain.accounts.client_registrations import OAuthClient, PlatformServerRef
from domain.accounts.credentials import TokenGrant
from domain.connecting import consent_pages
from domain.connecting.connect import AccountConnectJobArgs, ConsentCodeAndVerifier
from domain.values import ssrf_guard
from domain.values.ssrf_guard import AllowedOrigins
from jobs.outcomes import Failed, Retry, Snooze, TaskOutcome
from platforms.description import PlatformDescription
from schemas.errors import PlatformError, PlatformRefusal, PlatformThrottled
from schemas.settings import Settings
from workers.runtime.context import TaskContext
from workers.web.fetch import open_ssrf_guarded_client

#: The error code of a server that no longer has our registration.
OAUTH_CLIENT_UNKNOWN_ERROR_CODE = "APP_UNKNOWN"
START_CONNECT_AGAIN_ADVICE = "start again with POST /v1/projects/{id}/social/oauth-url"


class OutgoingNetwork(NamedTuple):
    """Outgoing network access: guarded sockets, and the loopback hosts that they may still open."""

    client: httpx.AsyncClient
    allowed: AllowedOrigins
    settings: Settings


@asynccontextmanager
async def open_outgoing_network(settings: Settings) -> AsyncIterator[OutgoingNetwork]:
    allowed = ssrf_guard.parse_allowed_loopback_fetch_origins(settings.fetch_allow)
    async with open_ssrf_guarded_client(allowed=allowed, contact=settings.public_url) as client:
        yield OutgoingNetwork(client, allowed, settings)


class AccountWithTokens(NamedTuple):
    """A connected account and its tokens."""

    found: AccountIdentity
    grant: TokenGrant


def get_operator_oauth_client(net: OutgoingNetwork, platform: PlatformDescription) -> OAuthClient:
    """Return our operator's OAuth client at the platform.

    Raise `PlatformRefusal` if the operator has configured none.
    """
    application = consent_pages.read_platform_oauth_apps(net.settings).get(platform.api_name)
    if application is None:
        message = f"{platform.title} is not set up on this server: ask its operator"
        raise PlatformRefusal("APP_MISSING", message, category="config")
    return application.client


def build_code_exchange_form(asked: AccountConnectJobArgs, secret: ConsentCodeAndVerifier) -> dict[str, str]:
    """Return the form fields that exchange an OAuth code for a token (RFC 6749 4.1.3, RFC 7636 4.5)."""
    return {
        "grant_type": "authorization_code",
        "code": secret.code,
        "redirect_uri": asked.redirect_uri,
        "code_verifier": secret.verifier,
    }


def build_token_refresh_form(refresh_token: str) -> dict[str, str]:
    """Return the form fields that exchange a refresh token for an access token (RFC 6749 6)."""
    return {"grant_type": "refresh_token", "refresh_token": refresh_token}


async def delete_registration_unknown_to_server(
    ctx: TaskContext, error: PlatformError, server: PlatformServerRef, us: OAuthClient | None
) -> None:
    """Delete our registration `us` if `error` tells that the server lost it: the next connection registers again."""
    if error.code == OAUTH_CLIENT_UNKNOWN_ERROR_CODE and us is not None:
        await ctx.step(partial(client_registrations.delete_refused_oauth_client, server=server, client_id=us.client_id))


def outcome_of_account_job_error(error: PlatformError) -> TaskOutcome:
    """Return the job outcome for a platform's error: a snooze, a retry, or a final failure.

    A rate limit with a known end is a snooze, which costs no attempt.
    """
    if isinstance(error, PlatformThrottled) and error.after_s is not None:
        return Snooze(error.after_s)
    if error.retryable:
        return Retry(error.code, error.message)
    return Failed(error.code, error.message)
