"""Registration of this application with an account's server, so that people there can authorize it."""

from functools import partial

from domain.accounts import client_registrations
from domain.accounts.client_registrations import PlatformServer
from domain.security.keyring import Keyring
from jobs.outcomes import Done, Outcome
from schemas.errors import PlatformError
from workers.platforms.connecting import OutgoingNetwork, error_outcome, open_network
from workers.platforms.parts import load_parts
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task


async def open_task(resources: Resources) -> Task:
    return partial(register_app, net=await resources.open_once(open_network), keyring=resources.keyring)


async def register_app(ctx: Context, *, net: OutgoingNetwork, keyring: Keyring) -> Outcome:
    """Register once: another organization's job, or an earlier attempt, may have committed before."""
    server = PlatformServer(**ctx.job.args)
    if await ctx.step(partial(client_registrations.is_lasting, server=server)):
        return Done()
    try:
        async with ctx.at(server.service_url):
            client = await load_parts(server.platform).register(net, server)
    except PlatformError as error:
        return error_outcome(error)
    return await ctx.commit(
        partial(client_registrations.store_client, server=server, client=client, keyring=keyring)
    )
