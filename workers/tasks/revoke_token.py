"""Revocation of a disconnected account's tokens by its platform. Best effort: the job ends either way."""

from functools import partial

from domain.connecting import token_revocation
from domain.connecting.token_revocation import RevokeAttempt
from domain.security.keyring import Keyring
from jobs.outcomes import Done, Outcome
from platforms.bluesky import connect as bluesky
from platforms.mastodon import connect as mastodon
from platforms.tiktok import connect as tiktok
from schemas.errors import PlatformError, ReauthRequired, TokenExpired
from workers.platforms.connecting import OutgoingNetwork, error_outcome, open_network
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
            await revoke(net, attempt)
    except (TokenExpired, ReauthRequired):
        return Done({"revoked": False})  # The token is already invalid.
    except PlatformError as error:
        return error_outcome(error)
    return Done({"revoked": True})


async def revoke(net: OutgoingNetwork, attempt: RevokeAttempt) -> None:
    platform, service_url, _ = attempt.server
    if platform == "bluesky":
        await bluesky.revoke(net.client, service_url, attempt.revocable)
    elif platform == "tiktok":
        await tiktok.revoke(net, attempt.revocable)
    else:
        await mastodon.revoke(net.client, service_url, attempt.client, attempt.revocable)
