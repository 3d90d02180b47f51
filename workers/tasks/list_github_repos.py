"""List of the repositories that a GitHub installation can access; a deleted installation is removed."""

from functools import partial

from domain.brand import github_installations
from domain.tenancy import organizations
from jobs.outcomes import TaskOutcome
from schemas.errors import GitHubInstallationGone, SourceError
from workers.ingest.github import fakes, proof
from workers.ingest.github.client import GITHUB_SERVER_NAME_FOR_SLOTS
from workers.ingest.github.credentials import GitHubApp, open_github_app, require_github_app
from workers.ingest.perform import build_job_outcome_of_source_error
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    return partial(fetch_github_repo_list, app=await resources.open_resource(open_github_app))


async def fetch_github_repo_list(ctx: TaskContext, *, app: GitHubApp | None) -> TaskOutcome:
    is_sandbox = partial(organizations.is_sandbox_organization, organization_id=ctx.job.organization_id)
    sandbox, installation_id = await ctx.step(is_sandbox), ctx.job.args["installation_id"]
    try:
        if sandbox:
            repositories = fakes.SANDBOX_GITHUB_REPOSITORIES
        else:
            async with ctx.hold_server_slot(GITHUB_SERVER_NAME_FOR_SLOTS):
                repositories = await proof.list_installation_repositories(require_github_app(app), installation_id)
    except GitHubInstallationGone:
        return await ctx.commit(partial(github_installations.delete_gone_github_installation, claim=ctx.job))
    except SourceError as error:
        return build_job_outcome_of_source_error(error)
    return await ctx.commit(partial(github_installations.store_github_repos, claim=ctx.job, repositories=repositories))
