"""Parts that connecting an account and refreshing its tokens share, whatever the platform."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

import httpx

from domain.accounts import client_registrations
from domain.accounts.accounts import Found
from domain.accounts.client_registrations import Client, Server
from domain.accounts.credentials import Grant
from domain.connecting import consent_pages
from domain.connecting.connect import Code, ConnectArgs
from domain.values import urls
from domain.values.urls import Allowed
from jobs.outcomes import Failed, Outcome, Retry, Snooze
from schemas.errors import PlatformError, Rejected, Throttled
from schemas.settings import Settings
from workers.platforms.mastodon.api import APP_UNKNOWN
from workers.runtime.context import Context
from workers.web.fetch import open_client

START_AGAIN = "start again with POST /v1/projects/{id}/social/oauth-url"


class Net(NamedTuple):
    """The way out to the net: guarded sockets, and the loopback hosts that they may open all the same."""

    client: httpx.AsyncClient
    allowed: Allowed
    settings: Settings


@asynccontextmanager
async def open_net(settings: Settings) -> AsyncIterator[Net]:
    allowed = urls.read_allowed(settings.fetch_allow)
    async with open_client(allowed=allowed, contact=settings.public_url) as client:
        yield Net(client, allowed, settings)


class Connected(NamedTuple):
    """An account that let us in, and with what."""

    found: Found
    grant: Grant


def application(net: Net, name: str) -> Client:
    """Our application at the platform of that name. Raises `Rejected` where the operator set none."""
    found = consent_pages.applications(net.settings).get(name.lower())
    if found is None:
        message = f"{name} is not set up on this server: ask its operator"
        raise Rejected("APP_MISSING", message, category="config")
    return found.client


def code_form(asked: ConnectArgs, secret: Code) -> dict[str, str]:
    """The form that exchanges a code for a token (RFC 6749 4.1.3, RFC 7636 4.5)."""
    return {
        "grant_type": "authorization_code",
        "code": secret.code,
        "redirect_uri": asked.redirect_uri,
        "code_verifier": secret.verifier,
    }


def refresh_form(refresh_token: str) -> dict[str, str]:
    """The form that exchanges a refresh token for a token (RFC 6749 6)."""
    return {"grant_type": "refresh_token", "refresh_token": refresh_token}


async def forget_unknown(ctx: Context, error: PlatformError, server: Server, us: Client | None) -> None:
    """A server that doesn't know us any more is registered with anew for whoever comes next."""
    if error.code == APP_UNKNOWN and us is not None:
        await ctx.step(partial(client_registrations.forget, server=server, client_id=us.client_id))


def refused(error: PlatformError) -> Outcome:
    """A limit that says when it ends costs no attempt: nothing is wrong, it is too early."""
    if isinstance(error, Throttled) and error.after_s is not None:
        return Snooze(error.after_s)
    if error.retryable:
        return Retry(error.code, error.message)
    return Failed(error.code, error.message)
