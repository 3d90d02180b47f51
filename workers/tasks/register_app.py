"""Register us with a server of Mastodon's API, so that people there can let us in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from domain.accounts import client_registrations
from domain.accounts.client_registrations import Server
from domain.security.keyring import Keyring, parse_keyring
from jobs.outcomes import Done, Outcome
from schemas.errors import PlatformError
from schemas.settings import Settings
from workers.platforms.connecting import Net, open_net, refused
from workers.platforms.mastodon import connect as mastodon
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task


@asynccontextmanager
async def open_task(resources: Resources) -> AsyncIterator[Task]:
    keyring = parse_keyring(resources.settings.vault_keys, setting="VAULT_KEYS")
    async with open_net(resources.settings) as net:
        yield partial(register_app, settings=resources.settings, net=net, keyring=keyring)


async def register_app(ctx: Context, *, settings: Settings, net: Net, keyring: Keyring) -> Outcome:
    """Not twice: another organization's job, or an earlier attempt's commit, may have been sooner."""
    server = Server(**ctx.job.args)
    if await ctx.step(partial(client_registrations.is_lasting, server=server)):
        return Done()
    try:
        client = await mastodon.register(net.client, server, website=settings.public_url)
    except PlatformError as error:
        return refused(error)
    return await ctx.commit(partial(client_registrations.keep, server=server, client=client, keyring=keyring))
