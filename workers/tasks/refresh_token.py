"""Refresh what opens an account; an account that only its owner can open again is said to be one."""

from functools import partial

from domain.accounts.credentials import Grant
from domain.connecting import token_refresh
from domain.connecting.token_refresh import Begun
from domain.security.keyring import Keyring
from jobs.outcomes import Done, Outcome
from schemas.errors import PlatformError, ReauthRequired, Rejected
from workers.platforms.bluesky import connect as bluesky
from workers.platforms.connecting import Net, forget_unknown, open_net, refused
from workers.platforms.fakes import connect as fakes
from workers.platforms.instagram import connect as instagram
from workers.platforms.mastodon import connect as mastodon
from workers.platforms.mastodon.api import APP_UNKNOWN
from workers.platforms.tiktok import connect as tiktok
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task


async def open_task(resources: Resources) -> Task:
    return partial(refresh_token, net=await resources.once(open_net), keyring=resources.keyring)


async def refresh_token(ctx: Context, *, net: Net, keyring: Keyring) -> Outcome:
    """The tokens are kept before the job ends: a post that holds its account may ask for this job's key.

    It would wait for the job's end, and that for the account: the victim of such a deadlock loses its tokens.
    """
    begun = await ctx.step(partial(token_refresh.begin, claim=ctx.job, keyring=keyring))
    if begun is None:
        return Done()
    end = partial(token_refresh.finish, claim=ctx.job, generation=begun.tokens.generation, keyring=keyring)
    try:
        grant = await ask(net, begun)
    except PlatformError as error:
        await forget_unknown(ctx, error, begun.server, begun.client)
        if isinstance(error, ReauthRequired) or error.code == APP_UNKNOWN:
            return Done(await ctx.step(partial(end, came=error.code)))
        if isinstance(error, Rejected):
            await ctx.step(partial(token_refresh.rest, claim=ctx.job))
        return refused(error)
    return Done(await ctx.step(partial(end, came=grant)))


async def ask(net: Net, begun: Begun) -> Grant:
    if begun.sandbox:
        return fakes.refresh()
    platform, service_url, _ = begun.server
    if platform == "bluesky":
        return await bluesky.refresh(net.client, service_url, begun.tokens)
    if platform == "instagram":
        return await instagram.refresh(net, begun.tokens)
    if platform == "tiktok":
        return await tiktok.refresh(net, begun.tokens)
    return await mastodon.refresh(net.client, service_url, begun.client, begun.tokens)
