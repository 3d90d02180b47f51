"""Revocation of a disconnected account's tokens by its platform. Best effort: the job ends either way."""

from functools import partial

from domain.connecting import token_revocation
from domain.security.keyring import Keyring
from jobs.outcomes import Done, TaskOutcome
from schemas.errors import AccessTokenExpired, AccountReauthRequired, PlatformError
from workers.platforms.connecting import OutgoingNetwork, open_outgoing_network, outcome_of_account_job_error
from workers.platforms.parts import load_platform_calls
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    return partial(revoke_token, net=await resources.open_resource(open_outgoing_network), keyring=resources.keyring)


async def revoke_token(ctx: TaskContext, *, net: OutgoingNetwork, keyring: Keyring) -> TaskOutcome:
    """Revoke a disconnected account's tokens at its platform; return the outcome, which tells if that was done.

    It was not if a connection of the account still needs them, or they are invalid, as after a dead attempt.
    """
    attempt = await ctx.step(partial(token_revocation.read_token_revocation_job_input, claim=ctx.job, keyring=keyring))
    if attempt is None:
        return Done({"revoked": False})
    try:
        async with ctx.hold_server_slot(attempt.server.service_url):
            await load_platform_calls(attempt.server.platform).revoke(net, attempt)
    except (AccessTokenExpired, AccountReauthRequired):
        return Done({"revoked": False})  # The token is already invalid.
    except PlatformError as error:
        return outcome_of_account_job_error(error)
    return Done({"revoked": True})
