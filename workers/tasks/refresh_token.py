"""The refresh of an account's tokens. An account that only its owner can reconnect is marked."""

from contextlib import nullcontext
from functools import partial

from domain.accounts.credentials import Grant
from domain.connecting import token_refresh
from domain.connecting.token_refresh import RefreshAttempt
from domain.security.keyring import Keyring
from jobs.outcomes import Done, Outcome
from schemas.errors import PlatformError, PostRejected, ReauthRequired
from workers.platforms.connecting import (
    APP_UNKNOWN,
    OutgoingNetwork,
    error_outcome,
    forget_unknown_registration,
    open_network,
)
from workers.platforms.fakes import connect as fakes
from workers.platforms.parts import load_parts
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task


async def open_task(resources: Resources) -> Task:
    return partial(refresh_token, net=await resources.open_once(open_network), keyring=resources.keyring)


async def refresh_token(ctx: Context, *, net: OutgoingNetwork, keyring: Keyring) -> Outcome:
    """Refresh the tokens, and store them before the job ends, to avoid a deadlock.

    A post that has locked its account may wait for this job's unique key until the job's end. The job would
    wait for the account, and the deadlock's victim would lose its tokens.
    """
    attempt = await ctx.step(partial(token_refresh.begin, claim=ctx.job, keyring=keyring))
    if attempt is None:
        return Done()
    end = partial(token_refresh.finish, claim=ctx.job, generation=attempt.tokens.generation, keyring=keyring)
    try:
        async with nullcontext() if attempt.sandbox else ctx.at(attempt.server.service_url):
            grant = await refresh(net, attempt)
    except PlatformError as error:
        await forget_unknown_registration(ctx, error, attempt.server, attempt.client)
        if isinstance(error, ReauthRequired) or error.code == APP_UNKNOWN:
            return Done(await ctx.step(partial(end, brought=error.code)))
        if isinstance(error, PostRejected):
            await ctx.step(partial(token_refresh.cool_down, claim=ctx.job))
        return error_outcome(error)
    return Done(await ctx.step(partial(end, brought=grant)))


async def refresh(net: OutgoingNetwork, attempt: RefreshAttempt) -> Grant:
    platform = attempt.server.platform
    return fakes.refresh(platform) if attempt.sandbox else await load_parts(platform).refresh(net, attempt)
