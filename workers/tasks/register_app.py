"""Registration of this application with an account's server, so that people there can authorize it."""

from functools import partial

from domain.accounts import client_registrations
from domain.accounts.client_registrations import PlatformServerRef
from domain.security.keyring import Keyring
from jobs.outcomes import Done, TaskOutcome
from schemas.errors import PlatformError
from workers.platforms.connecting import OutgoingNetwork, open_outgoing_network, outcome_of_account_job_error
from workers.platforms.parts import load_platform_calls
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    return partial(register_app, net=await resources.open_resource(open_outgoing_network), keyring=resources.keyring)


async def register_app(ctx: TaskContext, *, net: OutgoingNetwork, keyring: Keyring) -> TaskOutcome:
    """Register our application as an OAuth client of an account's server and store it; return the job's outcome.

    Do nothing if a lasting registration exists: another organization's job, or an earlier attempt, may have
    stored it.
    """
    server = PlatformServerRef(**ctx.job.args)
    if await ctx.step(partial(client_registrations.has_lasting_client_registration, server=server)):
        return Done()
    try:
        async with ctx.hold_server_slot(server.service_url):
            client = await load_platform_calls(server.platform).register(net, server)
    except PlatformError as error:
        return outcome_of_account_job_error(error)
    return await ctx.commit(
        partial(client_registrations.store_oauth_client, server=server, client=client, keyring=keyring)
    )
