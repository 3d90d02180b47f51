"""List of the repositories that a GitHub installation can access; a deleted installation is removed."""

from collections.abc import Sequence
from functools import partial

from domain.brand import github_installations
from domain.tenancy import organizations
from jobs.outcomes import Outcome
from schemas.errors import InstallationGone, SourceError
from schemas.github import GitHubRepo
from workers.ingest.github import fakes, proof
from workers.ingest.github.client import GITHUB
from workers.ingest.github.credentials import GitHubApp, open_app, require_app
from workers.ingest.perform import outcome_of
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task


async def open_task(resources: Resources) -> Task:
    return partial(list_github_repos, app=await resources.open_once(open_app))


async def list_github_repos(ctx: Context, *, app: GitHubApp | None) -> Outcome:
    is_sandbox = partial(organizations.is_sandbox, organization_id=ctx.job.organization_id)
    sandbox, installation_id = await ctx.step(is_sandbox), ctx.job.args["installation_id"]
    try:
        repositories = fakes.REPOSITORIES if sandbox else await _list(ctx, app, installation_id)
    except InstallationGone:
        return await ctx.commit(partial(github_installations.delete_uninstalled, claim=ctx.job))
    except SourceError as error:
        return outcome_of(error)
    return await ctx.commit(partial(github_installations.keep_list, claim=ctx.job, repositories=repositories))


async def _list(ctx: Context, app: GitHubApp | None, installation_id: int) -> Sequence[GitHubRepo]:
    async with ctx.at(GITHUB):
        return await proof.list_repositories(require_app(app), installation_id)
