"""What connecting an account and refreshing its tokens share, whatever the platform."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

import httpx

from domain.accounts import client_registrations
from domain.accounts.accounts import Found
from domain.accounts.client_registrations import Client, Server
from domain.accounts.credentials import Grant
from domain.values import urls
from domain.values.urls import Allowed
from jobs.outcomes import Failed, Outcome, Retry, Snooze
from schemas.errors import PlatformError, Throttled
from schemas.settings import Settings
from workers.platforms.mastodon.api import APP_UNKNOWN
from workers.runtime.context import Context
from workers.web.fetch import open_client

START_AGAIN = "start again with POST /v1/projects/{id}/social/oauth-url"


class Net(NamedTuple):
    """How to get out: guarded sockets, and the loopback hosts that they may open all the same."""

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
