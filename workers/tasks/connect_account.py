"""The connection of an account: finds the account of a code or an app password, and stores its tokens."""

from contextlib import nullcontext
from functools import partial

from domain.connecting import connect
from domain.connecting.connect import ConnectAttempt
from domain.security.keyring import Keyring
from jobs.outcomes import Canceled, Failed, Outcome
from schemas.errors import Conflict, PlatformError
from workers.platforms.connecting import (
    AccountConnection,
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
    return partial(connect_account, net=await resources.open_once(open_network), keyring=resources.keyring)


async def connect_account(ctx: Context, *, net: OutgoingNetwork, keyring: Keyring) -> Outcome:
    """Connect the account. A code works once: a retry after the server was reached fails: start again."""
    attempt = await ctx.step(partial(connect.begin, claim=ctx.job, keyring=keyring))
    try:
        async with nullcontext() if attempt.sandbox else ctx.at(attempt.asked.service_url):
            connected = await log_in(net, attempt)
        end = partial(connect.finish, claim=ctx.job, attempt=attempt, keyring=keyring)
        return await ctx.commit(partial(end, found=connected.found, grant=connected.grant), project=True)
    except PlatformError as error:
        await forget_unknown_registration(ctx, error, attempt.asked.server, attempt.client)
        return error_outcome(error)
    except Conflict as error:
        # Archived meanwhile: the same outcome as that of jobs that the archive finds running.
        reason = error.details["reason"]
        return Canceled() if reason == "PROJECT_ARCHIVED" else Failed(reason, error.message)


async def log_in(net: OutgoingNetwork, attempt: ConnectAttempt) -> AccountConnection:
    if attempt.sandbox:
        return fakes.connect(attempt.asked, attempt.secret)
    return await load_parts(attempt.asked.platform).connect(net, attempt)
