"""The connection of a GitHub installation, after a person's code proves their right to it."""

from functools import partial

from domain.brand import github_installations
from domain.security.keyring import Keyring
from jobs.outcomes import TaskOutcome
from schemas.errors import SourceError
from workers.ingest.github import fakes, proof
from workers.ingest.github.client import GITHUB_SERVER_NAME_FOR_SLOTS
from workers.ingest.github.credentials import GitHubApp, open_github_app, require_github_app
from workers.ingest.perform import build_job_outcome_of_source_error
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    return partial(connect_github, app=await resources.open_resource(open_github_app), keyring=resources.keyring)


async def connect_github(ctx: TaskContext, *, app: GitHubApp | None, keyring: Keyring) -> TaskOutcome:
    """Connect a GitHub App installation if a person's one-time code proves their access; return the outcome.

    A code works once. If an attempt dies after GitHub took the code, the next attempt fails: the person must
    start again.
    """
    attempt = await ctx.step(
        partial(github_installations.read_github_connect_job_input, claim=ctx.job, keyring=keyring)
    )
    claimed = {"code": attempt.code, "installation_id": ctx.job.args["installation_id"]}
    try:
        if attempt.sandbox:
            proved = fakes.prove_sandbox_github_installation(**claimed)
        else:
            async with ctx.hold_server_slot(GITHUB_SERVER_NAME_FOR_SLOTS):
                proved = await proof.prove_installation_access(require_github_app(app), **claimed)
    except SourceError as error:
        return build_job_outcome_of_source_error(error)
    keep = partial(github_installations.store_github_installation, claim=ctx.job, proved=proved)
    return await ctx.commit(keep)
