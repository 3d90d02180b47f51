"""Revocation of a disconnected account's tokens by its platform. Best effort: the job ends either way."""

from functools import partial

from domain.connecting import token_revocation
from domain.security.keyring import Keyring
from jobs.outcomes import Done, Outcome
from schemas.errors import PlatformError, ReauthRequired, TokenExpired
from workers.platforms.connecting import OutgoingNetwork, error_outcome, open_network
from workers.platforms.parts import load_parts
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task


async def open_task(resources: Resources) -> Task:
    return partial(revoke_token, net=await resources.open_once(open_network), keyring=resources.keyring)


async def revoke_token(ctx: Context, *, net: OutgoingNetwork, keyring: Keyring) -> Outcome:
    """Revoke the tokens. After an attempt that died in between, the platform reports them as revoked."""
    attempt = await ctx.step(partial(token_revocation.begin, claim=ctx.job, keyring=keyring))
    if attempt is None:
        return Done({"revoked": False})
    try:
        async with ctx.at(attempt.server.service_url):
            await load_parts(attempt.server.platform).revoke(net, attempt)
    except (TokenExpired, ReauthRequired):
        return Done({"revoked": False})  # The token is already invalid.
    except PlatformError as error:
        return error_outcome(error)
    return Done({"revoked": True})
