"""The connection of an account: finds the account of a code or an app password, and stores its tokens."""

from functools import partial

from domain.connecting import connect
from domain.security.keyring import Keyring
from jobs.outcomes import Canceled, Failed, TaskOutcome
from schemas.errors import PlatformError, StateConflict
from workers.platforms.connecting import (
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
    return partial(connect_account, net=await resources.open_resource(open_outgoing_network), keyring=resources.keyring)


async def connect_account(ctx: TaskContext, *, net: OutgoingNetwork, keyring: Keyring) -> TaskOutcome:
    """Connect an account by its one-time code or app password: store its tokens, return the job's outcome.

    A code works once. If an attempt dies after the server took the code, the next attempt fails: the owner
    must start again.
    """
    attempt = await ctx.step(partial(connect.read_account_connect_job_input, claim=ctx.job, keyring=keyring))
    try:
        if attempt.sandbox:
            connected = fakes.connect_sandbox_account(attempt.asked, attempt.secret)
        else:
            async with ctx.hold_server_slot(attempt.asked.service_url):
                connected = await load_platform_calls(attempt.asked.platform).connect(net, attempt)
        end = partial(connect.finish_account_connect, claim=ctx.job, attempt=attempt, keyring=keyring)
        return await ctx.commit(partial(end, found=connected.found, grant=connected.grant), project=True)
    except PlatformError as error:
        await delete_registration_unknown_to_server(ctx, error, attempt.asked.platform_server, attempt.client)
        return outcome_of_account_job_error(error)
    except StateConflict as error:
        # Archived meanwhile: the same outcome as that of jobs that the archive finds running.
        reason = error.details["reason"]
        return Canceled() if reason == "PROJECT_ARCHIVED" else Failed(reason, error.message)
