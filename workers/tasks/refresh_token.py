"""The refresh of an account's tokens. An account that only its owner can reconnect is marked."""

from functools import partial

from domain.connecting import token_refresh
from domain.security.keyring import Keyring
from jobs.outcomes import Done, TaskOutcome
from schemas.errors import AccountReauthRequired, PlatformError, PlatformRefusal
from workers.platforms.connecting import (
    OAUTH_CLIENT_UNKNOWN_ERROR_CODE,
    OutgoingNetwork,
    delete_registration_unknown_to_server,
    open_outgoing_network,
    outcome_of_account_job_error,
)
from workers.platforms.fakes import connect as fakes
from workers.platforms.parts import load_platform_calls
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    return partial(refresh_token, net=await resources.open_resource(open_outgoing_network), keyring=resources.keyring)


async def refresh_token(ctx: TaskContext, *, net: OutgoingNetwork, keyring: Keyring) -> TaskOutcome:
    """Refresh a connected account's tokens at its platform and store them; return the job's outcome.

    Commit them before the job ends: a post that has locked its account may wait for this job's unique key until then.
    The job would wait for the account, and lose the tokens as the deadlock's victim.
    """
    attempt = await ctx.step(partial(token_refresh.lock_account_and_read_refresh_input, claim=ctx.job, keyring=keyring))
    if attempt is None:
        return Done()
    end = partial(
        token_refresh.finish_token_refresh, claim=ctx.job, generation=attempt.tokens.generation, keyring=keyring
    )
    try:
        if attempt.sandbox:
            grant = fakes.issue_sandbox_tokens(attempt.server.platform)
        else:
            async with ctx.hold_server_slot(attempt.server.service_url):
                grant = await load_platform_calls(attempt.server.platform).refresh(net, attempt)
    except PlatformError as error:
        await delete_registration_unknown_to_server(ctx, error, attempt.server, attempt.client)
        if isinstance(error, AccountReauthRequired) or error.code == OAUTH_CLIENT_UNKNOWN_ERROR_CODE:
            return Done(await ctx.step(partial(end, brought=error.code)))
        if isinstance(error, PlatformRefusal):
            await ctx.step(partial(token_refresh.start_cooldown_after_failed_token_refresh, claim=ctx.job))
        return outcome_of_account_job_error(error)
    return Done(await ctx.step(partial(end, brought=grant)))
